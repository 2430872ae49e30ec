#include "bindings/http/client.h"

#include "tests/unit/bindings/http/http_fixture.h"
#include "tests/unit/support/certificates.h"

namespace penstock::http {
namespace {

using testing::LoopTest;

// Answers each request, once its body is whole, with what the test's function says; `later`: when the test says.
class ClientTest : public LoopTest {
 protected:
  struct Taken {
    std::string method, path, query, body;
    std::vector<std::pair<std::string, std::string>> headers;
  };
  class Taking : public RequestHandler {
   public:
    Taking(ClientTest& test, Request& request) : test_(test), request_(request) { test_.live.push_back(&request); }
    ~Taking() override { std::erase(test_.live, &request_); }
    void on_body(ByteView piece) override { body_ += piece; }
    void on_end() override {
      Taken taken{std::string(request_.method()), std::string(request_.path()), std::string(request_.query()), body_, {}};
      for (const char* name : {"content-type", "content-length", "expect", "x-a"}) {
        if (const auto value = request_.header(name)) taken.headers.emplace_back(name, *value);
      }
      test_.taken.push_back(std::move(taken));
      if (!test_.later) request_.answer(test_.response);
    }

   private:
    ClientTest& test_;
    Request& request_;
    std::string body_;
  };

  void serve(ServerOptions options = {}) {
    options.application = [this](Request& request) { return std::make_unique<Taking>(*this, request); };
    Result<std::unique_ptr<Server>> opened = Server::open(std::move(options), testing::free_port(), *loop);
    ASSERT_TRUE(opened.ok()) << opened.status().text();
    server = *std::move(opened);
  }
  void connect(ClientOptions options = {}) {
    Result<std::unique_ptr<Client>> opened = Client::open(std::move(options), *loop);
    ASSERT_TRUE(opened.ok()) << opened.status().text();
    client = *std::move(opened);
  }
  std::string url(const std::string& path, const char* scheme = "http") {
    return std::string(scheme) + "://localhost:" + std::to_string(server->port()) + path;
  }
  // Sends and waits for the reply.
  Reply exchange(const Sending& what) {
    std::optional<Reply> got;
    const std::unique_ptr<Transfer> transfer = client->send(what, [&](Reply reply) { got = std::move(reply); });
    EXPECT_FALSE(got);
    EXPECT_TRUE(until([&] { return got.has_value(); }));
    return got.value_or(Reply{});
  }
  void with_tls(ClientTls tls) {
    ClientOptions options;
    options.tls = std::move(tls);
    connect(std::move(options));
  }

  // Of an authority's, for this machine.
  ServerTls server_tls(const testing::Certificates& authority, const std::string& client_ca = "") const {
    authority.sign("server", "DNS:localhost,IP:127.0.0.1");
    return {authority.path("server.pem"), authority.path("server.key"), client_ca};
  }

  const testing::Certificates certificates;
  const testing::Certificates strangers;
  bool later = false;
  Response response{.status = 200, .body = "taken"};
  std::vector<Taken> taken;
  std::vector<Request*> live;
  std::unique_ptr<Server> server;
  std::unique_ptr<Client> client;
};

TEST_F(ClientTest, SendsAndReads) {
  serve();
  connect();
  response = {.status = 201, .body = "made", .headers = {{"X-Answer", "yes"}, {"Retry-After", "3"}}};
  const Reply reply = exchange({.url = url("/a/b?c=d"), .headers = {"Content-Type: text/plain", "X-A: 1"}, .body = "hello"});
  EXPECT_EQ(reply.trouble, Trouble::none);
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, "made");
  EXPECT_EQ(reply.header("x-answer"), "yes");
  EXPECT_EQ(reply.header("retry-after"), "3");
  EXPECT_EQ(reply.header("none"), "");
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].method, "POST");
  EXPECT_EQ(taken[0].path, "/a/b");
  EXPECT_EQ(taken[0].query, "c=d");
  EXPECT_EQ(taken[0].body, "hello");
  const std::vector<std::pair<std::string, std::string>> headers{{"content-type", "text/plain"}, {"content-length", "5"}, {"x-a", "1"}};
  EXPECT_EQ(taken[0].headers, headers);
}

TEST_F(ClientTest, OtherMethodsAndLargeAndEmptyBodies) {
  serve();
  connect();
  const std::string large(5 << 20, 'x');
  EXPECT_EQ(exchange({.method = "PUT", .url = url("/"), .headers = {}, .body = large}).status, 200);
  EXPECT_EQ(exchange({.method = "POST", .url = url("/"), .headers = {}, .body = {}}).status, 200);
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0].method, "PUT");
  EXPECT_EQ(taken[0].body.size(), large.size());
  EXPECT_EQ(taken[1].body, "");
}

