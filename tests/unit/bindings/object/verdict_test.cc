#include "bindings/object/verdict.h"

#include <gtest/gtest.h>

namespace penstock::object {
namespace {

const Asked asked{"PUT", "s3://logs/a.ndjson", "us-east-1", true};

const std::chrono::system_clock::time_point now{std::chrono::seconds(1795255325)};

StoreVerdict judged(const http::Reply& reply, const Asked& by) { return judge(reply, by, now); }

http::Reply reply(int status, const std::string& code, const std::string& rest = "") {
  http::Reply made;
  made.status = status;
  if (!code.empty()) made.body = "<Error><Code>" + code + "</Code>" + rest + "</Error>";
  return made;
}

TEST(Verdict, DecidesByTheCodeThenByTheStatus) {
  const struct {
    int status;
    const char* code;
    Outcome outcome;
    Remedy remedy;
  } cases[] = {
      {200, "", Outcome::delivered, Remedy::none},
      {204, "", Outcome::delivered, Remedy::none},
      {200, "InternalError", Outcome::transient, Remedy::none},
      {503, "SlowDown", Outcome::transient, Remedy::none},
      {503, "", Outcome::transient, Remedy::none},
      {502, "NotACodeOfAnybody", Outcome::transient, Remedy::none},
      {429, "", Outcome::transient, Remedy::none},
      {400, "RequestTimeout", Outcome::transient, Remedy::none},
      {409, "ConditionalRequestConflict", Outcome::transient, Remedy::discard_upload},
      {400, "InvalidPart", Outcome::transient, Remedy::discard_upload},
      {400, "Throttling", Outcome::transient, Remedy::none},
      {400, "InvalidDigest", Outcome::transient, Remedy::none},
      {400, "BadDigest", Outcome::transient, Remedy::none},
      {403, "RequestTimeTooSkewed", Outcome::transient, Remedy::clock},
      {400, "ExpiredToken", Outcome::configuration, Remedy::keys},
      {404, "NoSuchUpload", Outcome::transient, Remedy::restart_upload},
      {412, "PreconditionFailed", Outcome::delivered, Remedy::none},
      {409, "FileAlreadyExists", Outcome::delivered, Remedy::none},
      {501, "NotImplemented", Outcome::configuration, Remedy::no_condition},
      {412, "", Outcome::configuration, Remedy::none},
      {403, "AccessDenied", Outcome::configuration, Remedy::none},
      {403, "SignatureDoesNotMatch", Outcome::configuration, Remedy::keys},
      {403, "InvalidAccessKeyId", Outcome::configuration, Remedy::keys},
      {404, "NoSuchBucket", Outcome::configuration, Remedy::none},
      {404, "", Outcome::configuration, Remedy::none},
      {400, "InvalidRequest", Outcome::configuration, Remedy::none},
      {400, "EntityTooLarge", Outcome::data, Remedy::none},
      {413, "", Outcome::data, Remedy::none},
  };
  for (const auto& c : cases) {
    const StoreVerdict verdict = judged(reply(c.status, c.code), asked);
    EXPECT_EQ(verdict.answer.outcome, c.outcome) << c.status << " " << c.code;
    EXPECT_EQ(verdict.remedy, c.remedy) << c.status << " " << c.code;
  }
}

TEST(Verdict, SaysWhatARefusalIsAbout) {
  const struct {
    int status;
    const char* code;
    Concern concern;
  } cases[] = {
      {403, "SignatureDoesNotMatch", Concern::signature}, {403, "InvalidAccessKeyId", Concern::signature}, {403, "RequestTimeTooSkewed", Concern::signature},
      {400, "ExpiredToken", Concern::signature},          {401, "", Concern::signature},                   {404, "NoSuchBucket", Concern::bucket},
      {301, "PermanentRedirect", Concern::bucket},        {404, "", Concern::bucket},                      {403, "AccessDenied", Concern::permission},
      {403, "", Concern::permission},                     {400, "InvalidStorageClass", Concern::object},   {413, "", Concern::object},
      {503, "SlowDown", Concern::service},                {500, "", Concern::service},
  };
  for (const auto& c : cases) EXPECT_EQ(judged(reply(c.status, c.code), asked).concern, c.concern) << c.status << " " << c.code;
}

TEST(Verdict, ARefusedConditionIsNoDeliveryWhenNoneWasMade) {
  Asked plain = asked;
  plain.condition = false;
  EXPECT_EQ(judged(reply(412, "PreconditionFailed"), plain).answer.outcome, Outcome::configuration);
}

TEST(Verdict, OnlyTheStoreItselfSaysThatAnObjectIsThere) {
  EXPECT_TRUE(judged(reply(412, "PreconditionFailed"), asked).there);
  EXPECT_TRUE(judged(reply(409, "FileAlreadyExists"), asked).there);
  EXPECT_TRUE(judged(reply(200, "PreconditionFailed"), asked).there) << "of a completion";
  EXPECT_FALSE(judged(reply(412, ""), asked).there) << "somebody on the way";
  EXPECT_FALSE(judged(reply(200, ""), asked).there);
}

TEST(Verdict, ARegionIsNothingButARegion) {
  for (const char* given : {"eu-west-1.evil.example", "evil/x", "EU", "a@b"}) {
    http::Reply moved = reply(301, "PermanentRedirect");
    moved.headers = {{"x-amz-bucket-region", given}};
    EXPECT_EQ(judged(moved, asked).remedy, Remedy::none) << given;
  }
  EXPECT_EQ(judged(reply(301, "PermanentRedirect", "<Endpoint>logs.s3.dualstack.eu-west-1.amazonaws.com</Endpoint>"), asked).region, "eu-west-1");
  EXPECT_EQ(judged(reply(301, "PermanentRedirect", "<Endpoint>logs.s3.cn-north-1.amazonaws.com.cn</Endpoint>"), asked).region, "cn-north-1");
}

TEST(Verdict, NamesTheRightRegion) {
  http::Reply by_header = reply(301, "PermanentRedirect");
  by_header.headers = {{"x-amz-bucket-region", "eu-west-1"}};
  const http::Reply replies[] = {
      by_header,
      reply(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
      reply(301, "PermanentRedirect", "<Endpoint>logs.s3-eu-west-1.amazonaws.com</Endpoint>"),
      reply(307, "TemporaryRedirect", "<Endpoint>logs.s3.eu-west-1.amazonaws.com</Endpoint>"),
      reply(403, "AccessDenied", "<Endpoint>oss-eu-west-1.aliyuncs.com</Endpoint>"),
      reply(403, "AccessDenied", "<Endpoint>oss-eu-west-1-internal.aliyuncs.com</Endpoint>"),
  };
  for (const http::Reply& r : replies) {
    const StoreVerdict verdict = judged(r, asked);
    EXPECT_EQ(verdict.remedy, Remedy::region) << r.body;
    EXPECT_EQ(verdict.region, "eu-west-1") << r.body;
    EXPECT_NE(verdict.answer.text.find("set region = \"eu-west-1\""), std::string::npos) << verdict.answer.text;
  }
}

TEST(Verdict, ARedirectWithoutAPlaceToGoIsForAPerson) {
  const StoreVerdict verdict = judged(reply(301, "PermanentRedirect"), asked);
  EXPECT_EQ(verdict.remedy, Remedy::none);
  EXPECT_EQ(verdict.answer.outcome, Outcome::configuration);
}

TEST(Verdict, ARedirectToElsewhereNamesItWithoutWhatMayBeSecretInIt) {
  http::Reply moved = reply(307, "");
  moved.headers = {{"location", "https://store.example.com/logs/a.ndjson?token=abc"}};
  const StoreVerdict verdict = judged(moved, asked);
  EXPECT_EQ(verdict.answer.outcome, Outcome::configuration);
  EXPECT_EQ(verdict.answer.text, "PUT s3://logs/a.ndjson: HTTP 307 (hint: it sends us to https://store.example.com/logs/a.ndjson: check endpoint)");
}

TEST(Verdict, SaysWhatWasAskedWhatWasAnsweredAndWhatToDo) {
  EXPECT_EQ(judged(reply(404, "NoSuchBucket", "<Message>The specified bucket does not exist</Message><RequestId>R1</RequestId>"), asked).answer.text,
            "PUT s3://logs/a.ndjson: HTTP 404 NoSuchBucket: \"The specified bucket does not exist\" (request R1) "
            "(hint: there is no such bucket: check bucket, and endpoint and region)");
  EXPECT_EQ(judged(reply(500, ""), asked).answer.text, "PUT s3://logs/a.ndjson: HTTP 500");
}

TEST(Verdict, HonoursRetryAfter) {
  http::Reply busy = reply(503, "SlowDown");
  busy.headers = {{"retry-after", "7"}};
  EXPECT_EQ(judged(busy, asked).answer.retry_after, std::chrono::seconds(7));
  busy.headers = {{"retry-after", "soon"}};
  EXPECT_EQ(judged(busy, asked).answer.retry_after, std::nullopt);
}

TEST(Verdict, TroubleOnTheWayIsToldApart) {
  http::Reply lost;
  lost.trouble = http::Trouble::network;
  lost.text = "connection reset";
  EXPECT_EQ(judged(lost, asked).answer.outcome, Outcome::transient);
  EXPECT_EQ(judged(lost, asked).answer.text, "PUT s3://logs/a.ndjson: connection reset");
  lost.trouble = http::Trouble::setup;
  EXPECT_EQ(judged(lost, asked).answer.outcome, Outcome::configuration);
}

TEST(Verdict, WhatWasReadIsNotTakenForAnAnswerAboutIt) {
  http::Reply reply;
  reply.status = 206;
  reply.body = "<Error><Code>AccessDenied</Code></Error>";
  EXPECT_EQ(judge(reply, {"GET", "s3://logs/k", "eu-west-1", false}, {}).answer.outcome, Outcome::delivered);
  reply.status = 403;
  const StoreVerdict denied = judge(reply, {"GET", "s3://logs/k", "eu-west-1", false}, {});
  EXPECT_EQ(denied.answer.outcome, Outcome::configuration);
  EXPECT_NE(denied.answer.text.find("the key may not read there"), std::string::npos) << denied.answer.text;
}

}  // namespace
}  // namespace penstock::object
