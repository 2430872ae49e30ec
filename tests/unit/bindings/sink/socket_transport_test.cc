#include "bindings/sink/socket_transport.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <deque>

#include "bindings/net/acceptor.h"
#include "runtime/loop/loop.h"
#include "tests/unit/support/certificates.h"

namespace penstock {
namespace {

using testing::Certificates;

// A transport on a real loop, and a receiver that the test plays by hand.
class SocketTransport : public ::testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);  // as main does
    options.address = {"127.0.0.1", 0, ""};
  }

  void listen(net::SocketKind kind = net::SocketKind::stream) {
    net::ListenOptions at;
    at.address = options.address;
    at.kind = kind;
    listening = std::make_unique<net::Listening>(at);
    socket = listening->open({"test", 0}, 0).value();
    options.address.port = socket.address().port();
  }
  void open(bool datagrams = false) {
    transport = datagrams ? make_datagram_transport(options, *loop) : make_stream_transport(options, *loop);
    ASSERT_TRUE(transport->open().ok());
  }
  void send(std::string body) {
    package.body.clear();
    package.body.append(body);
    package.entry_bytes = {static_cast<std::uint32_t>(body.size())};
    answer.reset();
    request = transport->send(package, [this](Answer given) { answer = std::move(given); });
    EXPECT_FALSE(answer) << "never from inside send()";
  }
  // The next connection, waiting for it.
  net::Descriptor accept() {
    net::Descriptor out;
    EXPECT_TRUE(until([&] {
      out.reset(::accept4(socket.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      return static_cast<bool>(out);
    }));
    return out;
  }
  // Reads until that many bytes have come.
  std::string read(int fd, std::size_t size) {
    std::string out;
    char bytes[65536];
    EXPECT_TRUE(until([&] {
      const ssize_t got = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
      if (got > 0) out.append(bytes, static_cast<std::size_t>(got));
      return out.size() >= size;
    })) << out.size() << " bytes of " << size;
    return out;
  }
  template <class Done>
  bool until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop->run_ready();
    }
    return true;
  }
  Answer answered() {
    EXPECT_TRUE(until([&] { return answer.has_value(); }));
    return answer.value_or(Answer{});
  }

  std::unique_ptr<Loop> loop = Loop::open().value();
  SocketOptions options;
  std::unique_ptr<net::Listening> listening;
  net::ListeningSocket socket;
  std::unique_ptr<Transport> transport;
  Package package;
  std::optional<Answer> answer;
  std::unique_ptr<Transport::Request> request;
};

TEST_F(SocketTransport, PackagesFollowOneAnotherOnOneConnection) {
  listen();
  open();
  send("one\n");
  const net::Descriptor peer = accept();
  EXPECT_EQ(answered().outcome, Outcome::delivered);
  send("two\n");
  EXPECT_EQ(answered().outcome, Outcome::delivered);
  EXPECT_EQ(read(peer.get(), 8), "one\ntwo\n");
}

TEST_F(SocketTransport, APackageLargerThanTheKernelsBuffersWaitsForTheReceiver) {
  listen();
  open();
  const std::string large(16 * 1024 * 1024, 'x');
  send(large);
  const net::Descriptor peer = accept();
  for (int i = 0; i < 100; ++i) loop->run_ready();
  EXPECT_FALSE(answer) << "nobody has read it";
  EXPECT_EQ(read(peer.get(), large.size()).size(), large.size());
  EXPECT_EQ(answered().outcome, Outcome::delivered);
}

TEST_F(SocketTransport, ACutConnectionIsTransientAndTheNextTryConnectsAgain) {
  listen();
  open();
  send(std::string(16 * 1024 * 1024, 'x'));
  accept().reset();  // with bytes unread: the sender sees a reset
  EXPECT_EQ(answered().outcome, Outcome::transient);
  EXPECT_NE(answer->text.find("127.0.0.1:"), std::string::npos) << answer->text;
  send("again\n");
  const net::Descriptor peer = accept();
  EXPECT_EQ(read(peer.get(), 6), "again\n");
  EXPECT_EQ(answered().outcome, Outcome::delivered);
}

TEST_F(SocketTransport, AConnectionThatTheReceiverClosedMeanwhileIsNotUsedAgain) {
  listen();
  open();
  send("one\n");
  net::Descriptor first = accept();
  EXPECT_EQ(answered().outcome, Outcome::delivered);
  EXPECT_EQ(read(first.get(), 4), "one\n");
  first.reset();
  send("two\n");
  const net::Descriptor second = accept();
  EXPECT_EQ(read(second.get(), 4), "two\n");
  EXPECT_EQ(answered().outcome, Outcome::delivered);
}

TEST_F(SocketTransport, NobodyThereIsTransient) {
  listen();
  socket = net::ListeningSocket();
  open();
  send("x");
  EXPECT_EQ(answered().outcome, Outcome::transient);
  EXPECT_NE(answer->text.find("Connection refused"), std::string::npos) << answer->text;
}

TEST_F(SocketTransport, AnUnknownHostIsForSomebodyToMend) {
  options.address = {"no-such-host.invalid", 514, ""};
  open();
  send("x");
  const Answer told = answered();
  // Without a name server nobody can tell that there is no such host.
  EXPECT_NE(told.outcome, Outcome::delivered);
  EXPECT_NE(told.text.find("cannot look up \"no-such-host.invalid\""), std::string::npos) << told.text;
}

TEST_F(SocketTransport, AReceiverThatTakesNothingRunsOutOfTime) {
  options.timeout = std::chrono::milliseconds(100);
  listen();
  open();
  send(std::string(16 * 1024 * 1024, 'x'));
  const net::Descriptor peer = accept();
  EXPECT_EQ(answered().outcome, Outcome::transient);
  EXPECT_NE(answer->text.find("took nothing"), std::string::npos) << answer->text;
}

