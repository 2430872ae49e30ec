#include "bindings/source/http_source.h"

#include <gmock/gmock.h>

#include "bindings/compress/compressor.h"
#include "bindings/sign/signed_url.h"
#include "tests/unit/bindings/http/http_fixture.h"
#include "tests/unit/bindings/source/loop_bench.h"
#include "tests/unit/support/certificates.h"

namespace penstock {
namespace {

using namespace penstock::testing;
using ::testing::HasSubstr;

class HttpSourceTest : public ::testing::Test {
 protected:
  void start(ValueMap options = {}) {
    options["listen"] = address;
    plan = make_http_source(Value(std::move(options)), plan_context()).value();
    source = plan->open(bench);
    const Status started = source->start();
    ASSERT_TRUE(started.ok()) << started.text();
  }
  BareClient connect() const { return BareClient(net::Address::parse(address)->port); }
  static std::string post(const std::string& body, const std::string& headers = "", const std::string& target = "/") {
    return "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
  }
  // One request on a connection of its own; its whole answer.
  std::string answer(const std::string& request) {
    BareClient client = connect();
    client.write(request);
    EXPECT_TRUE(answered(client));
    return client.read();
  }
  bool answered(BareClient& client, std::size_t times = 1) {
    return bench.until([&] {
      std::size_t count = 0;
      for (std::size_t at = 0; (at = client.read().find("\r\n\r\n", at)) != std::string::npos; ++at) ++count;
      return count >= times && client.read().ends_with("\n");
    });
  }
  std::string gzipped(const std::string& text) {
    Buffer out;
    EXPECT_TRUE(make_compressor(Compression::gzip, 1)->compress(text, out).ok());
    return std::string(out.view());
  }

