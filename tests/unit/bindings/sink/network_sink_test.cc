#include "bindings/sink/network_sink.h"

#include <gmock/gmock.h>

#include "bindings/sink/body_codec.h"
#include "tests/unit/bindings/sink/sink_world.h"
#include "tests/unit/support/scripted_transport.h"

namespace penstock::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class NetworkSink : public ::testing::Test, public SinkWorld {
 protected:
  void open(Framing framing = lines_framing(), Compression compression = Compression::none) {
    NetworkSinkParts parts;
    parts.encoder = std::make_unique<BytesEncoderPlan>(lines_framing());
    parts.framing = std::move(framing);
    parts.compression = compression;
    parts.compression_level = levels_of(compression).standard;
    parts.delivery = delivery;
    parts.state_directory = state;
    parts.open_transport = [this](const SinkContext&) {
      auto made = std::make_unique<ScriptedTransport>(scheduler);
      made->decide = [this](const Package& package) { return decide(package); };
      transport = made.get();
      return made;
    };
    plan = make_network_sink(std::move(parts));
    ASSERT_TRUE(open_worker().ok());
  }
  void send_all() {
    flush();
    scheduler.advance(1min);
  }
  std::string decompressed(const std::string& body, Compression compression) {
    CompressedBodies bodies(compression, levels_of(compression).standard);
    Buffer plain;
    const Status status = bodies.decode(std::string(name_of(compression)), body, plain_bytes, plain);
    return status.ok() ? std::string(plain.view()) : status.text();
  }

  DeliveryOptions delivery;
  std::string state;
  std::uint64_t plain_bytes = 0;
  ScriptedTransport* transport = nullptr;
  std::function<Answer(const Package&)> decide = [this](const Package& package) {
    plain_bytes = package.plain_bytes;
    return delivered();
  };
};

TEST_F(NetworkSink, SendsWhatLingeredLongEnough) {
  delivery.linger = 100ms;
  open();
  take({"a"});
  scheduler.advance(50ms);
  take({"b"});
  scheduler.advance(49ms);
  EXPECT_TRUE(transport->sent.empty());
  scheduler.advance(2ms);
  EXPECT_THAT(transport->taken, ElementsAre("a\nb\n"));
  EXPECT_EQ(acks.delivered(), 2u);
  EXPECT_TRUE(sinks[0]->idle());
}

TEST_F(NetworkSink, ClosesPackagesAtTheirBounds) {
  delivery.batch_events = 2;
  open();
  take({"a", "b", "c", "d", "e"});
  send_all();
  EXPECT_THAT(transport->taken, ElementsAre("a\nb\n", "c\nd\n", "e\n"));
  EXPECT_EQ(acks.delivered(), 5u);
}

TEST_F(NetworkSink, NeverExceedsItsBytesButForOneEventThatIsLarger) {
  delivery.batch_bytes = 8;
  open();
  take({"aaa", "bbb", "c", "dddddddddddd", "ee", "fff", "g"});
  send_all();
  EXPECT_THAT(transport->taken, ElementsAre("aaa\nbbb\n", "c\n", "dddddddddddd\n", "ee\nfff\n", "g\n"));
  EXPECT_EQ(acks.delivered(), 7u);
}

TEST_F(NetworkSink, FramesByTheOptionsWhateverTheEncoderDoes) {
  delivery.batch_bytes = 10;
  open(array_framing());
  take({"1", "2", "3", "444", "5"});
  send_all();
  EXPECT_THAT(transport->taken, ElementsAre("[\n1,\n2,\n3\n]\n", "[\n444,\n5\n]\n"));
}

TEST_F(NetworkSink, CompressesWholeBodies) {
  for (const Compression compression : {Compression::gzip, Compression::zlib, Compression::snappy, Compression::zstd, Compression::lz4}) {
    SCOPED_TRACE(name_of(compression));
    open(array_framing(), compression);
    take({"aaaaaaaaaaaaaaaaaaaaa", "b"}, sinks.size() - 1);
    send_all();
    ASSERT_EQ(transport->taken.size(), 1u);
    EXPECT_EQ(decompressed(transport->taken[0], compression), "[\naaaaaaaaaaaaaaaaaaaaa,\nb\n]\n");
    sinks.back()->close();
  }
}