TEST_F(ClientTest, KeepsConnections) {
  ServerOptions options;
  options.connections_max = 1;
  serve(std::move(options));
  connect();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(exchange({.url = url("/"), .headers = {}, .body = "x"}).status, 200);
}

class ConnectionsTest : public ClientTest, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Schemes, ConnectionsTest, ::testing::Values("http", "https"));

TEST_P(ConnectionsTest, OpensAsManyAsAllowed) {
  ServerOptions serving;
  if (GetParam() == std::string("https")) serving.tls = server_tls(certificates);
  serve(std::move(serving));
  later = true;
  ClientOptions options;
  options.connections_max = 2;
  options.tls.ca_path = certificates.ca();
  connect(std::move(options));
  int replies = 0;
  std::vector<std::unique_ptr<Transfer>> transfers;
  for (int i = 0; i < 5; ++i) transfers.push_back(client->send({.url = url("/", GetParam()), .headers = {}, .body = "x"}, [&](Reply) { ++replies; }));
  ASSERT_TRUE(until([&] { return taken.size() == 2; }));
  while (replies < 5) {
    ASSERT_TRUE(until([&] { return !live.empty(); }));
    EXPECT_LE(live.size(), 2u);
    const int before = replies;
    live.front()->answer({});
    ASSERT_TRUE(until([&] { return replies == before + 1; }));
  }
}

TEST_F(ClientTest, ATransferThatIsGivenUpIsSilent) {
  serve();
  later = true;
  connect();
  bool called = false;
  std::unique_ptr<Transfer> transfer = client->send({.url = url("/"), .headers = {}, .body = "x"}, [&](Reply) { called = true; });
  ASSERT_TRUE(until([&] { return taken.size() == 1; }));
  transfer.reset();
  live.front()->answer({});
  ASSERT_TRUE(until([&] { return live.empty(); }));
  EXPECT_FALSE(called);
  later = false;
  EXPECT_EQ(exchange({.url = url("/"), .headers = {}, .body = "x"}).status, 200);
}

TEST_F(ClientTest, ATransferMayEndInItsOwnCallAndTheNextBegin) {
  serve();
  connect();
  int replies = 0;
  std::unique_ptr<Transfer> transfer;
  std::function<void()> next = [&] {
    transfer = client->send({.url = url("/"), .headers = {}, .body = "x"}, [&](Reply reply) {
      EXPECT_EQ(reply.status, 200);
      if (++replies < 3) next();
      else transfer.reset();
    });
  };
  next();
  EXPECT_TRUE(until([&] { return replies == 3; }));
}

TEST_F(ClientTest, ARedirectIsAnAnswer) {
  serve();
  connect();
  response = {.status = 302, .headers = {{"Location", "http://elsewhere.invalid/"}}};
  const Reply reply = exchange({.url = url("/"), .headers = {}, .body = "x"});
  EXPECT_EQ(reply.status, 302);
  EXPECT_EQ(reply.header("location"), "http://elsewhere.invalid/");
}

TEST_F(ClientTest, KeepsTheStartOfALongAnswer) {
  serve();
  connect();
  response.body = std::string(200'000, 'a');
  Reply reply = exchange({.url = url("/"), .headers = {}, .body = "x"});
  EXPECT_EQ(reply.trouble, Trouble::none);
  EXPECT_EQ(reply.body.size(), body_kept_max);
  response.body = std::string(3 << 20, 'a');
  reply = exchange({.url = url("/"), .headers = {}, .body = "x"});
  EXPECT_EQ(reply.trouble, Trouble::none) << reply.text;
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body.size(), body_kept_max);
}