  const std::string address = free_address();
  LoopBench bench;
  std::unique_ptr<SourcePlan> plan;
  std::unique_ptr<Source> source;
};

TEST_F(HttpSourceTest, ABodyIsAStreamThatEndsAndIsAnsweredWhenItIsSafe) {
  start();
  bench.auto_ack = false;
  BareClient client = connect();
  client.write(post("{\"a\":1}\n{\"a\":2}\n"));
  ASSERT_TRUE(bench.until([&] { return bench.ended() == 1; }));
  bench.turn();
  EXPECT_EQ(client.read(), "");
  EXPECT_EQ(bench.taken[0]->bytes, "{\"a\":1}\n{\"a\":2}\n");
  EXPECT_EQ(bench.taken[0]->format, "json");
  EXPECT_TRUE(bench.taken[0]->name.starts_with("http:127.0.0.1:")) << bench.taken[0]->name;
  bench.taken[0]->tally.events = 2;
  bench.ack_all();
  ASSERT_TRUE(answered(client));
  EXPECT_THAT(client.read(), HasSubstr("200 OK"));
  EXPECT_THAT(client.read(), HasSubstr("{\"accepted\":2,\"rejected\":0}"));
}

TEST_F(HttpSourceTest, AConnectionIsKeptForTheNextRequest) {
  start();
  BareClient client = connect();
  for (std::size_t i = 1; i <= 3; ++i) {
    client.write(post("x\n"));
    ASSERT_TRUE(answered(client, i));
  }
  EXPECT_EQ(bench.taken.size(), 3u);
  EXPECT_FALSE(client.closed());
}

TEST_F(HttpSourceTest, FormatsByContentTypeAndByLooking) {
  start();
  struct Case {
    const char* type;
    const char* body;
    const char* format;
  };
  const Case cases[] = {
      {"application/json", "hello", "json"}, {"text/plain", "{}", "lines"},         {"application/x-www-form-urlencoded", "{}", "json"},
      {"application/octet-stream", "GET /", "lines"}, {"application/x-ndjson", "{}\n", "json"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(answer(post(c.body, "Content-Type: " + std::string(c.type) + "\r\n")), HasSubstr("200 OK"));
    EXPECT_EQ(bench.taken.back()->format, c.format) << c.type;
  }
  EXPECT_EQ(plan->formats(), (std::vector<std::string>{"json", "lines"}));
}

TEST_F(HttpSourceTest, AFormatThatIsGivenHoldsWhateverTheTypeSays) {
  start({{"format", "nginx"}});
  EXPECT_THAT(answer(post("x\n", "Content-Type: application/xml\r\n")), HasSubstr("200 OK"));
  EXPECT_EQ(bench.taken.back()->format, "");
  EXPECT_TRUE(plan->formats().empty());
}

TEST_F(HttpSourceTest, AnObjectOverSeveralLinesIsOneEvent) {
  start();
  EXPECT_THAT(answer(post("{\n  \"a\": 1\n}\n", "Content-Type: application/json\r\n")), HasSubstr("200 OK"));
  EXPECT_EQ(bench.taken.back()->bytes, "[{\n  \"a\": 1\n}\n]");
}

TEST_F(HttpSourceTest, AnUnknownTypeOrEncodingIs415) {
  start();
  EXPECT_THAT(answer(post("<a/>", "Content-Type: application/xml\r\n")), HasSubstr("HTTP/1.1 415"));
  EXPECT_THAT(answer(post("x", "Content-Encoding: br\r\n")), HasSubstr("HTTP/1.1 415"));
  EXPECT_TRUE(bench.taken.empty());
}

TEST_F(HttpSourceTest, CompressedBodiesAreInflated) {
  start();
  const std::string text(500'000, 'x');
  EXPECT_THAT(answer(post(gzipped(text), "Content-Encoding: gzip\r\n")), HasSubstr("200 OK"));
  EXPECT_EQ(bench.taken.back()->bytes, text);
}

TEST_F(HttpSourceTest, ABombIs413AndBrokenCompressionIs400) {
  start({{"max_body_bytes", 100'000}});
  EXPECT_THAT(answer(post(gzipped(std::string(1'000'000, 'x')), "Content-Encoding: gzip\r\n")), HasSubstr("HTTP/1.1 413"));
  EXPECT_THAT(answer(post("no gzip", "Content-Encoding: gzip\r\n")), HasSubstr("HTTP/1.1 400"));
  EXPECT_TRUE(bench.taken.empty());
}

TEST_F(HttpSourceTest, ABodyAboveTheBoundIs413WithAndWithoutALength) {
  start({{"max_body_bytes", 1000}});
  EXPECT_THAT(answer(post(std::string(1001, 'x'))), HasSubstr("HTTP/1.1 413"));
  EXPECT_THAT(answer("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n"), HasSubstr("HTTP/1.1 413"));
  EXPECT_THAT(answer(post(std::string(1000, 'x'))), HasSubstr("200 OK"));
}

TEST_F(HttpSourceTest, OnlyPostAndPut) {
  start();
  const std::string refused = answer("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(refused, HasSubstr("HTTP/1.1 405"));
  EXPECT_THAT(refused, HasSubstr("Allow: POST, PUT\r\n"));
  EXPECT_THAT(answer("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"), HasSubstr("200 OK"));
}

TEST_F(HttpSourceTest, OnePathWhenOneIsGiven) {
  start({{"path", "/v1/logs"}});
  EXPECT_THAT(answer(post("x", "", "/v1/logs?a=b")), HasSubstr("200 OK"));
  EXPECT_THAT(answer(post("x", "", "/v1/log")), HasSubstr("HTTP/1.1 404"));
}

TEST_F(HttpSourceTest, Bearer) {
  start({{"auth", ValueMap{{"bearer", Value(Secret("t0ken"))}}}});
  EXPECT_THAT(answer(post("x", "Authorization: Bearer t0ken\r\n")), HasSubstr("200 OK"));
  EXPECT_THAT(answer(post("x", "Authorization: bearer t0ken\r\n")), HasSubstr("200 OK"));
  for (const char* header : {"", "Authorization: Bearer wrong\r\n", "Authorization: Bearer t0kenn\r\n", "Authorization: Basic t0ken\r\n", "Authorization: Bearer\r\n"}) {
    const std::string refused = answer(post("x", header));
    EXPECT_THAT(refused, HasSubstr("HTTP/1.1 401")) << header;
    EXPECT_THAT(refused, HasSubstr("WWW-Authenticate: Bearer")) << header;
  }
  EXPECT_EQ(bench.taken.size(), 2u);
}

TEST_F(HttpSourceTest, Basic) {
  // The example of RFC 7617 section 2.
  start({{"auth", ValueMap{{"basic", ValueMap{{"user", Value("Aladdin")}, {"password", Value(Secret("open sesame"))}}}}}});
  EXPECT_THAT(answer(post("x", "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n")), HasSubstr("200 OK"));
  EXPECT_THAT(answer(post("x", "Authorization: Basic QWxhZGRpbjpvcGVu\r\n")), HasSubstr("WWW-Authenticate: Basic"));
}

TEST_F(HttpSourceTest, SignedUrls) {
  start({{"auth", ValueMap{{"signed_url", ValueMap{{"private_key", Value(Secret("abc123"))}}}}}});
  const std::int64_t now = std::time(nullptr);
  const auto signed_target = [](const std::string& path, std::int64_t expiry) { return path + "?auth_key=" + sign::make_auth_key(path, "abc123", expiry, "0").value(); };
  EXPECT_THAT(answer(post("x", "", signed_target("/v1/log", now + 300))), HasSubstr("200 OK"));
  EXPECT_THAT(answer(post("x", "", signed_target("/v1/log", now - 1))), HasSubstr("HTTP/1.1 403"));
  EXPECT_THAT(answer(post("x", "", "/other" + signed_target("/v1/log", now + 300).substr(7))), HasSubstr("HTTP/1.1 403"));
  EXPECT_THAT(answer(post("x", "", "/v1/log")), HasSubstr("HTTP/1.1 403"));
  EXPECT_EQ(bench.taken.size(), 1u);
}

TEST_F(HttpSourceTest, ACongestedPipelineRefusesForNow) {
  start({{"retry_after_ms", 7000}});
  bench.blocked = true;
  const std::string refused = answer(post("x"));
  EXPECT_THAT(refused, HasSubstr("HTTP/1.1 503"));
  EXPECT_THAT(refused, HasSubstr("Retry-After: 7\r\n"));
  EXPECT_TRUE(bench.taken.empty());
  bench.blocked = false;
  EXPECT_THAT(answer(post("x")), HasSubstr("200 OK"));
}

TEST_F(HttpSourceTest, ABodyIsGivenInThePiecesThatThePipelineTakes) {
  start();
  bench.space_bytes = 1000;
  const std::string text(100'000, 'x');
  EXPECT_THAT(answer(post(text)), HasSubstr("200 OK"));
  EXPECT_EQ(bench.taken.back()->bytes, text);
}

TEST_F(HttpSourceTest, RequestsThatWaitAreBounded) {
  start({{"requests_max", 1}});
  bench.auto_ack = false;
  BareClient waiting = connect();
  waiting.write(post("x\n"));
  ASSERT_TRUE(bench.until([&] { return bench.ended() == 1; }));
  EXPECT_THAT(answer(post("y\n")), HasSubstr("HTTP/1.1 503"));
  bench.ack_all();
  ASSERT_TRUE(answered(waiting));
  bench.auto_ack = true;
  EXPECT_THAT(answer(post("y\n")), HasSubstr("200 OK"));
}

TEST_F(HttpSourceTest, OneClientsRequestsAreBoundedWhenAskedFor) {
  start({{"client_requests_max", 1}});
  bench.auto_ack = false;
  BareClient waiting = connect();
  waiting.write(post("x\n"));
  ASSERT_TRUE(bench.until([&] { return bench.ended() == 1; }));
  const std::string refused = answer(post("y\n"));
  EXPECT_THAT(refused, HasSubstr("HTTP/1.1 429"));
  EXPECT_THAT(refused, HasSubstr("Retry-After: 5\r\n"));
}

TEST_F(HttpSourceTest, UndeliveredIsToldToComeAgain) {
  start();
  bench.auto_ack = false;
  BareClient client = connect();
  client.write(post("x\n"));
  ASSERT_TRUE(bench.until([&] { return bench.ended() == 1; }));
  bench.taken[0]->tally.undelivered = 1;
  bench.ack_all();
  ASSERT_TRUE(answered(client));
  EXPECT_THAT(client.read(), HasSubstr("HTTP/1.1 503"));
  EXPECT_THAT(client.read(), HasSubstr("Retry-After: 5\r\n"));
}

TEST_F(HttpSourceTest, SomeBrokenAreTaken200AllBrokenAre400) {
  start();
  bench.auto_ack = false;
  const auto answer_of = [&](std::uint64_t events, std::uint64_t broken) {
    BareClient client = connect();
    client.write(post("x\n"));
    EXPECT_TRUE(bench.until([&] { return bench.ended() == bench.taken.size() && !bench.taken.empty() && bench.taken.back()->tally.events == 0 && !bench.taken.back()->tally.broken; }));
    bench.taken.back()->tally = {events, broken, "json: \"odd\"", 17, 0};
    bench.ack_all();
    EXPECT_TRUE(answered(client));
    return client.read();
  };
  const std::string some = answer_of(98, 2);
  EXPECT_THAT(some, HasSubstr("200 OK"));
  EXPECT_THAT(some, HasSubstr(R"({"accepted":98,"rejected":2,"first_error":"json: \"odd\"","first_error_offset":17})"));
  const std::string all = answer_of(0, 3);
  EXPECT_THAT(all, HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(all, HasSubstr(R"({"accepted":0,"rejected":3,"error":"json: \"odd\"","offset":17})"));
}

TEST_F(HttpSourceTest, EventsThatDoNotBecomeSafeInTimeAreAnswered503) {
  start({{"answer_timeout_ms", 100}});
  bench.auto_ack = false;
  EXPECT_THAT(answer(post("x\n")), HasSubstr("HTTP/1.1 503"));
  bench.ack_all();
}

TEST_F(HttpSourceTest, HalfABodyLeavesNothingBehind) {
  start();
  BareClient client = connect();
  client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"a\":1}\n{\"a\"");
  bench.turn();
  client.hang_up();
  EXPECT_THAT(answer(post("x\n")), HasSubstr("200 OK"));
  EXPECT_EQ(bench.taken.size(), 1u);
  EXPECT_TRUE(bench.troubles.empty());
}

TEST_F(HttpSourceTest, ABodyThatDripsIsCutWith408AndItsPlaceIsFree) {
  start({{"body_timeout_ms", 100}, {"requests_max", 1}});
  BareClient client = connect();
  client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
  ASSERT_TRUE(bench.until([&] { return client.closed(); }));
  EXPECT_THAT(client.read(), HasSubstr("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"));
  EXPECT_THAT(answer(post("x\n")), HasSubstr("200 OK"));
}

TEST_F(HttpSourceTest, ALengthReservesNothing) {
  start({{"max_body_bytes", 1000}, {"requests_max_bytes", 1000}});
  BareClient claims = connect();
  claims.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf");
  bench.turn();
  EXPECT_THAT(answer(post(std::string(900, 'x'))), HasSubstr("200 OK"));
}

TEST_F(HttpSourceTest, TheNextRunMayListenBeforeThisOneStops) {
  start();
  EXPECT_TRUE(plan->overlaps());
  LoopBench next;
  const std::unique_ptr<Source> successor = plan->open(next);
  EXPECT_TRUE(successor->start().ok());
}

TEST_F(HttpSourceTest, AnEmptyBodyIsAnswered) {
  start();
  EXPECT_THAT(answer(post("")), HasSubstr("{\"accepted\":0,\"rejected\":0}"));
}

TEST_F(HttpSourceTest, ADrainAnswersWhatIsUnderWayAndRefusesTheRest) {
  start();
  bench.auto_ack = false;
  BareClient waiting = connect(), half = connect(), idle = connect();
  idle.write(post("first\n"));
  ASSERT_TRUE(bench.until([&] { return bench.ended() == 1; }));
  bench.ack_all();
  ASSERT_TRUE(answered(idle));
  waiting.write(post("x\n"));
  half.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
  ASSERT_TRUE(bench.until([&] { return bench.ended() == 2; }));
  bench.turn();
  source->stop();
  bench.turn();
  EXPECT_EQ(bench.finished, 0);
  idle.write(post("second\n"));
  half.write(std::string(96, 'x'));
  ASSERT_TRUE(answered(idle, 2));
  EXPECT_THAT(idle.read(), HasSubstr("HTTP/1.1 503"));
  EXPECT_THAT(idle.read(), HasSubstr("Connection: close"));
  ASSERT_TRUE(answered(half));
  EXPECT_THAT(half.read(), HasSubstr("HTTP/1.1 503"));
  bench.ack_all();
  ASSERT_TRUE(answered(waiting));
  EXPECT_THAT(waiting.read(), HasSubstr("200 OK"));
  EXPECT_THAT(waiting.read(), HasSubstr("Connection: close"));
  ASSERT_TRUE(bench.until([&] { return bench.finished == 1; }));
}

TEST_F(HttpSourceTest, GoesAwayWithRequestsUnderWay) {
  start();
  bench.auto_ack = false;
  BareClient waiting = connect();
  waiting.write(post("x\n"));
  ASSERT_TRUE(bench.until([&] { return bench.ended() == 1; }));
  source.reset();
  EXPECT_TRUE(waiting.closed());
}

TEST_F(HttpSourceTest, Tls) {
  const Certificates certificates;
  certificates.sign("server", "DNS:localhost,IP:127.0.0.1");
  start({{"tls", ValueMap{{"cert", Value(certificates.path("server.pem"))}, {"key", Value(certificates.path("server.key"))}}}});
  BareClient plain = connect();
  plain.write(post("x"));
  EXPECT_TRUE(bench.until([&] { return plain.closed(); }));
  EXPECT_TRUE(bench.taken.empty());
}

TEST(HttpSourceOptions, MistakesAreNamedAndSecretsAreNot) {
  struct Case {
    ValueMap options;
    const char* says;
  };
  const Case cases[] = {
      {{{"listen", "hidden"}}, "option 'listen'"},
      {{{"path", "v1"}}, "'path' must begin with /"},
      {{{"auth", ValueMap{}}}, "one of bearer, basic and signed_url"},
      {{{"auth", ValueMap{{"bearer", Value("hidden")}, {"signed_url", ValueMap{}}}}}, "one of bearer, basic and signed_url"},
      {{{"auth", ValueMap{{"signed_url", ValueMap{{"private_key", Value(Secret("hidden!"))}}}}}}, "6 to 18"},
  };
  for (const Case& c : cases) {
    ValueMap options = c.options;
    options.try_emplace("listen", "127.0.0.1:0");
    const Result<HttpSourceOptions> checked = HttpSourceOptions::from(Value(std::move(options)));
    ASSERT_FALSE(checked.ok()) << c.says;
    EXPECT_NE(checked.status().text().find(c.says), std::string::npos) << checked.status().text();
  }
}

}  // namespace
}  // namespace penstock
