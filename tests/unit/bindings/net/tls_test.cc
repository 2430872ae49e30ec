#include "bindings/net/tls.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "tests/unit/support/certificates.h"

namespace penstock::net {
namespace {

const testing::Certificates& certificates() {
  static const testing::Certificates* const made = [] {
    ::signal(SIGPIPE, SIG_IGN);  // as main does
    auto* const out = new testing::Certificates;
    out->sign("server", "DNS:logs.example.com,IP:127.0.0.1");
    out->sign("client", "");
    out->sign("expired", "DNS:logs.example.com", -3600);
    return out;
  }();
  return *made;
}

std::string file(const std::string& name) { return certificates().path(name); }

TlsServerOptions server_options(const std::string& name = "server") { return {{file(name + ".pem"), Value(file(name + ".key"))}, ""}; }

TlsClientOptions client_options() {
  TlsClientOptions options;
  options.ca = certificates().ca();
  return options;
}

// A client and a server, each at its end of a pair of sockets.
struct Pair {
  Pair(const TlsServerOptions& server, const TlsClientOptions& client, const std::string& host = "logs.example.com")
      : server_context(must(TlsServer::open(server))), client_context(must(TlsClient::open(client))) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    server_end = server_context->channel(Descriptor(ends[0]));
    client_end = client_context->channel(Descriptor(ends[1]), host);
    // TLS 1.3's client is through before the server has looked at its certificate: then a read of it tells.
    for (int i = 0; i < 20; ++i) {
      sent = client_end->write("hello");
      if (!sent.waits()) break;
      received = server_end->read(room);
    }
    for (int i = 0; i < 20; ++i) {
      received = server_end->read(room);
      if (!received.waits()) break;
    }
  }
  template <class T>
  static std::unique_ptr<T> must(Result<std::unique_ptr<T>> made) {
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.status().text());
    return std::move(made).value();
  }
  bool talks() { return received.kind == Transfer::Kind::done && std::string(room, received.bytes) == "hello"; }

  std::unique_ptr<TlsServer> server_context;
  std::unique_ptr<TlsClient> client_context;
  std::unique_ptr<Channel> server_end, client_end;
  Transfer sent, received;
  char room[64];
};

TEST(Tls, BytesGoThroughAndTheEndIsInOrder) {
  Pair pair(server_options(), client_options());
  ASSERT_TRUE(pair.talks()) << pair.client_end->failure().text() << pair.server_end->failure().text();
  EXPECT_TRUE(pair.client_end->finish_writing());
  EXPECT_EQ(pair.server_end->read(pair.room).kind, Transfer::Kind::ended);
}

TEST(Tls, AnEndWithoutAWordIsACut) {
  Pair pair(server_options(), client_options());
  ASSERT_TRUE(pair.talks());
  EXPECT_TRUE(pair.client_end->read(pair.room).waits()) << "takes the server's session tickets: with these unread the socket would be reset";
  pair.client_end.reset();
  EXPECT_EQ(pair.server_end->read(pair.room).kind, Transfer::Kind::failed);
  EXPECT_EQ(pair.server_end->failure().text(), "TLS: the connection was cut");
}

TEST(Tls, BytesBeyondTheRoomAreHeld) {
  Pair pair(server_options(), client_options());
  ASSERT_TRUE(pair.talks());
  ASSERT_EQ(pair.client_end->write("0123456789").kind, Transfer::Kind::done);
  EXPECT_EQ(pair.server_end->read(std::span(pair.room).first(4)).bytes, 4u);
  EXPECT_TRUE(pair.server_end->holds_bytes());
  EXPECT_EQ(pair.server_end->read(pair.room).bytes, 6u);
  EXPECT_FALSE(pair.server_end->holds_bytes());
}

TEST(TlsClient, TrustsNoCertificateThatIsNotForTheHost) {
  Pair pair(server_options(), client_options(), "other.example.com");
  EXPECT_EQ(pair.sent.kind, Transfer::Kind::failed);
  EXPECT_EQ(pair.client_end->failure().code(), Code::denied);
  EXPECT_EQ(pair.client_end->failure().text(), "TLS: the peer's certificate is not to be trusted: hostname mismatch");
}