TEST_F(ClientTest, KeepsAsMuchOfAnAnswerAsIsAskedFor) {
  serve();
  connect();
  response.body = std::string(2 << 20, 'a');
  Reply reply = exchange({.url = url("/"), .headers = {}, .body = "x", .answer_kept = 4 << 20});
  EXPECT_EQ(reply.body.size(), 2u << 20);
  EXPECT_FALSE(reply.body_cut);
  reply = exchange({.url = url("/"), .headers = {}, .body = "x", .answer_kept = 100'000});
  EXPECT_EQ(reply.body.size(), 100'000u);
  EXPECT_TRUE(reply.body_cut);
}

TEST_F(ClientTest, WhatMayPassIsTroubleOfTheNetwork) {
  serve();
  connect();
  const std::string refused = url("/secret?key=hidden");
  server.reset();
  const Reply reply = exchange({.url = refused, .headers = {"Authorization: Bearer hidden"}, .body = "x"});
  EXPECT_EQ(reply.trouble, Trouble::network);
  EXPECT_NE(reply.text.find("localhost"), std::string::npos) << reply.text;
  EXPECT_EQ(reply.text.find("hidden"), std::string::npos) << reply.text;
}

TEST_F(ClientTest, ATimeoutIsTroubleOfTheNetwork) {
  serve();
  later = true;
  ClientOptions options;
  options.timeout = std::chrono::milliseconds(50);
  connect(std::move(options));
  const Reply reply = exchange({.url = url("/"), .headers = {}, .body = "x"});
  EXPECT_EQ(reply.trouble, Trouble::network);
  EXPECT_NE(reply.text.find("timed out"), std::string::npos) << reply.text;
}

TEST_F(ClientTest, AnUnknownHostHasToBeMended) {
  connect();
  const Reply reply = exchange({.url = "http://nowhere.invalid/a?key=hidden", .headers = {}, .body = "x"});
  EXPECT_EQ(reply.trouble, Trouble::setup);
  EXPECT_NE(reply.text.find("nowhere.invalid"), std::string::npos) << reply.text;
  EXPECT_EQ(reply.text.find("hidden"), std::string::npos) << reply.text;
}

TEST_F(ClientTest, SpeaksNothingButHttp) {
  connect();
  EXPECT_EQ(exchange({.url = "file:///etc/passwd", .headers = {}, .body = "x"}).trouble, Trouble::setup);
  EXPECT_EQ(exchange({.url = "ftp://localhost/", .headers = {}, .body = "x"}).trouble, Trouble::setup);
}

TEST_F(ClientTest, MissingTlsFilesAreFoundBeforeAnythingIsSent) {
  ClientOptions options;
  options.tls.ca_path = "/nonexistent/ca.pem";
  Result<std::unique_ptr<Client>> opened = Client::open(std::move(options), *loop);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.status().text().find("/nonexistent/ca.pem"), std::string::npos);
}

TEST_F(ClientTest, TlsWithAKnownAuthority) {
  ServerOptions options;
  options.tls = server_tls(certificates);
  serve(std::move(options));
  with_tls({.ca_path = certificates.ca(), .cert_path = "", .key_path = ""});
  EXPECT_EQ(exchange({.url = url("/", "https"), .headers = {}, .body = "x"}).status, 200);
  const std::string large(3 << 20, 'x');
  EXPECT_EQ(exchange({.url = url("/", "https"), .headers = {}, .body = large}).status, 200);
  EXPECT_EQ(taken.back().body.size(), large.size());
}

TEST_F(ClientTest, TlsWithoutAKnownAuthorityHasToBeMended) {
  ServerOptions options;
  options.tls = server_tls(strangers);
  serve(std::move(options));
  with_tls({.ca_path = certificates.ca(), .cert_path = "", .key_path = ""});
  const Reply reply = exchange({.url = url("/", "https"), .headers = {}, .body = "x"});
  EXPECT_EQ(reply.trouble, Trouble::setup);
  EXPECT_NE(reply.text.find("certificate"), std::string::npos) << reply.text;
  with_tls({.ca_path = "", .cert_path = "", .key_path = "", .verify = false});
  EXPECT_EQ(exchange({.url = url("/", "https"), .headers = {}, .body = "x"}).status, 200);
}

TEST_F(ClientTest, ClientsShowTheirCertificates) {
  certificates.sign("client", "");
  strangers.sign("client", "");
  ServerOptions options;
  options.tls = server_tls(certificates, certificates.ca());
  serve(std::move(options));
  with_tls({.ca_path = certificates.ca(), .cert_path = certificates.path("client.pem"), .key_path = certificates.path("client.key")});
  EXPECT_EQ(exchange({.url = url("/", "https"), .headers = {}, .body = "x"}).status, 200);
  with_tls({.ca_path = certificates.ca(), .cert_path = strangers.path("client.pem"), .key_path = strangers.path("client.key")});
  EXPECT_EQ(exchange({.url = url("/", "https"), .headers = {}, .body = "x"}).status, 403);
  with_tls({.ca_path = certificates.ca(), .cert_path = "", .key_path = ""});
  EXPECT_EQ(exchange({.url = url("/", "https"), .headers = {}, .body = "x"}).status, 403);
  EXPECT_EQ(taken.size(), 1u);
}

TEST_F(ClientTest, AServersCertificateIsNoClients) {
  certificates.sign("clients", "", 3600, "clientAuth");
  certificates.sign("other", "", 3600, "serverAuth");
  ServerOptions options;
  options.tls = server_tls(certificates, certificates.ca());
  serve(std::move(options));
  with_tls({.ca_path = certificates.ca(), .cert_path = certificates.path("clients.pem"), .key_path = certificates.path("clients.key")});
  EXPECT_EQ(exchange({.url = url("/", "https"), .headers = {}, .body = "x"}).status, 200);
  with_tls({.ca_path = certificates.ca(), .cert_path = certificates.path("other.pem"), .key_path = certificates.path("other.key")});
  EXPECT_EQ(exchange({.url = url("/", "https"), .headers = {}, .body = "x"}).status, 403);
}

}  // namespace
}  // namespace penstock::http
