#include "bindings/object/object_store.h"

#include "tests/unit/bindings/object/object_fixture.h"

namespace penstock::object {
namespace {

class ObjectStoreTest : public ObjectFixture {
 protected:
  ObjectReply send(ObjectStore& store, ObjectRequest request) {
    std::optional<ObjectReply> got;
    const auto exchange = store.send(std::move(request), [&](ObjectReply reply) { got = std::move(reply); });
    EXPECT_FALSE(got) << "answered from inside send()";
    run();
    EXPECT_TRUE(got);
    return got ? *got : ObjectReply{};
  }
  ObjectReply put(ObjectStore& store) { return send(store, {"PUT", "a b.json", {}, {{"Content-Type", "text/plain"}}, "x", "", true}); }

  ObjectStore aws_{{Vendor::s3, "logs", "us-east-1", "", Addressing::virtual_host}, Signature::sigv4, parts_};
};

TEST_F(ObjectStoreTest, SignsWhatItSends) {
  client_.queued = {reply(200)};
  EXPECT_EQ(put(aws_).verdict.answer.outcome, Outcome::delivered);
  const Seen& seen = client_.seen.at(0);
  EXPECT_EQ(seen.method + " " + seen.url, "PUT https://logs.s3.us-east-1.amazonaws.com/a%20b.json");
  EXPECT_EQ(seen.header("if-none-match"), "*");
  EXPECT_EQ(seen.header("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  EXPECT_TRUE(seen.header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=AK/20261121/us-east-1/s3/aws4_request, "
                                                       "SignedHeaders=content-type;host;if-none-match;x-amz-content-sha256;x-amz-date, "))
      << seen.header("authorization");
  EXPECT_EQ(seen.header("x-amz-request-payer"), "(none)");
}

TEST_F(ObjectStoreTest, PutsTheQueryIntoTheUrl) {
  client_.queued = {reply(200)};
  (void)send(aws_, {"POST", "k", {{"uploadId", "a+b/="}, {"partNumber", "2"}}, {}, "", "", false});
  EXPECT_EQ(client_.seen.at(0).url, "https://logs.s3.us-east-1.amazonaws.com/k?uploadId=a%2Bb%2F%3D&partNumber=2");
  EXPECT_EQ(client_.seen.at(0).header("content-type"), "");  // libcurl's own is taken out
}

TEST_F(ObjectStoreTest, ContentTypeOfTheOssSignatureIsTheOneSent) {
  ObjectStore oss({Vendor::oss, "logs", "cn-hangzhou", "", Addressing::virtual_host}, Signature::oss_v4, parts_);
  client_.queued = {reply(200)};
  (void)put(oss);
  const Seen& seen = client_.seen.at(0);
  EXPECT_EQ(seen.url, "https://logs.oss-cn-hangzhou.aliyuncs.com/a%20b.json");
  EXPECT_EQ(seen.header("x-oss-forbid-overwrite"), "true");
  EXPECT_TRUE(seen.header("authorization").starts_with("OSS4-HMAC-SHA256 Credential=AK/20261121/cn-hangzhou/oss/aliyun_v4_request,Signature="));
}

TEST_F(ObjectStoreTest, CorrectsItsClockByTheServersAndSendsAgain) {
  http::Reply skewed = error(403, "RequestTimeTooSkewed");
  skewed.headers = {{"date", "Sat, 21 Nov 2026 09:02:05 GMT"}};
  client_.queued = {skewed, reply(200), reply(200)};
  EXPECT_EQ(put(aws_).verdict.answer.outcome, Outcome::delivered);
  EXPECT_EQ(client_.seen.at(0).header("x-amz-date"), "20261121T100205Z");
  EXPECT_EQ(client_.seen.at(1).header("x-amz-date"), "20261121T090205Z");
  ASSERT_EQ(messages_.size(), 1u);
  EXPECT_EQ(messages_[0], "this machine's clock is 1h 0m ahead of the store's; signing by the store's");
  (void)put(aws_);
  EXPECT_EQ(client_.seen.at(2).header("x-amz-date"), "20261121T090205Z");
}

TEST_F(ObjectStoreTest, ASkewThatTheClockDoesNotExplainIsTold) {
  http::Reply skewed = error(403, "RequestTimeTooSkewed");
  skewed.headers = {{"date", "Sat, 21 Nov 2026 10:02:05 GMT"}};
  client_.queued = {skewed};
  EXPECT_EQ(put(aws_).verdict.answer.outcome, Outcome::transient);
  EXPECT_EQ(client_.seen.size(), 1u);
}

TEST_F(ObjectStoreTest, GoesWhereTheBucketIs) {
  client_.queued = {error(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"), reply(200)};
  EXPECT_EQ(put(aws_).verdict.answer.outcome, Outcome::delivered);
  EXPECT_EQ(client_.seen.at(1).url, "https://logs.s3.eu-west-1.amazonaws.com/a%20b.json");
  EXPECT_NE(client_.seen.at(1).header("authorization").find("/eu-west-1/s3/"), std::string::npos);
  ASSERT_EQ(messages_.size(), 1u);
  EXPECT_EQ(messages_[0], "bucket logs is in eu-west-1, not in us-east-1: set region = \"eu-west-1\"");
}

TEST_F(ObjectStoreTest, ARedirectToWhereItIsAlreadyEndsTheTry) {
  client_.answer = [](const Seen&) { return error(301, "PermanentRedirect", "<Endpoint>logs.s3.eu-west-1.amazonaws.com</Endpoint>"); };
  EXPECT_EQ(put(aws_).verdict.answer.outcome, Outcome::configuration);
  EXPECT_EQ(client_.seen.size(), 2u);
}

TEST_F(ObjectStoreTest, LeavesOutAConditionThatTheStoreDoesNotKnow) {
  client_.queued = {error(501, "NotImplemented"), error(501, "NotImplemented")};
  EXPECT_EQ(put(aws_).verdict.answer.outcome, Outcome::configuration) << "it was something else";
  EXPECT_TRUE(aws_.knows_conditions());
  client_.seen.clear();
  client_.queued = {error(501, "NotImplemented"), reply(200), reply(200)};
  EXPECT_EQ(put(aws_).verdict.answer.outcome, Outcome::delivered);
  EXPECT_EQ(client_.seen.at(1).header("if-none-match"), "(none)");
  (void)put(aws_);
  EXPECT_EQ(client_.seen.at(2).header("if-none-match"), "(none)");
  EXPECT_FALSE(aws_.knows_conditions());
}

TEST_F(ObjectStoreTest, AnExpiredTokenIsFetchedAnewOnce) {
  client_.answer = [](const Seen&) { return error(400, "ExpiredToken"); };
  const ObjectReply got = put(aws_);
  EXPECT_EQ(got.verdict.answer.outcome, Outcome::configuration);
  EXPECT_EQ(client_.seen.size(), 2u);
}

TEST_F(ObjectStoreTest, KeysThatComeAgainAreNotTriedWithEachRequest) {
  client_.answer = [](const Seen&) { return error(400, "ExpiredToken"); };
  (void)put(aws_);
  EXPECT_EQ(client_.seen.size(), 2u);
  (void)put(aws_);
  EXPECT_EQ(client_.seen.size(), 3u);
  scheduler_.advance(std::chrono::seconds(11));
  (void)put(aws_);
  EXPECT_EQ(client_.seen.size(), 5u);
}

TEST_F(ObjectStoreTest, SignsTheSessionToken) {
  credentials::StaticSource temporary(world_, {"ASIA", Secret("s"), Secret("tok/en+=")});
  credentials::CredentialCache cache(world_, temporary, 1);
  ObjectStore store({Vendor::s3, "logs", "us-east-1", "", Addressing::virtual_host}, Signature::sigv4, {scheduler_, client_, cache, {}});
  client_.queued = {reply(200)};
  (void)put(store);
  EXPECT_EQ(client_.seen.at(0).header("x-amz-security-token"), "tok/en+=");
  EXPECT_NE(client_.seen[0].header("authorization").find(";x-amz-date;x-amz-security-token, "), std::string::npos) << client_.seen[0].header("authorization");
}

TEST_F(ObjectStoreTest, SignsByTheClockThatAnotherServerCorrected) {
  (void)world_.clock.correct("Sat, 21 Nov 2026 09:02:05 GMT", "STS");
  client_.queued = {reply(200)};
  (void)put(aws_);
  EXPECT_EQ(client_.seen.at(0).header("x-amz-date"), "20261121T090205Z");
}

TEST_F(ObjectStoreTest, WithoutKeysNothingIsSent) {
  credentials::EnvironmentSource none(world_, {});
  credentials::CredentialCache cache(world_, none, 1);
  ObjectStore store({Vendor::s3, "logs", "us-east-1", "", Addressing::virtual_host}, Signature::sigv4, {scheduler_, client_, cache, {}});
  const ObjectReply got = put(store);
  EXPECT_EQ(got.verdict.answer.outcome, Outcome::configuration);
  EXPECT_EQ(got.verdict.answer.text, "PUT s3://logs/a b.json: AWS_ACCESS_KEY_ID is not set");
  EXPECT_TRUE(client_.seen.empty());
}

}  // namespace
}  // namespace penstock::object