TEST(TlsClient, TrustsAnAddressThatTheCertificateHas) {
  EXPECT_TRUE(Pair(server_options(), client_options(), "127.0.0.1").talks());
  EXPECT_FALSE(Pair(server_options(), client_options(), "127.0.0.2").talks());
}

TEST(TlsClient, LooksForTheServerNameInsteadOfTheHost) {
  TlsClientOptions options = client_options();
  options.server_name = "logs.example.com";
  EXPECT_TRUE(Pair(server_options(), options, "127.0.0.9").talks());
}

TEST(TlsClient, TrustsNeitherAStrangersCertificateNorAnOldOne) {
  Pair strangers(server_options(), TlsClientOptions{});
  EXPECT_EQ(strangers.client_end->failure().code(), Code::denied) << strangers.client_end->failure().text();
  Pair old(server_options("expired"), client_options());
  EXPECT_EQ(old.client_end->failure().text(), "TLS: the peer's certificate is not to be trusted: certificate has expired");
}

TEST(TlsClient, WithoutVerifyNameTakesAnyNameAndNothingElse) {
  TlsClientOptions options = client_options();
  options.verify_name = false;
  EXPECT_TRUE(Pair(server_options(), options, "other.example.com").talks());
  EXPECT_TRUE(Pair(server_options(), options, "127.0.0.2").talks());
  EXPECT_FALSE(Pair(server_options("expired"), options).talks());
}

TEST(TlsClient, WithoutVerifyTakesAny) {
  TlsClientOptions options;
  options.verify = false;
  EXPECT_TRUE(Pair(server_options("expired"), options, "other").talks());
}

TEST(TlsServer, WithClientCaWantsACertificateOfTheirs) {
  TlsServerOptions server = server_options();
  server.client_ca = certificates().ca();
  Pair without(server, client_options());
  EXPECT_EQ(without.received.kind, Transfer::Kind::failed);
  EXPECT_NE(without.server_end->failure().text().find("did not return a certificate"), std::string::npos) << without.server_end->failure().text();
  TlsClientOptions client = client_options();
  client.identity = {file("client.pem"), Value(file("client.key"))};
  EXPECT_TRUE(Pair(server, client).talks());
}

TEST(TlsClient, ARefusalAfterTheHandshakeIsForPeopleToMend) {
  TlsServerOptions server = server_options();
  server.client_ca = certificates().ca();
  Pair pair(server, client_options());
  ASSERT_EQ(pair.sent.kind, Transfer::Kind::done) << "TLS 1.3's client is through";
  EXPECT_FALSE(pair.client_end->is_accepted());
  EXPECT_EQ(pair.client_end->read(pair.room).kind, Transfer::Kind::failed);
  EXPECT_EQ(pair.client_end->failure().code(), Code::denied) << pair.client_end->failure().text();
}

TEST(TlsClient, IsAcceptedWhenTheServerSpeaksAfterItsLookAtTheCertificate) {
  TlsServerOptions server = server_options();
  server.client_ca = certificates().ca();
  TlsClientOptions client = client_options();
  client.identity = {file("client.pem"), Value(file("client.key"))};
  Pair pair(server, client);
  ASSERT_TRUE(pair.talks());
  EXPECT_FALSE(pair.client_end->is_accepted());
  EXPECT_TRUE(pair.client_end->read(pair.room).waits()) << "takes the session tickets";
  EXPECT_TRUE(pair.client_end->is_accepted());
  EXPECT_TRUE(Pair(server_options(), client).client_end->is_accepted()) << "nobody has asked for it";
}

TEST(TlsServer, AKeyMayBeASecret) {
  std::ifstream key(file("server.key"));
  TlsServerOptions options = server_options();
  options.identity.key = Value(Secret(std::string(std::istreambuf_iterator<char>(key), {})));
  EXPECT_TRUE(Pair(options, client_options()).talks());
}

