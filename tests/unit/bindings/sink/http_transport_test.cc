#include "bindings/sink/http_transport.h"

#include <gtest/gtest.h>

#include "bindings/sign/signed_url.h"
#include "tests/unit/bindings/http/http_fixture.h"

namespace penstock::testing {
namespace {

// A transport and a server that notes what it is sent.
class HttpTransportTest : public LoopTest {
 protected:
  struct Taking : http::RequestHandler {
    Taking(HttpTransportTest& owner, http::Request& of) : test(owner), request(of) {
      test.body.clear();
      test.method = request.method();
      test.path = request.path();
      test.query = request.query();
      test.auth_key = request.parameter("auth_key").value_or("");
      test.headers.clear();
      for (const char* name : {"Content-Type", "Content-Encoding", "X-Penstock-Batch", "User-Agent", "Authorization", "X-A", "Expect"})
        if (const auto value = request.header(name)) test.headers.emplace_back(name, *value);
    }
    void on_body(ByteView piece) override { test.body += piece; }
    void on_end() override {
      ++test.requests;
      request.answer(test.response);
    }
    HttpTransportTest& test;
    http::Request& request;
  };

  void open(ValueMap given) {
    http::ServerOptions serving;
    serving.application = [this](http::Request& request) { return std::make_unique<Taking>(*this, request); };
    server = *http::Server::open(std::move(serving), free_port(), *loop);
    given.try_emplace("url", "http://localhost:" + std::to_string(server->port()) + "/v1/in");
    Result<HttpSinkOptions> checked = HttpSinkOptions::from(Value(std::move(given)));
    ASSERT_TRUE(checked.ok()) << checked.status().text();
    options = std::make_unique<HttpSinkOptions>(*std::move(checked));
    transport = make_http_transport(*options, *loop);
    ASSERT_TRUE(transport->open().ok());
  }
  Answer send(const std::string& compression = "none") {
    package.id = "0123456789abcdef0123456789abcdef";
    package.form.compression = compression;
    package.form.content_type = "application/x-ndjson";
    package.body.clear();
    package.body.append("{\"a\":1}\n");
    std::optional<Answer> got;
    const auto request = transport->send(package, [&](Answer answer) { got = std::move(answer); });
    EXPECT_FALSE(got);
    EXPECT_TRUE(until([&] { return got.has_value(); }));
    return got.value_or(Answer{});
  }
  std::string header(const std::string& name) const {
    for (const auto& [known, value] : headers) {
      if (known == name) return value;
    }
    return "(none)";
  }

  http::Response response;
  std::string method, path, query, auth_key, body;
  std::vector<std::pair<std::string, std::string>> headers;
  int requests = 0;
  Package package;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<HttpSinkOptions> options;
  std::unique_ptr<Transport> transport;
};

TEST_F(HttpTransportTest, APackageAsARequest) {
  open({{"headers", ValueMap{{"X-A", Value("b")}}}, {"auth_bearer", Secret("token")}});
  EXPECT_EQ(send("gzip").outcome, Outcome::delivered);
  EXPECT_EQ(method, "POST");
  EXPECT_EQ(path, "/v1/in");
  EXPECT_EQ(body, "{\"a\":1}\n");
  EXPECT_EQ(header("Content-Type"), "application/x-ndjson");
  EXPECT_EQ(header("Content-Encoding"), "gzip");
  EXPECT_EQ(header("X-Penstock-Batch"), "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(header("User-Agent").substr(0, 9), "penstock/");
  EXPECT_EQ(header("Authorization"), "Bearer token");
  EXPECT_EQ(header("X-A"), "b");
  EXPECT_EQ(header("Expect"), "(none)");
}

TEST_F(HttpTransportTest, WhatTheUserSetsGoesBefore) {
  open({{"method", "PUT"}, {"headers", ValueMap{{"Content-Type", Value("text/plain")}, {"User-Agent", Value("me")}}}});
  EXPECT_EQ(send().outcome, Outcome::delivered);
  EXPECT_EQ(method, "PUT");
  EXPECT_EQ(header("Content-Type"), "text/plain");
  EXPECT_EQ(header("User-Agent"), "me");
  EXPECT_EQ(header("Content-Encoding"), "(none)");
}

TEST_F(HttpTransportTest, EachRequestIsSignedAnew) {
  open({{"signed_url_private_key", Secret("abc123")}, {"params", ValueMap{{"a", Value("b")}}}});
  EXPECT_EQ(send().outcome, Outcome::delivered);
  const std::string first = auth_key;
  EXPECT_EQ(query, "a=b&auth_key=" + first);
  const std::int64_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  EXPECT_EQ(sign::check_auth_key(first, "/v1/in", "abc123", now + 200), sign::AuthKeyVerdict::right);
  EXPECT_EQ(sign::check_auth_key(first, "/v1/in", "abc123", now + 301), sign::AuthKeyVerdict::expired);
  EXPECT_EQ(send().outcome, Outcome::delivered);
  EXPECT_NE(auth_key, first);
}

TEST_F(HttpTransportTest, AnswersAreJudged) {
  open({});
  response = {.status = 429, .body = "slow down", .headers = {{"Retry-After", "2"}}};
  const Answer answer = send();
  EXPECT_EQ(answer.outcome, Outcome::transient);
  EXPECT_EQ(answer.retry_after, std::chrono::seconds(2));
  EXPECT_EQ(answer.text, "HTTP 429 from http://localhost:" + std::to_string(server->port()) + "/v1/in: \"slow down\"");
}

TEST_F(HttpTransportTest, ARequestThatIsGivenUpIsSilent) {
  open({});
  bool called = false;
  auto request = transport->send(package, [&](Answer) { called = true; });
  request.reset();
  EXPECT_EQ(send().outcome, Outcome::delivered);
  EXPECT_FALSE(called);
}

TEST_F(HttpTransportTest, AFileThatCannotBeReadIsFoundWhenOpened) {
  HttpSinkOptions wrong = *HttpSinkOptions::from(Value(ValueMap{{"url", "https://localhost"}}));
  wrong.client.tls.ca_path = "/nonexistent.pem";  // gone since it was checked
  const Status status = make_http_transport(wrong, *loop)->open();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.text().find("/nonexistent.pem"), std::string::npos);
}

}  // namespace
}  // namespace penstock::testing
