#include "bindings/source/connection_source.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "bindings/source/listening_source.h"
#include "tests/unit/bindings/source/loop_bench.h"
#include "tests/unit/support/certificates.h"

namespace penstock {
namespace {

using namespace penstock::testing;
using Lines = std::vector<std::string>;

// A running tcp source on a free port.
struct TcpRun {
  explicit TcpRun(ValueMap options = {}) {
    options["listen"] = address;
    plan = make_tcp_source(Value(std::move(options)), plan_context()).value();
    source = plan->open(bench);
    const Status started = source->start();
    EXPECT_TRUE(started.ok()) << started.text();
  }
  Peer connect() const { return Peer(address); }

  const std::string address = free_address();
  LoopBench bench;
  std::unique_ptr<SourcePlan> plan;
  std::unique_ptr<Source> source;
};

TEST(TcpSource, EachConnectionIsAStreamNamedAfterItsPeer) {
  TcpRun run;
  Peer one = run.connect(), two = run.connect();
  one.send("a\nb\n");
  two.send("c\n");
  ASSERT_TRUE(run.bench.until_lines(3));
  EXPECT_EQ(run.bench.taken.size(), 2u);
  EXPECT_TRUE(run.bench.taken[0]->name.starts_with("tcp:127.0.0.1:")) << run.bench.taken[0]->name;
  EXPECT_NE(run.bench.taken[0]->name, run.bench.taken[1]->name);
}

TEST(TcpSource, AConnectionsEndMakesItsLastLineWhole) {
  TcpRun run;
  Peer peer = run.connect();
  peer.send("a\nlast");
  peer.close();
  ASSERT_TRUE(run.bench.until([&] { return run.bench.ended() == 1; }));
  EXPECT_EQ(run.bench.lines(), (Lines{"a", "last"}));
  EXPECT_TRUE(run.bench.troubles.empty());
}

TEST(TcpSource, ACutConnectionTearsNoEventAndTellsWhatIsLost) {
  TcpRun run;
  Peer peer = run.connect();
  peer.send("a\ntorn");
  ASSERT_TRUE(run.bench.until_lines(1));
  peer.reset();
  ASSERT_TRUE(run.bench.until([&] { return !run.bench.troubles.empty(); }));
  EXPECT_EQ(run.bench.lines(), Lines{"a"});
  EXPECT_EQ(run.bench.lost, 4u);
  EXPECT_NE(run.bench.troubles[0].find("4 bytes of an event that had not come whole are lost"), std::string::npos) << run.bench.troubles[0];
}

TEST(TcpSource, ABlockedPipelineStopsTheReading) {
  TcpRun run;
  Peer peer = run.connect();
  peer.send("a\n");
  ASSERT_TRUE(run.bench.until_lines(1));
  run.bench.blocked = true;
  peer.send("b\n");
  run.bench.turn();
  EXPECT_EQ(run.bench.lines(), Lines{"a"});
  run.bench.blocked = false;
  run.source->resume();
  EXPECT_EQ(run.bench.lines(), (Lines{"a", "b"}));
  peer.send("c\n");
  EXPECT_TRUE(run.bench.until_lines(3)) << "read again after it was resumed";
}

TEST(TcpSource, AConnectionThatEndsWhileBlockedIsReadToItsEndLater) {
  TcpRun run;
  Peer peer = run.connect();
  ASSERT_TRUE(run.bench.until([&] { return run.bench.taken.size() == 1; }));
  run.bench.blocked = true;
  peer.send("a\nlast");
  peer.close();
  run.bench.turn();
  EXPECT_TRUE(run.bench.lines().empty());
  run.bench.blocked = false;
  run.source->resume();
  ASSERT_TRUE(run.bench.until([&] { return run.bench.ended() == 1; }));
  EXPECT_EQ(run.bench.lines(), (Lines{"a", "last"}));
}

TEST(TcpSource, ConnectionsBeyondTheBoundAreClosedAndOthersStay) {
  TcpRun run({{"connections_max", 2}});
  Peer one = run.connect(), two = run.connect(), three = run.connect();
  ASSERT_TRUE(run.bench.until([&] { return run.bench.taken.size() == 2; }));
  run.bench.turn();
  EXPECT_TRUE(three.sees_end());
  one.close();
  ASSERT_TRUE(run.bench.until([&] { return run.bench.ended() == 1; }));
  Peer four = run.connect();
  four.send("d\n");
  EXPECT_TRUE(run.bench.until_lines(1)) << "one that ended leaves its place to another";
  two.send("b\n");
  EXPECT_TRUE(run.bench.until_lines(2));
}

TEST(TcpSource, WithoutDescriptorsItWaitsUntilAConnectionEnds) {
  TcpRun run;
  Peer first = run.connect();
  ASSERT_TRUE(run.bench.until([&] { return run.bench.taken.size() == 1; }));
  Peer second = run.connect();
  // The sanitizer looks at a type it has not seen yet through a pipe of its own: it must have seen the timer's before.
  run.bench.loop->after(std::chrono::milliseconds(0), [] {}).reset();
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 3;
  setrlimit(RLIMIT_NOFILE, &none);
  run.bench.turn();
  EXPECT_EQ(run.bench.taken.size(), 1u);
  setrlimit(RLIMIT_NOFILE, &before);
  run.bench.turn();
  EXPECT_EQ(run.bench.taken.size(), 1u) << "it asks again at once: it would spin";
  first.close();
  EXPECT_TRUE(run.bench.until([&] { return run.bench.taken.size() == 2; }));
}

TEST(TcpSource, AnIdleConnectionIsClosed) {
  TcpRun run({{"idle_timeout_ms", 200}});
  Peer peer = run.connect();
  peer.send("a\n");
  ASSERT_TRUE(run.bench.until_lines(1));
  ASSERT_TRUE(run.bench.until([&] {
    char byte = 0;
    return ::recv(peer.fd(), &byte, 1, MSG_DONTWAIT) == 0;
  }));
}

TEST(TcpSource, AtTheEndItTakesWhatTheKernelHas) {
  TcpRun run;
  Peer known = run.connect();
  ASSERT_TRUE(run.bench.until([&] { return run.bench.taken.size() == 1; }));
  known.send("a\n");
  Peer waiting = run.connect();
  waiting.send("b\nhalf");
  run.source->stop();
  EXPECT_EQ(run.bench.lines().size(), 2u) << "of the connection that nobody had accepted too";
  EXPECT_EQ(run.bench.lost, 4u) << "half an event is told, not made whole";
  EXPECT_TRUE(waiting.sees_end());
}

TEST(TcpSource, WhatIsBlockedAtTheEndIsReadWhenItCan) {
  TcpRun run;
  Peer peer = run.connect();
  ASSERT_TRUE(run.bench.until([&] { return run.bench.taken.size() == 1; }));
  run.bench.blocked = true;
  peer.send("a\n");
  run.source->stop();
  EXPECT_TRUE(run.bench.lines().empty());
  run.bench.blocked = false;
  run.source->resume();
  EXPECT_EQ(run.bench.lines(), Lines{"a"});
}

TEST(TcpSource, WhatNobodyReadsAtTheEndIsTold) {
  TcpRun run;
  Peer peer = run.connect();
  ASSERT_TRUE(run.bench.until([&] { return run.bench.taken.size() == 1; }));
  run.bench.blocked = true;
  peer.send("12345\n");
  run.source->stop();
  run.source.reset();
  EXPECT_EQ(run.bench.lost, 6u);
  ASSERT_EQ(run.bench.troubles.size(), 1u);
}

TEST(TcpSource, NamesAreNoAddressesToListenOn) {
  const struct {
    const char* listen;
    const char* says;
  } cases[] = {{"example.com:1", "is no IP address"}, {"nonsense", "is no address"}, {"unix:/tmp/x", "p.source.unix"}};
  for (const auto& c : cases) {
    const auto made = make_tcp_source(Value(ValueMap{{"listen", c.listen}}), plan_context());
    ASSERT_FALSE(made.ok());
    EXPECT_NE(made.status().text().find(c.says), std::string::npos) << made.status().text();
  }
}

TEST(TcpSource, SpeaksTls) {
  Certificates certificates;
  certificates.sign("server", "IP:127.0.0.1");
  TcpRun run({{"tls", ValueMap{{"cert", certificates.path("server.pem")}, {"key", certificates.path("server.key")}}}});
  net::TlsClientOptions options;
  options.ca = certificates.ca();
  const auto client = net::TlsClient::open(options).value();
  net::Descriptor socket = run.connect().release();
  ASSERT_EQ(::fcntl(socket.get(), F_SETFL, O_NONBLOCK), 0);
  const auto channel = client->channel(std::move(socket), "127.0.0.1");
  const std::string text = std::string(40'000, 'x') + "\nsecond\nlast";
  std::size_t sent = 0;
  ASSERT_TRUE(run.bench.until([&] {
    const net::Transfer transfer = channel->write(ByteView(text).substr(sent));
    sent += transfer.bytes;
    return sent == text.size() || transfer.kind == net::Transfer::Kind::failed;
  }));
  EXPECT_TRUE(channel->failure().ok()) << channel->failure().text();
  channel->finish_writing();
  ASSERT_TRUE(run.bench.until([&] { return run.bench.ended() == 1; }));
  EXPECT_EQ(run.bench.lines(), (Lines{std::string(40'000, 'x'), "second", "last"}));
}

}  // namespace
}  // namespace penstock