TEST_F(NetworkSink, HalvesCompressedPackages) {
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::zlib}) {
    SCOPED_TRACE(name_of(compression));
    decide = [&](const Package& package) {
      plain_bytes = package.plain_bytes;
      const std::string text = decompressed(std::string(package.body.view()), compression);
      return text.find("bad") == std::string::npos ? delivered() : refused();
    };
    open(array_framing(), compression);
    take({"1", "22", "333", "bad", "55555"}, sinks.size() - 1);
    send_all();
    std::vector<std::string> texts;
    for (const std::string& body : transport->taken) {
      CompressedBodies bodies(compression, levels_of(compression).standard);
      for (std::uint64_t size = 4; size < 40; ++size) {
        Buffer plain;
        if (bodies.decode(std::string(name_of(compression)), body, size, plain).ok()) texts.emplace_back(plain.view());
      }
    }
    EXPECT_THAT(texts, UnorderedElementsAre("[\n1,\n22\n]\n", "[\n55555\n]\n", "[\n333\n]\n"));
    EXPECT_EQ(buried, (std::vector<std::string>{"bad"}));
    buried.clear();
    sinks.back()->close();
  }
}

TEST_F(NetworkSink, EventsThatWriteNothingAreDone) {
  class NothingPlan : public EncoderPlan {
   public:
    const Framing& framing() const override { return framing_; }
    std::string describe() const override { return "nothing"; }
    std::unique_ptr<Encoder> open(SlotTable&) const override {
      struct Nothing : Encoder {
        void encode(Batch& batch, std::span<const std::uint32_t> events, Buffer& out) override {
          for (const std::uint32_t event : events)
            if (batch[event].raw() != "-") out.append(batch[event].raw());
        }
      };
      return std::make_unique<Nothing>();
    }
    Framing framing_ = array_framing();
  };
  NetworkSinkParts parts;
  parts.encoder = std::make_unique<NothingPlan>();
  parts.framing = array_framing();
  parts.open_transport = [this](const SinkContext&) {
    auto made = std::make_unique<ScriptedTransport>(scheduler);
    made->decide = [](const Package&) { return delivered(); };
    transport = made.get();
    return made;
  };
  plan = make_network_sink(std::move(parts));
  ASSERT_TRUE(open_worker().ok());
  take({"-", "a", "-", "b", "-"});
  EXPECT_EQ(acks.delivered(), 3u);
  send_all();
  EXPECT_THAT(transport->taken, ElementsAre("[\na,\nb\n]\n"));
  EXPECT_EQ(acks.delivered(), 5u);
  EXPECT_EQ(counters.delivered.get(), 5u);
}

TEST_F(NetworkSink, WhatASpoolHoldsLeavesAsItWasMade) {
  state = folder.path("state");
  delivery.disk = true;
  decide = [](const Package&) { return transient(); };
  open(lines_framing(), Compression::gzip);
  take({"a", "b"});
  flush();
  scheduler.finish_work();
  EXPECT_EQ(acks.count(Verdict::spooled), 2u);
  close();
  ASSERT_EQ(folder.names().size(), 1u);
  EXPECT_EQ(folder.names()[0].rfind("state/spool/edge/0%3Afile/", 0), 0u) << folder.names()[0];

  PackageForm form;
  decide = [&](const Package& package) {
    form = package.form;
    plain_bytes = package.plain_bytes;
    return delivered();
  };
  open(array_framing(), Compression::none);
  scheduler.finish_work();
  scheduler.advance(1min);
  ASSERT_EQ(transport->taken.size(), 1u);
  EXPECT_EQ(form.compression, "gzip");
  EXPECT_EQ(form.content_type, "application/x-ndjson");
  EXPECT_EQ(decompressed(transport->taken[0], Compression::gzip), "a\nb\n");
  EXPECT_EQ(counters.recovered.get(), 2u);
  sinks.back()->close();
}

TEST_F(NetworkSink, EventsNotSentAtTheEndAreUndelivered) {
  decide = [](const Package&) { return transient(); };
  open();
  take({"a", "b"});
  flush();
  scheduler.advance(1s);
  take({"c"});
  sinks[0]->close();
  EXPECT_EQ(acks.undelivered(), 3u);
  EXPECT_EQ(counters.undelivered.get(), 3u);
  EXPECT_EQ(counters.queued_events.get(), 0u);
}

}  // namespace
}  // namespace penstock::testing