TEST(TlsServer, AnEncryptedKeyWantsItsWord) {
  TlsServerOptions options = server_options();
  options.identity.key = Value(file("server.encrypted.key"));
  for (const char* word : {"word", "another", ""}) {
    options.identity.key_password = Secret(word);
    EXPECT_EQ(TlsServer::open(options).ok(), std::string(word) == "word") << word;
  }
}

TEST(TlsServer, WhatSpeaksNoTlsFailsTheHandshake) {
  const auto server = Pair::must(TlsServer::open(server_options()));
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  const Descriptor peer(ends[1]);
  const auto channel = server->channel(Descriptor(ends[0]));
  ASSERT_EQ(::send(peer.get(), "<34>1 - - - - -\n", 16, 0), 16);
  char room[64];
  EXPECT_EQ(channel->read(room).kind, Transfer::Kind::failed);
  EXPECT_FALSE(channel->is_ready());
  EXPECT_EQ(channel->read(room).kind, Transfer::Kind::failed) << "and again";
}

TEST(TlsFiles, MistakesNameTheOptionTheFileAndTheReason) {
  std::ofstream(file("empty.pem")).flush();
  const Identity good = server_options().identity;
  const struct {
    TlsServerOptions options;
    const char* says;
  } cases[] = {
      {{{file("none.pem"), good.key}, ""}, "none.pem: No such file or directory"},
      {{{file("empty.pem"), good.key}, ""}, "option 'tls.cert': "},
      {{{good.certificate, Value(file("none.key"))}, ""}, "none.key: No such file or directory"},
      {{{good.certificate, Value(Secret("not a key"))}, ""}, "option 'tls.key' (a secret): no key in PEM"},
      {{{good.certificate, Value(file("server.encrypted.key"))}, ""}, "option 'tls.key': "},
      {{{good.certificate, Value(file("client.key"))}, ""}, "mismatch"},
      {{{good.certificate, Value()}, ""}, "option 'tls.key' is missing"},
      {{good, file("none.ca")}, "option 'tls.client_ca': "},
  };
  for (const auto& c : cases) {
    const auto opened = TlsServer::open(c.options);
    ASSERT_FALSE(opened.ok()) << c.says;
    EXPECT_NE(opened.status().text().find(c.says), std::string::npos) << opened.status().text();
    EXPECT_EQ(opened.status().text().find("not a key"), std::string::npos) << "a secret is never shown";
    EXPECT_EQ(check_files(c.options).text(), opened.status().text());
    EXPECT_EQ(check_files(c.options).code(), Code::invalid);
  }
  EXPECT_TRUE(check_files(server_options()).ok());
}

TEST(TlsFiles, OfAClientAreLookedAtAsFarAsTheyAreGiven) {
  std::ofstream(file("garbled.pem")) << "-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n";
  const Identity client{file("client.pem"), Value(file("client.key"))};
  const struct {
    TlsClientOptions options;
    std::string says;
  } cases[] = {
      {{true, "", {}, ""}, ""},
      {{true, certificates().ca(), client, ""}, ""},
      {{true, file("none.pem"), {}, ""}, "option 'tls.ca': " + file("none.pem") + ": No such file or directory"},
      {{false, file("garbled.pem"), {}, ""}, "option 'tls.ca': " + file("garbled.pem")},
      {{true, "", {file("garbled.pem"), client.key}, ""}, "option 'tls.cert': " + file("garbled.pem")},
      {{true, "", {client.certificate, Value(file("server.key"))}, ""}, "option 'tls.key': " + file("server.key") + ": key values mismatch"},
  };
  for (const auto& c : cases) {
    const Status found = check_files(c.options);
    EXPECT_EQ(found.ok(), c.says.empty()) << c.says;
    EXPECT_EQ(found.text().find(c.says), 0u) << found.text();
  }
}

TEST(TlsFiles, AuthoritiesByThemselvesHaveTheirOwnName) {
  EXPECT_TRUE(check_authorities("credentials.sts_ca", "").ok());
  EXPECT_TRUE(check_authorities("credentials.sts_ca", certificates().ca()).ok());
  EXPECT_EQ(check_authorities("credentials.sts_ca", "/none").text(), "option 'credentials.sts_ca': /none: No such file or directory");
}

}  // namespace
}  // namespace penstock::net