TEST_F(SocketTransport, ARequestThatIsGivenUpIsNotAnswered) {
  listen();
  open();
  send("x");
  request.reset();
  for (int i = 0; i < 10; ++i) loop->run_ready();
  EXPECT_FALSE(answer);
}

TEST_F(SocketTransport, ACertificateNotToBeTrustedIsForSomebodyToMend) {
  Certificates certificates;
  certificates.sign("server", "DNS:elsewhere.example.com");
  listen();
  options.tls.emplace();
  options.tls->ca = certificates.ca();
  open();
  send("x");
  const auto server = net::TlsServer::open({{certificates.path("server.pem"), Value(certificates.path("server.key"))}, ""}).value();
  const auto peer = server->channel(accept());
  char bytes[16];
  EXPECT_TRUE(until([&] { return answer || !peer->read(bytes).waits(); }));
  EXPECT_EQ(answered().outcome, Outcome::configuration);
  EXPECT_NE(answer->text.find("not to be trusted"), std::string::npos) << answer->text;
}

TEST_F(SocketTransport, WhatAServerThatRefusesOurCertificateThrowsAwayIsNotDelivered) {
  Certificates certificates;
  certificates.sign("server", "IP:127.0.0.1");
  listen();
  options.tls.emplace();
  options.tls->ca = certificates.ca();
  open();
  send("x");
  net::TlsServerOptions refusing{{certificates.path("server.pem"), Value(certificates.path("server.key"))}, certificates.ca()};
  const auto server = net::TlsServer::open(refusing).value();
  net::Descriptor accepted = accept();
  // The sender's side of the handshake is done, its package acknowledged by the kernel, before the server looks at the certificate.
  const auto peer = server->channel(std::move(accepted));
  char bytes[16];
  EXPECT_TRUE(peer->read(bytes).waits());
  const auto looks = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  EXPECT_TRUE(until([&] { return std::chrono::steady_clock::now() > looks; }));
  EXPECT_FALSE(answer) << "nothing says yet that it is welcome";
  EXPECT_EQ(peer->read(bytes).kind, net::Transfer::Kind::failed);
  EXPECT_EQ(answered().outcome, Outcome::configuration);
  EXPECT_NE(answer->text.find("refuses us"), std::string::npos) << answer->text;
}

TEST_F(SocketTransport, ARefusalOfAnIdleConnectionIsTheNextAnswer) {
  Certificates certificates;
  certificates.sign("server", "IP:127.0.0.1");
  listen();
  options.tls.emplace();
  options.tls->ca = certificates.ca();
  open();
  send("x");
  net::TlsServerOptions refusing{{certificates.path("server.pem"), Value(certificates.path("server.key"))}, certificates.ca()};
  const auto server = net::TlsServer::open(refusing).value();
  const auto peer = server->channel(accept());
  char bytes[16];
  EXPECT_TRUE(peer->read(bytes).waits());
  EXPECT_EQ(answered().outcome, Outcome::delivered) << "a server as slow as this cannot be told from one that sends no tickets";
  EXPECT_EQ(peer->read(bytes).kind, net::Transfer::Kind::failed);
  send("y");
  EXPECT_EQ(answered().outcome, Outcome::configuration);
}

TEST_F(SocketTransport, TlsCarriesPackages) {
  Certificates certificates;
  certificates.sign("server", "IP:127.0.0.1");
  listen();
  options.tls.emplace();
  options.tls->ca = certificates.ca();
  open();
  send("hello");
  const auto server = net::TlsServer::open({{certificates.path("server.pem"), Value(certificates.path("server.key"))}, ""}).value();
  const auto peer = server->channel(accept());
  char bytes[16];
  net::Transfer transfer;
  EXPECT_TRUE(until([&] { return !(transfer = peer->read(bytes)).waits(); }));
  EXPECT_EQ(std::string(bytes, transfer.bytes), "hello");
  EXPECT_EQ(answered().outcome, Outcome::delivered);
}

TEST_F(SocketTransport, EachEntryIsADatagram) {
  listen(net::SocketKind::datagram);
  open(true);
  package.body.append("onetwo");
  package.entry_bytes = {3, 3};
  request = transport->send(package, [this](Answer given) { answer = std::move(given); });
  EXPECT_EQ(answered().outcome, Outcome::delivered);
  char bytes[16];
  EXPECT_EQ(::recv(socket.fd(), bytes, sizeof bytes, 0), 3);
  EXPECT_EQ(std::string(bytes, 3), "one");
  EXPECT_EQ(::recv(socket.fd(), bytes, sizeof bytes, 0), 3);
}

TEST_F(SocketTransport, WhatNoDatagramHoldsIsNeverDelivered) {
  listen(net::SocketKind::datagram);
  open(true);
  send(std::string(70'000, 'x'));
  EXPECT_EQ(answered().outcome, Outcome::data);
}

TEST(SocketOptions, MistakesAreNamed) {
  for (const char* address : {"", "host", "host:0", "unix:"}) {
    const auto made = SocketOptions::from(Value(ValueMap{{"address", address}}));
    ASSERT_FALSE(made.ok()) << address;
    EXPECT_NE(made.status().text().find("option 'address'"), std::string::npos);
  }
  EXPECT_FALSE(SocketOptions::from(Value(ValueMap{{"address", "h:1"}, {"tls", ValueMap{{"cert", "c"}}}})).ok());
  EXPECT_TRUE(SocketOptions::from(Value(ValueMap{{"address", "h:1"}, {"tls", ValueMap{}}})).ok());
}

}  // namespace
}  // namespace penstock
