#include "bindings/source/datagram_source.h"

#include "bindings/source/listening_source.h"
#include "tests/unit/bindings/source/loop_bench.h"
#include "tests/unit/support/certificates.h"

namespace penstock {
namespace {

using namespace penstock::testing;
using Lines = std::vector<std::string>;
using Maker = Result<std::unique_ptr<SourcePlan>> (*)(const Value&, const PlanContext&);

struct Listener {
  Listener(Maker make, ValueMap options) {
    plan = make(Value(std::move(options)), plan_context()).value();
    source = plan->open(bench);
    const Status started = source->start();
    EXPECT_TRUE(started.ok()) << started.text();
  }
  LoopBench bench;
  std::unique_ptr<SourcePlan> plan;
  std::unique_ptr<Source> source;
};

struct UdpRun : Listener {
  explicit UdpRun(std::string at = free_address(SOCK_DGRAM)) : Listener(make_udp_source, {{"listen", at}}), address(std::move(at)) {}
  Peer sender() const { return Peer(address, SOCK_DGRAM); }
  std::string address;
};

TEST(UdpSource, EachDatagramIsWholeLines) {
  UdpRun run;
  Peer peer = run.sender();
  for (const char* datagram : {"one", "two\n", "three\nfour", ""}) peer.send(datagram);
  peer.send("last");
  ASSERT_TRUE(run.bench.until_lines(5));
  EXPECT_EQ(run.bench.lines(), (Lines{"one", "two", "three", "four", "last"}));
  EXPECT_EQ(run.bench.taken.size(), 1u) << "one stream for all senders of a socket";
}

TEST(UdpSource, ManyDatagramsComeTogetherAndInOrder) {
  UdpRun run;
  Peer peer = run.sender();
  Lines sent;
  for (int i = 0; i < 200; ++i) {
    sent.push_back(std::to_string(i));
    peer.send(sent.back());
  }
  ASSERT_TRUE(run.bench.until_lines(200));
  EXPECT_EQ(run.bench.lines(), sent);
}

TEST(UdpSource, ADatagramMayBeAsLargeAsTheyGet) {
  UdpRun run;
  Peer peer = run.sender();
  const std::string large(65'507, 'x');
  peer.send(large);
  peer.send("next");
  ASSERT_TRUE(run.bench.until_lines(2));
  EXPECT_EQ(run.bench.lines(), (Lines{large, "next"}));
}

TEST(UdpSource, WhatComesWhileBlockedWaitsInTheKernel) {
  UdpRun run;
  Peer peer = run.sender();
  run.bench.blocked = true;
  peer.send("a");
  peer.send("b");
  run.bench.turn();
  EXPECT_TRUE(run.bench.lines().empty());
  run.bench.blocked = false;
  run.source->resume();
  EXPECT_EQ(run.bench.lines(), (Lines{"a", "b"}));
}

TEST(UdpSource, WhatTheKernelDropsIsTold) {
  const std::string address = free_address(SOCK_DGRAM);
  Listener run(make_udp_source, {{"listen", address}, {"receive_buffer_bytes", 4096}});
  Peer peer(address, SOCK_DGRAM);
  for (int i = 0; i < 100; ++i) peer.send(std::string(1000, 'x'));
  ASSERT_TRUE(run.bench.until_lines(1));
  run.source->stop();
  ASSERT_FALSE(run.bench.troubles.empty());
  EXPECT_NE(run.bench.troubles[0].find("the kernel dropped "), std::string::npos) << run.bench.troubles[0];
}

TEST(UdpSource, AtTheEndItTakesWhatTheKernelHas) {
  UdpRun run;
  Peer peer = run.sender();
  peer.send("a");
  peer.send("b");
  run.source->stop();
  EXPECT_EQ(run.bench.lines(), (Lines{"a", "b"}));
  EXPECT_EQ(run.bench.ended(), 1u);
}

TEST(UdpSource, WhatNobodyReadsAtTheEndIsTold) {
  UdpRun run;
  Peer peer = run.sender();
  run.bench.blocked = true;
  peer.send("abc");
  run.source->stop();
  run.source.reset();
  EXPECT_EQ(run.bench.lost, 3u);
}

TEST(UnixSource, TakesDatagramsAndConnections) {
  const TemporaryDirectory dir;
  const std::string path = dir / "s";
  {
    Listener run(make_unix_source, {{"path", path}, {"type", "datagram"}});
    Peer peer("unix:" + path, SOCK_DGRAM);
    peer.send("a\nb");
    ASSERT_TRUE(run.bench.until_lines(2));
  }
  Listener run(make_unix_source, {{"path", path}, {"type", "stream"}});
  Peer peer("unix:" + path);
  peer.send("a\nb");
  peer.close();
  ASSERT_TRUE(run.bench.until_lines(2));
}

TEST(SyslogSource, AMessageIsADatagramWhateverItHolds) {
  const std::string address = free_address(SOCK_DGRAM);
  Listener run(make_syslog_source, {{"listen", address}, {"transport", "udp"}});
  Peer peer(address, SOCK_DGRAM);
  peer.send("<1>two\nlines");
  ASSERT_TRUE(run.bench.until([&] { return !run.bench.taken[0]->bytes.empty(); }));
  EXPECT_EQ(run.bench.taken[0]->bytes, "12 <1>two\nlines") << "as its format wants it";
  EXPECT_EQ(run.bench.taken[0]->format, "syslog_datagrams");
}

TEST(SyslogSource, EachAddressServesTheTransportsItCan) {
  const Certificates certificates;
  certificates.sign("server", "");
  const ValueMap tls{{"cert", certificates.path("server.pem")}, {"key", certificates.path("server.key")}, {"client_ca", certificates.ca()}};
  const struct {
    ValueMap options;
    const char* describes;
  } cases[] = {
      {{{"listen", "127.0.0.1:5"}}, "syslog 127.0.0.1:5/tcp"},
      {{{"listen", "127.0.0.1:5"}, {"transport", ValueList{"udp", "tcp"}}}, "syslog 127.0.0.1:5/tcp 127.0.0.1:5/udp"},
      {{{"listen", ValueList{"127.0.0.1:5", "unix:/dev/log"}}, {"transport", "udp"}}, "syslog 127.0.0.1:5/udp unix:/dev/log"},
      {{{"listen", "127.0.0.1:5"}, {"tls", tls}}, "syslog 127.0.0.1:5/tcp mTLS"},
  };
  for (const auto& c : cases) EXPECT_EQ(make_syslog_source(Value(c.options), plan_context()).value()->describe(), c.describes);
  EXPECT_FALSE(make_syslog_source(Value(ValueMap{{"listen", ":5"}, {"transport", "udp"}, {"tls", ValueMap{}}}), plan_context()).ok());
}

}  // namespace
}  // namespace penstock
