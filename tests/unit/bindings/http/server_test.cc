#include "bindings/http/server.h"

#include <gnutls/gnutls.h>
#include <sys/resource.h>

#include <deque>
#include <sstream>

#include "runtime/base/log.h"
#include "tests/unit/bindings/http/http_fixture.h"
#include "tests/unit/support/certificates.h"

namespace penstock::http {
namespace {

using testing::BareClient;
using testing::LoopTest;

// What a handler saw, kept by the test.
struct Seen {
  std::string method, path, query, body;
  int pieces = 0;
  int ends = 0;
  int gone = 0;
  Request* request = nullptr;  // while it lives
};

class ServerTest : public LoopTest {
 protected:
  class Keeping : public RequestHandler {
   public:
    Keeping(Seen& seen, Request& request, std::function<void(Request&)> on_end) : seen_(seen), request_(request), on_end_(std::move(on_end)) {
      seen_.request = &request;
      seen_.method = request.method();
      seen_.path = request.path();
      seen_.query = request.query();
    }
    ~Keeping() override {
      ++seen_.gone;
      seen_.request = nullptr;
    }
    void on_body(ByteView piece) override {
      ++seen_.pieces;
      seen_.body += piece;
    }
    void on_end() override {
      ++seen_.ends;
      if (on_end_) on_end_(request_);
    }

   private:
    Seen& seen_;
    Request& request_;
    std::function<void(Request&)> on_end_;
  };

  void serve(ServerOptions options) {
    Result<std::unique_ptr<Server>> opened = Server::open(std::move(options), testing::free_port(), *loop);
    ASSERT_TRUE(opened.ok()) << opened.status().text();
    server = *std::move(opened);
  }
  // A server whose handlers note what they see and do `on_end` at the end of the body.
  void serve_seeing(std::function<void(Request&)> on_end, ServerOptions options = {}) {
    options.application = [this, on_end](Request& request) { return std::make_unique<Keeping>(seen, request, on_end); };
    serve(std::move(options));
  }
  void serve_function(std::function<void(Request&)> function, ServerOptions options = {}) {
    options.application = [function](Request& request) {
      function(request);
      return nullptr;
    };
    serve(std::move(options));
  }
  bool gets(BareClient& client, std::string_view text) {
    return until([&] { return client.read().find(text) != std::string::npos; });
  }

