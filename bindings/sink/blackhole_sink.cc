#include "bindings/sink/blackhole_sink.h"

#include "bindings/sink/encoding.h"
#include "runtime/delivery/sink_counters.h"

namespace penstock {

namespace {

class BlackholeSink : public Sink {
 public:
  BlackholeSink(std::unique_ptr<Encoder> encoder, SinkCounters& counters) : encoder_(std::move(encoder)), counters_(counters) {}

  Status open() override { return {}; }
  void take(Batch& batch, std::span<const std::uint32_t> events, Ack ack) override {
    if (encoder_) {
      encoded_.clear();
      encoder_->encode(batch, events, encoded_);
    }
    counters_.events.add(events.size());
    counters_.delivered.add(events.size());
    ack.settle(Verdict::delivered);
  }
  void flush() override {}
  bool idle() const override { return true; }
  void close() override {}

 private:
  std::unique_ptr<Encoder> encoder_;  // null: nothing is encoded
  Buffer encoded_;
  SinkCounters& counters_;
};

class BlackholePlan : public SinkPlan {
 public:
  explicit BlackholePlan(std::unique_ptr<EncoderPlan> encoder) : encoder_(std::move(encoder)) {}
  std::unique_ptr<Sink> open(const SinkContext& context) override {
    return std::make_unique<BlackholeSink>(encoder_ ? encoder_->open(context.slots) : nullptr, *context.counters);
  }
  std::string describe() const override { return encoder_ ? "blackhole (encodes " + encoder_->describe() + ")" : "blackhole"; }

 private:
  std::unique_ptr<EncoderPlan> encoder_;
};

}  // namespace

Result<std::unique_ptr<SinkPlan>> make_blackhole_sink(const Value& options, const PlanContext& context) {
  std::unique_ptr<EncoderPlan> encoder;
  if (options.bool_or("encode", false)) {
    Result<std::unique_ptr<EncoderPlan>> found = find_encoder(options.string_or("format", "ndjson"), options, context);
    if (!found.ok()) return found.take_status();
    encoder = std::move(*found);
  }
  return std::unique_ptr<SinkPlan>(std::make_unique<BlackholePlan>(std::move(encoder)));
}

}  // namespace penstock
