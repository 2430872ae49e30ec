#include "runtime/main/in_memory.h"

#include <algorithm>
#include <mutex>

#include "runtime/event/event_json.h"

namespace penstock {

namespace {

using namespace std::chrono_literals;

class MemorySource final : public Source {
 public:
  MemorySource(SourceContext& context, const std::vector<std::string>& pieces, bool at_start)
      : context_(context), pieces_(pieces), offset_(at_start ? 0 : 1) {}

  Status start() override {
    if (context_.worker() == 0) stream_ = context_.open_stream({"in memory", offset_, nullptr});
    turn_ = context_.scheduler().repeatedly([this] { give(); });
    return {};
  }
  void resume() override {}
  void stop() override { turn_.reset(); }

 private:
  void give() {
    if (stream_ && stream_->blocked()) return;
    if (stream_ && next_ < pieces_.size()) return put(pieces_[next_++] + "\n");
    turn_.reset();
    if (stream_) stream_->end();
    context_.on_finished();
  }
  void put(ByteView bytes) {
    while (!bytes.empty()) {
      const std::span<char> space = stream_->space();
      const std::size_t size = std::min(space.size(), bytes.size());
      std::memcpy(space.data(), bytes.data(), size);
      stream_->commit(size);
      bytes.remove_prefix(size);
    }
  }

  SourceContext& context_;
  const std::vector<std::string>& pieces_;
  const std::uint64_t offset_;
  std::size_t next_ = 0;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Scheduled> turn_;
};

class MemorySourcePlan final : public SourcePlan {
 public:
  MemorySourcePlan(const std::vector<std::string>& pieces, bool at_start) : pieces_(pieces), at_start_(at_start) {}
  std::unique_ptr<Source> open(SourceContext& context) override { return std::make_unique<MemorySource>(context, pieces_, at_start_); }
  bool finite() const override { return true; }
  bool replayable() const override { return true; }
  std::string describe() const override { return "in memory"; }

 private:
  const std::vector<std::string>& pieces_;
  const bool at_start_;
};

struct Kept {
  std::vector<std::string>& events;
  std::mutex mutex;
};

class MemorySink final : public Sink {
 public:
  explicit MemorySink(Kept& kept) : kept_(kept) {}
  Status open() override { return {}; }
  void take(Batch& batch, std::span<const std::uint32_t> events, Ack ack) override {
    const std::lock_guard lock(kept_.mutex);
    for (const std::uint32_t index : events) {
      Buffer text;
      append_event_json(batch[index], text);
      kept_.events.emplace_back(text.view());
    }
    ack.settle(Verdict::delivered);
  }
  void flush() override {}
  bool idle() const override { return true; }
  void close() override {}

 private:
  Kept& kept_;
};

class MemorySinkPlan final : public SinkPlan {
 public:
  explicit MemorySinkPlan(std::shared_ptr<Kept> kept) : kept_(std::move(kept)) {}
  std::unique_ptr<Sink> open(const SinkContext&) override { return std::make_unique<MemorySink>(*kept_); }
  std::string describe() const override { return "in memory"; }

 private:
  std::shared_ptr<Kept> kept_;
};

}  // namespace

void add_memory_source(Components& components, const std::vector<std::string>& pieces, bool at_start) {
  components.sources["in_memory"] = [&pieces, at_start](const Value&, const PlanContext&) -> Result<std::unique_ptr<SourcePlan>> {
    return std::unique_ptr<SourcePlan>(std::make_unique<MemorySourcePlan>(pieces, at_start));
  };
}

void add_memory_sink(Components& components, std::vector<std::string>& events) {
  auto kept = std::shared_ptr<Kept>(new Kept{events, {}});
  components.sinks["in_memory"] = [kept](const Value&, const PlanContext&) -> Result<std::unique_ptr<SinkPlan>> {
    return std::unique_ptr<SinkPlan>(std::make_unique<MemorySinkPlan>(kept));
  };
}

}  // namespace penstock