  Seen seen;
  std::unique_ptr<Server> server;
};

TEST_F(ServerTest, AnswersAtOnceWithoutAHandler) {
  serve_function([](Request& request) { request.answer({.status = 200, .content_type = "application/json", .body = "{}", .headers = {{"X-A", "b"}}}); });
  BareClient client(server->port());
  client.write("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(gets(client, "\r\n\r\n{}")) << client.read();
  EXPECT_EQ(client.read().substr(0, 17), "HTTP/1.1 200 OK\r\n");
  EXPECT_NE(client.read().find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(client.read().find("X-A: b\r\n"), std::string::npos);
  EXPECT_EQ(server->requests(), 0u);
}

TEST_F(ServerTest, GivesTheHeadAndTheBody) {
  std::string header, parameter, host;
  std::optional<std::uint64_t> size;
  serve_seeing([&](Request& request) {
    header = request.header("x-thing").value_or("?");
    parameter = request.parameter("a").value_or("?");
    host = request.peer_host();
    size = request.body_size();
    EXPECT_FALSE(request.parameter("none"));
    EXPECT_FALSE(request.header("None"));
    request.answer({.status = 204});
  });
  BareClient client(server->port());
  client.write("POST /in%20to?a=1%2B2&b HTTP/1.1\r\nHost: a\r\nX-Thing: yes\r\nContent-Length: 5\r\n\r\nhello");
  ASSERT_TRUE(gets(client, "204"));
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "/in%20to");
  EXPECT_EQ(seen.query, "a=1%2B2&b");
  EXPECT_EQ(seen.body, "hello");
  EXPECT_EQ(header, "yes");
  EXPECT_EQ(parameter, "1+2");
  EXPECT_EQ(host, "127.0.0.1");
  EXPECT_EQ(size, 5u);
}

TEST_F(ServerTest, AChunkedBodyHasNoSizeBeforehand) {
  std::optional<std::uint64_t> size = 1;
  serve_seeing([&](Request& request) {
    size = request.body_size();
    request.answer({});
  });
  BareClient client(server->port());
  client.write("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  ASSERT_TRUE(gets(client, "200"));
  EXPECT_EQ(seen.body, "abcde");
  EXPECT_FALSE(size);
}

TEST_F(ServerTest, ALengthBesideChunksIsRefused) {
  serve_seeing([](Request& request) { request.answer({}); });
  BareClient client(server->port());
  client.write("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\n");
  ASSERT_TRUE(until([&] { return client.closed(); }));
  EXPECT_TRUE(client.read().starts_with("HTTP/1.1 400 ")) << client.read();
  EXPECT_EQ(seen.ends, 0);
}

TEST_F(ServerTest, ARequestIsCutInTheMiddleOfItsBody) {
  serve_seeing({});
  BareClient client(server->port());
  client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
  ASSERT_TRUE(until([&] { return seen.pieces == 1; }));
  seen.request->cut({.status = 408, .body = "late\n"});
  ASSERT_TRUE(until([&] { return client.closed() && seen.gone == 1; }));
  EXPECT_TRUE(client.read().starts_with("HTTP/1.1 408 Request Timeout\r\n")) << client.read();
  EXPECT_TRUE(client.read().ends_with("\r\n\r\nlate\n"));
}

TEST_F(ServerTest, AnswersLaterAndKeepsTheConnection) {
  serve_seeing({});
  BareClient client(server->port());
  for (int round = 1; round <= 3; ++round) {
    client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    ASSERT_TRUE(until([&] { return seen.ends == round; }));
    EXPECT_EQ(server->requests(), 1u);
    EXPECT_EQ(client.read().find("answer " + std::to_string(round)), std::string::npos);
    seen.request->answer({.body = "answer " + std::to_string(round)});
    ASSERT_TRUE(gets(client, "answer " + std::to_string(round)));
    ASSERT_TRUE(until([&] { return seen.gone == round; }));
  }
  EXPECT_FALSE(client.closed());
}

TEST_F(ServerTest, APausedRequestHoldsItsSenderUp) {
  ServerOptions options;
  options.application = [this](Request& request) {
    request.pause();
    return std::make_unique<Keeping>(seen, request, [](Request& r) { r.answer({}); });
  };
  serve(std::move(options));
  const std::string body(32 << 20, 'x');
  BareClient client(server->port());
  client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  std::size_t sent = 0;
  std::size_t before = 1;
  // Until the kernel's buffers are full.
  ASSERT_TRUE(until([&] {
    before = sent;
    sent += client.write_some(std::string_view(body).substr(sent));
    return sent == before && seen.request;
  }));
  EXPECT_LT(sent, body.size());
  EXPECT_EQ(seen.body.size(), 0u);
  seen.request->resume();
  ASSERT_TRUE(until([&] {
    sent += client.write_some(std::string_view(body).substr(sent));
    return seen.ends == 1;
  }));
  EXPECT_EQ(seen.body.size(), body.size());
  EXPECT_TRUE(gets(client, "200 OK"));
}

TEST_F(ServerTest, TellsThatTheClientWentAwayWithinTheBody) {
  serve_seeing({});
  auto client = std::make_unique<BareClient>(server->port());
  client->write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf of");
  ASSERT_TRUE(until([&] { return seen.body == "half of"; }));
  client.reset();
  ASSERT_TRUE(until([&] { return seen.gone == 1; }));
  EXPECT_EQ(seen.ends, 0);
  EXPECT_EQ(server->requests(), 0u);
}

TEST_F(ServerTest, AnAnswerToAClientThatIsGoneHarmsNobody) {
  serve_seeing({});
  auto client = std::make_unique<BareClient>(server->port());
  client->write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
  ASSERT_TRUE(until([&] { return seen.ends == 1; }));
  client.reset();
  seen.request->answer({.body = "too late"});
  ASSERT_TRUE(until([&] { return seen.gone == 1; }));
}

TEST_F(ServerTest, AnEarlyAnswerComesAfterTheBodyWasThrownAway) {
  serve_function([](Request& request) { request.answer({.status = 403, .body = "no"}); });
  BareClient client(server->port());
  client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  loop->run_ready();
  client.write("hello");
  ASSERT_TRUE(gets(client, "403 Forbidden"));
  EXPECT_FALSE(client.closed());
}

TEST_F(ServerTest, OneWhoAsksBeforeSendingIsAnsweredBefore) {
  serve_function([](Request& request) { request.answer({.status = 413}); });
  BareClient client(server->port());
  client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(gets(client, "HTTP/1.1 413"));
  EXPECT_EQ(client.read().find("100 Continue"), std::string::npos);
}

TEST_F(ServerTest, OneWhoAsksIsToldToGoOn) {
  serve_seeing([](Request& request) { request.answer({}); });
  BareClient client(server->port());
  client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(gets(client, "100 Continue\r\n"));
  client.write("hello");
  ASSERT_TRUE(gets(client, "200 OK"));
}

TEST_F(ServerTest, ABodyThatNobodyWantsHasABound) {
  ServerOptions options;
  options.discarded_bytes_max = 100'000;
  serve_function([](Request& request) { request.answer({.status = 403}); }, std::move(options));
  BareClient client(server->port());
  client.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "2710\r\n" + std::string(10'000, 'x') + "\r\n";
  ASSERT_TRUE(until([&] {
    if (!client.closed()) client.write_some(chunk);
    return client.closed();
  }));
}

TEST_F(ServerTest, StopsAcceptingAndEndsWhatIsOpen) {
  serve_seeing({});
  BareClient open(server->port());
  open.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
  ASSERT_TRUE(until([&] { return seen.ends == 1; }));
  server->stop_accepting();
  server->stop_accepting();
  BareClient refused(server->port());
  EXPECT_FALSE(refused.connected());
  seen.request->answer({.body = "last"});
  ASSERT_TRUE(gets(open, "Connection: close"));
  ASSERT_TRUE(until([&] { return open.closed(); }));
  EXPECT_NE(open.read().find("last"), std::string::npos);
}

TEST_F(ServerTest, TakesWhatTheKernelHoldsBeforeItStopsAccepting) {
  serve_seeing([](Request& request) { request.answer({}); });
  BareClient waiting(server->port());
  waiting.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  server->stop_accepting();
  EXPECT_TRUE(gets(waiting, "200 OK"));
}

TEST_F(ServerTest, TakesAllThatTheKernelHoldsBeforeItStopsAccepting) {
  serve_seeing([](Request& request) { request.answer({}); });
  std::deque<BareClient> waiting;
  for (int i = 0; i < 40; ++i) waiting.emplace_back(server->port()).write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  server->stop_accepting();
  for (BareClient& client : waiting) EXPECT_TRUE(gets(client, "200 OK"));
}

TEST_F(ServerTest, WithoutDescriptorsItWaitsAndGoesOn) {
  std::ostringstream written;
  log::configure({log::Level::debug, log::Format::text, &written});
  serve_seeing([](Request& request) { request.answer({}); });
  BareClient client(server->port());
  client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 3;
  setrlimit(RLIMIT_NOFILE, &none);
  for (int i = 0; i < 20; ++i) loop->run_ready();
  setrlimit(RLIMIT_NOFILE, &before);
  for (int i = 0; i < 20; ++i) loop->run_ready();
  EXPECT_EQ(client.read(), "") << "it asks again at once: it would spin";
  EXPECT_TRUE(gets(client, "200 OK"));
  log::configure({});
  EXPECT_NE(written.str().find("no descriptors are left"), std::string::npos) << written.str();
}

TEST_F(ServerTest, OldVersionsOfTlsAreRefused) {
  const testing::Certificates certificates;
  certificates.sign("server", "DNS:localhost");
  const auto shakes_hands = [&](const char* versions) {
    ServerOptions options;
    options.tls = ServerTls{certificates.path("server.pem"), certificates.path("server.key"), ""};
    serve_seeing({}, std::move(options));
    BareClient client(server->port());
    gnutls_session_t session;
    gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
    gnutls_certificate_credentials_t credentials;
    gnutls_certificate_allocate_credentials(&credentials);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_priority_set_direct(session, versions, nullptr);
    client.set_nonblocking();
    gnutls_transport_set_int(session, client.fd());
    int shaken = GNUTLS_E_AGAIN;
    EXPECT_TRUE(until([&] { return (shaken = gnutls_handshake(session)) != GNUTLS_E_AGAIN && shaken != GNUTLS_E_INTERRUPTED; }));
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(credentials);
    return shaken == GNUTLS_E_SUCCESS;
  };
  EXPECT_TRUE(shakes_hands("NORMAL:-VERS-ALL:+VERS-TLS1.3"));
  EXPECT_TRUE(shakes_hands("NORMAL:-VERS-ALL:+VERS-TLS1.2"));
  EXPECT_FALSE(shakes_hands("NORMAL:-VERS-ALL:+VERS-TLS1.1"));
  EXPECT_FALSE(shakes_hands("NORMAL:-VERS-ALL:+VERS-TLS1.0"));
}

TEST_F(ServerTest, EndsWithRequestsUnderWay) {
  serve_seeing({});
  BareClient waiting(server->port());
  waiting.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
  BareClient half(server->port());
  half.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\nhi");
  ASSERT_TRUE(until([&] { return server->requests() == 2 && seen.ends == 1; }));
  server.reset();
  EXPECT_EQ(seen.gone, 2);
  EXPECT_TRUE(waiting.closed());
}

TEST_F(ServerTest, ConnectionsBeyondTheBoundWait) {
  ServerOptions options;
  options.connections_max = 1;
  serve_seeing([](Request& request) { request.answer({}); }, std::move(options));
  auto first = std::make_unique<BareClient>(server->port());
  first->write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(gets(*first, "200 OK"));
  BareClient second(server->port());
  second.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int i = 0; i < 20; ++i) loop->run_ready();
  EXPECT_EQ(second.read(), "");
  first.reset();
  EXPECT_TRUE(gets(second, "200 OK"));
}

TEST_F(ServerTest, AnIdleConnectionIsClosed) {
  ServerOptions options;
  options.timeout = std::chrono::seconds(1);
  serve_seeing({}, std::move(options));
  BareClient idle(server->port());
  idle.write("POST / HTT");
  EXPECT_TRUE(until([&] { return idle.closed(); }));
}

TEST_F(ServerTest, WrongTlsFilesSayWhich) {
  ServerOptions options;
  options.tls = ServerTls{"/nonexistent/cert.pem", "/nonexistent/key.pem", ""};
  Result<std::unique_ptr<Server>> opened = Server::open(std::move(options), testing::free_port(), *loop);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.status().text().find("/nonexistent/cert.pem"), std::string::npos);
}

TEST_F(ServerTest, WhatIsNoCertificateIsAnError) {
  ServerOptions options;
  options.tls = ServerTls{"/dev/null", "/dev/null", ""};
  Result<std::unique_ptr<Server>> opened = Server::open(std::move(options), testing::free_port(), *loop);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().code(), Code::invalid);
}

TEST_F(ServerTest, WhatIsNoHttpIsRefused) {
  serve_seeing({});
  BareClient client(server->port());
  client.write("\x16\x03\x01 hello\r\n\r\n\r\n");
  EXPECT_TRUE(until([&] { return client.closed(); }));
  EXPECT_EQ(seen.ends, 0);
}

}  // namespace
}  // namespace penstock::http
