#include "bindings/sink/http_answer.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using namespace std::chrono_literals;

const auto now = std::chrono::system_clock::from_time_t(784111777);

http::Reply reply(int status, std::string body = "", std::vector<std::pair<std::string, std::string>> headers = {}) {
  http::Reply made;
  made.status = status;
  made.body = std::move(body);
  made.headers = std::move(headers);
  return made;
}

HttpDestination destination() { return {"https://logs.example.com/ingest", {}, {}}; }

TEST(HttpAnswer, OutcomesByStatus) {
  struct Case {
    int status;
    Outcome outcome;
  };
  const Case cases[] = {
      {200, Outcome::delivered},     {201, Outcome::delivered},     {204, Outcome::delivered},     {299, Outcome::delivered},
      {301, Outcome::configuration}, {302, Outcome::configuration}, {307, Outcome::configuration}, {401, Outcome::configuration},
      {403, Outcome::configuration}, {404, Outcome::configuration}, {405, Outcome::configuration}, {407, Outcome::configuration},
      {400, Outcome::data},          {409, Outcome::data},          {413, Outcome::data},          {422, Outcome::data},
      {402, Outcome::configuration}, {406, Outcome::configuration}, {411, Outcome::configuration}, {415, Outcome::configuration},
      {421, Outcome::transient},     {423, Outcome::transient},     {424, Outcome::transient},     {418, Outcome::configuration},
      {408, Outcome::transient},     {425, Outcome::transient},     {429, Outcome::transient},     {500, Outcome::transient},
      {502, Outcome::transient},     {503, Outcome::transient},     {599, Outcome::transient},     {0, Outcome::transient},
  };
  for (const Case& c : cases) EXPECT_EQ(judge(reply(c.status), destination(), now).outcome, c.outcome) << c.status;
}

TEST(HttpAnswer, TheTextSaysStatusDestinationAndTheBodysStart) {
  const Answer answer = judge(reply(503, "  over\r\nloaded\x01\n"), destination(), now);
  EXPECT_EQ(answer.text, "HTTP 503 from https://logs.example.com/ingest: \"over loaded\"");
  EXPECT_EQ(judge(reply(404), destination(), now).text, "HTTP 404 from https://logs.example.com/ingest (hint: nothing takes events there: check url and method)");
}

TEST(HttpAnswer, ARedirectSaysWhereToWithoutItsQuery) {
  const Answer answer = judge(reply(302, "", {{"location", "https://me:pw@login.example.com/in?token=hidden"}}), destination(), now);
  EXPECT_EQ(answer.text, "HTTP 302 from https://logs.example.com/ingest (it points to https://login.example.com/in) (hint: redirects are not followed: set url to where it points)");
}

TEST(HttpAnswer, RetryAfterOfTransientAnswersOnly) {
  EXPECT_EQ(judge(reply(503, "", {{"retry-after", "7"}}), destination(), now).retry_after, 7s);
  EXPECT_EQ(judge(reply(429, "", {{"retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"}}), destination(), now).retry_after, 60s);
  EXPECT_EQ(judge(reply(503, "", {{"retry-after", "soon"}}), destination(), now).retry_after, std::nullopt);
  EXPECT_EQ(judge(reply(400, "", {{"retry-after", "7"}}), destination(), now).retry_after, std::nullopt);
}

TEST(HttpAnswer, TroubleOfTheNetworkPassesOneOfTheSetUpDoesNot) {
  http::Reply failed;
  failed.trouble = http::Trouble::network;
  failed.text = "Connection refused";
  Answer answer = judge(failed, destination(), now);
  EXPECT_EQ(answer.outcome, Outcome::transient);
  EXPECT_EQ(answer.text, "https://logs.example.com/ingest: Connection refused");
  failed.trouble = http::Trouble::setup;
  EXPECT_EQ(judge(failed, destination(), now).outcome, Outcome::configuration);
}

TEST(HttpAnswer, SuccessByTheStatusesThatAreGiven) {
  HttpDestination to = destination();
  to.success.statuses = {200, 409};
  EXPECT_EQ(judge(reply(200), to, now).outcome, Outcome::delivered);
  EXPECT_EQ(judge(reply(409), to, now).outcome, Outcome::delivered);
  EXPECT_EQ(judge(reply(204), to, now).outcome, Outcome::transient);
}

TEST(HttpAnswer, SuccessByAKeyOfTheBody) {
  HttpDestination to = destination();
  to.success.body_key = {"result", "err_code"};
  to.success.body_value = "0";
  EXPECT_EQ(judge(reply(200, R"({"result":{"err_code":0}})"), to, now).outcome, Outcome::delivered);
  EXPECT_EQ(judge(reply(200, R"({"result":{"err_code":"0"}})"), to, now).outcome, Outcome::delivered);
  for (const char* body : {R"({"result":{"err_code":5}})", R"({"result":{}})", R"({"result":0})", "", "no json", R"({"result":{"err_code":0})"}) {
    const Answer answer = judge(reply(200, body), to, now);
    EXPECT_EQ(answer.outcome, Outcome::transient) << body;
    EXPECT_NE(answer.text.find("result.err_code"), std::string::npos) << answer.text;
  }
}

TEST(HttpAnswer, AKeyBehindTheEndOfWhatIsKeptIsForPeopleToMend) {
  HttpDestination to = destination();
  to.success.body_key = {"errors"};
  to.success.body_value = "false";
  http::Reply longer = reply(200, R"({"items":[)");
  longer.body_cut = true;
  const Answer answer = judge(longer, to, now);
  EXPECT_EQ(answer.outcome, Outcome::configuration);
  EXPECT_NE(answer.text.find("whose body has no \"errors\" in the 10 bytes of it that are looked at"), std::string::npos) << answer.text;
}

TEST(HttpAnswer, ExcerptsHoldNoSecrets) {
  const std::vector<std::string> secrets{"s3cr3t-token", "ab"};
  EXPECT_EQ(body_excerpt("bad token s3cr3t-token, s3cr3t-token", secrets), "\"bad token [secret], [secret]\"");
  EXPECT_EQ(body_excerpt("GET /a?auth_key=1512057900-0-0b3cc22622bdbb82d5ba632a5a5c89ca&b=1", {}), "\"GET /a?auth_key=[secret]&b=1\"");
  EXPECT_EQ(body_excerpt("cabbage", secrets), "\"cabbage\"");
}

TEST(HttpAnswer, ExcerptsAreBoundedAndEndAtAWholeCharacter) {
  EXPECT_EQ(body_excerpt("", {}), "");
  EXPECT_EQ(body_excerpt(" \n", {}), "");
  const std::string excerpt = body_excerpt(std::string(199, 'a') + "\xc3\xa9" + std::string(100'000, 'b'), {});
  EXPECT_EQ(excerpt, "\"" + std::string(199, 'a') + "...\"");
}

}  // namespace
}  // namespace penstock
