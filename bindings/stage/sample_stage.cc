#include "bindings/stage/sample_stage.h"

#include <xxhash.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <random>

#include "bindings/stage/live_events.h"
#include "bindings/stage/stage_paths.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

struct SampleOptions {
  double rate = 1;
  std::optional<Path> key;
  std::optional<std::uint64_t> seed;
  std::optional<Path> add_rate;
};

// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): one addition and two
// multiplications a number, and any seed is as good as another.
class RandomNumbers {
 public:
  explicit RandomNumbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

 private:
  std::uint64_t state_;
};

std::uint64_t worker_seed(const std::optional<std::uint64_t>& seed, int worker) {
  if (!seed) {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }
  // A worker's stream starts far from its neighbours': at the worker's own number of a generator.
  RandomNumbers starts(*seed);
  std::uint64_t start = starts.next();
  for (int i = 0; i < worker; ++i) start = starts.next();
  return start;
}

std::string number_text(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return std::string(text, end);
}

class SampleStage final : public Stage {
 public:
  SampleStage(const SampleOptions& options, SlotNumber key, SlotNumber rate_slot, int worker)
      : rate_(options.rate),
        rate_text_(number_text(options.rate)),
        all_(options.rate >= 1),
        threshold_(all_ ? 0 : static_cast<std::uint64_t>(std::ldexp(options.rate, 64))),
        key_(key),
        hash_seed_(options.seed.value_or(0)),
        rate_slot_(rate_slot),
        random_(worker_seed(options.seed, worker)) {}

  void run(Batch& batch) override {
    if (!all_) {
      if (key_ == SlotTable::no_slot)
        keep_live(batch, [&](std::uint32_t, Event&) { return random_.next() < threshold_; });
      else
        keep_live(batch, [&](std::uint32_t, Event& event) { return key_hash(event) < threshold_; });
    }
    if (rate_slot_ == SlotTable::no_slot) return;
    for (const std::uint32_t index : batch.live) record_rate(batch[index]);
  }

 private:
  // Whoever sampled before, here or elsewhere, left a rate: the event stands for 1 / (their rate * ours) events.
  void record_rate(Event& event) const {
    const double earlier = rate_in(event.get(rate_slot_));
    if (earlier == 1) return event.set(rate_slot_, Slice::number(rate_text_));
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, earlier * rate_).ptr;
    event.set(rate_slot_, Slice::number(event.batch->arena().copy({text, static_cast<std::size_t>(end - text)})));
  }
  // 1 when `value` is no rate.
  static double rate_in(const Slice& value) {
    double rate = 1;
    if (value.kind != Kind::number) return 1;
    const auto read = std::from_chars(value.data, value.data + value.size, rate);
    return read.ec == std::errc() && rate > 0 && rate <= 1 ? rate : 1;
  }

  std::uint64_t key_hash(Event& event) const {
    const Slice& value = event.get(key_);
    const ByteView bytes = !value.present()   ? ByteView("", 0)
                           : value.is_string() ? json::string_value(value, event.batch->arena())
                                               : value.view();
    return XXH64(bytes.data(), bytes.size(), hash_seed_);
  }

  double rate_;
  std::string rate_text_;
  bool all_;
  std::uint64_t threshold_;
  SlotNumber key_;
  std::uint64_t hash_seed_;
  SlotNumber rate_slot_;
  RandomNumbers random_;
};

class SamplePlan final : public StagePlan {
 public:
  explicit SamplePlan(SampleOptions options) : options_(std::move(options)) {}

  std::unique_ptr<Stage> open(const StageContext& context) const override {
    const SlotNumber key = options_.key ? context.slots.add(*options_.key) : SlotTable::no_slot;
    const SlotNumber rate = options_.add_rate ? context.slots.add(*options_.add_rate) : SlotTable::no_slot;
    const bool full = (options_.key && key == SlotTable::no_slot) || (options_.add_rate && rate == SlotTable::no_slot);
    if (full) return make_slotless_stage("sample");
    return std::make_unique<SampleStage>(options_, key, rate, context.worker);
  }
  DropCount drop_count() const override { return DropCount::sampled_out; }
  std::string describe() const override {
    std::string text = "sample " + number_text(options_.rate);
    if (options_.key) text += " by " + to_text(*options_.key);
    if (options_.seed) text += ", seed " + std::to_string(*options_.seed);
    if (options_.add_rate) text += ", rate into " + to_text(*options_.add_rate);
    return text;
  }
  std::vector<std::string> reads() const override {
    std::vector<std::string> paths;
    if (options_.key) paths.push_back(to_text(*options_.key));
    if (options_.add_rate) paths.push_back(to_text(*options_.add_rate));
    return paths;
  }
  std::vector<std::string> writes() const override {
    return options_.add_rate ? std::vector<std::string>{to_text(*options_.add_rate)} : std::vector<std::string>{};
  }

 private:
  SampleOptions options_;
};

// Reads the optional path option `name`.
Status read_path(const Value& options, std::string_view name, std::optional<Path>& out) {
  const Value& text = options[name];
  if (text.is_nil()) return {};
  if (!text.is_string()) return Status(Code::invalid, "sample: " + std::string(name) + " must be a path, got " + to_text(text));
  Result<Path> path = parse_stage_path(text.string(), "sample");
  if (!path.ok()) return path.take_status();
  out = *std::move(path);
  return {};
}

}  // namespace

Result<std::unique_ptr<StagePlan>> make_sample_stage(const Value& options, const PlanContext&) {
  SampleOptions out;
  const Value& rate = options["rate"];
  if (!rate.is_number() || !(rate.number() > 0 && rate.number() <= 1))
    return Status(Code::invalid, "sample: rate must be a number above 0 and up to 1, got " + to_text(rate));
  out.rate = rate.number();
  if (Status status = read_path(options, "key", out.key); !status.ok()) return status;
  if (Status status = read_path(options, "add_rate", out.add_rate); !status.ok()) return status;
  if (const Value& seed = options["seed"]; !seed.is_nil()) {
    if (!seed.is_number()) return Status(Code::invalid, "sample: seed must be an integer, got " + to_text(seed));
    out.seed = static_cast<std::uint64_t>(seed.integer());
  }
  return std::unique_ptr<StagePlan>(std::make_unique<SamplePlan>(std::move(out)));
}

}  // namespace penstock
