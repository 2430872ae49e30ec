// A source under test, outside a pipeline: a directory to make files in, a context whose time stands still, streams that
// keep what they are given and ack when the test says so, and checkpoints in memory.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <utility>
#include <vector>

#include "bindings/source/sources.h"
#include "runtime/plan/components.h"
#include "tests/unit/support/fake_scheduler.h"

namespace penstock::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "penstock-source-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}
inline void append_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

class MemoryCheckpoints : public CheckpointStore {
 public:
  std::vector<Checkpoint> list(const std::string&, const std::string& source) override {
    std::vector<Checkpoint> out;
    for (const auto& [stream, checkpoint] : kept)
      if (checkpoint.source == source) out.push_back(checkpoint);
    return out;
  }
  void put(Checkpoint checkpoint) override { kept[checkpoint.stream] = std::move(checkpoint); }
  void forget(const std::string&, const std::string&, const std::string& stream) override { kept.erase(stream); }

  std::map<std::string, Checkpoint> kept;
};

// What one stream was given, cut into lines as a decoder would.
struct Taken {
  std::string name;
  std::string format;
  std::uint64_t begin = 0;
  bool whole = false;
  StreamTally tally;   // what the stream says came of it: for tests to fill in
  std::string bytes;   // all committed bytes
  std::vector<std::size_t> borders;  // up to where they were committed whole
  bool ended = false;

  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    std::size_t at = 0;
    for (std::size_t end; (end = bytes.find('\n', at)) != std::string::npos; at = end + 1)
      out.push_back(bytes.substr(at, end - at));
    if (ended && at < bytes.size()) out.push_back(bytes.substr(at));
    return out;
  }
};

class SourceBench : public SourceContext {
 public:
  explicit SourceBench(CheckpointStore* checkpoints = nullptr, int worker = 0, int workers = 1)
      : checkpoints_(checkpoints), worker_(worker), workers_(workers) {}

  // SourceContext
  Scheduler& scheduler() override { return clock; }
  std::unique_ptr<Stream> open_stream(StreamOptions options) override;
  CheckpointStore* checkpoints() override { return checkpoints_; }
  const std::string& pipeline() const override { return pipeline_; }
  int worker() const override { return worker_; }
  int workers() const override { return workers_; }
  bool may_split() const override { return split; }
  bool congested() const override { return blocked; }
  void flush_sinks() override { ++sink_flushes; }
  void on_finished() override { ++finished; }
  void on_failed(Status status) override { failed = status.text(); }
  void on_trouble(const std::string& message, std::uint64_t bytes_lost) override {
    troubles.push_back(message);
    lost += bytes_lost;
  }
  void on_total(std::uint64_t bytes) override { total = bytes; }

  // Every whole line of every stream, in the order in which the streams were opened.
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const auto& stream : taken)
      for (std::string& line : stream->lines()) out.push_back(std::move(line));
    return out;
  }
  // Acks what has come so far, to the last whole line.
  void ack_all();
  // Reads until nothing is left to read.
  void settle() { EXPECT_TRUE(clock.settle()); }
  // Time passes, with everything that comes due, and reading.
  void pass(int milliseconds) {
    for (int i = 0; i < milliseconds; i += 100) {
      clock.advance(std::chrono::milliseconds(std::min(100, milliseconds - i)));
      settle();
    }
  }

  FakeScheduler clock;
  bool split = false;
  bool auto_ack = true;
  bool blocked = false;
  std::size_t space_bytes = 64 * 1024;
  std::vector<std::shared_ptr<Taken>> taken;
  std::vector<std::string> troubles;
  std::uint64_t lost = 0;
  std::uint64_t total = 0;
  int finished = 0;
  int sink_flushes = 0;
  std::string failed;

 private:
  friend class BenchStream;
  CheckpointStore* checkpoints_;
  std::string pipeline_ = "test";
  int worker_;
  int workers_;
  std::vector<class BenchStream*> open_;
};

class BenchStream : public Stream {
 public:
  BenchStream(SourceBench& bench, StreamOptions options)
      : bench_(bench), options_(std::move(options)), taken_(std::make_shared<Taken>()), acked_(options_.offset) {
    taken_->name = options_.name;
    taken_->format = options_.format;
    taken_->begin = options_.offset;
    taken_->whole = options_.whole;
    bench_.taken.push_back(taken_);
    bench_.open_.push_back(this);
  }
  ~BenchStream() override { std::erase(bench_.open_, this); }

  std::span<char> space() override {
    space_.resize(bench_.space_bytes);
    return {space_.data(), space_.size()};
  }
  void commit(std::size_t size) override {
    EXPECT_FALSE(taken_->ended) << "bytes after the end of " << taken_->name;
    const std::size_t last = ByteView(space_.data(), size).rfind('\n');
    if (last != ByteView::npos) whole_ = taken_->bytes.size() + last + 1;
    taken_->bytes.append(space_.data(), size);
    if (bench_.auto_ack) ack();
  }
  void commit_whole(std::size_t size) override {
    commit(size);
    whole_ = taken_->bytes.size();
    taken_->borders.push_back(whole_);
    if (bench_.auto_ack) ack();
  }
  void end() override {
    taken_->ended = true;
    if (bench_.auto_ack) ack();
  }
  std::size_t pending() const override { return taken_->bytes.size() - whole(); }
  std::uint64_t position() const override { return taken_->begin + whole(); }
  std::uint64_t acked() const override { return acked_; }
  bool blocked() const override { return bench_.blocked; }
  const StreamTally& tally() const override { return taken_->tally; }
  bool settled() const override { return taken_->ended && acked_ == position(); }

  void ack() {
    if (acked_ != position()) {
      acked_ = position();
      if (options_.on_acked) options_.on_acked(acked_);
    }
    if (settled() && options_.on_settled) std::exchange(options_.on_settled, nullptr)();
  }

 private:
  std::size_t whole() const { return taken_->ended ? taken_->bytes.size() : whole_; }

  SourceBench& bench_;
  StreamOptions options_;
  std::shared_ptr<Taken> taken_;
  std::uint64_t acked_;
  std::size_t whole_ = 0;  // bytes of whole lines
  std::string space_;
};

inline std::unique_ptr<Stream> SourceBench::open_stream(StreamOptions options) {
  return std::make_unique<BenchStream>(*this, std::move(options));
}
inline void SourceBench::ack_all() {
  for (BenchStream* stream : std::vector<BenchStream*>(open_)) stream->ack();
}

inline PlanContext plan_context(int workers = 1) {
  static const Components components;
  return PlanContext{components, "test", "", workers, ""};
}

// One run of a file source on one worker.
struct FileRun {
  explicit FileRun(ValueMap options, CheckpointStore* checkpoints = nullptr)
      : bench(checkpoints), plan(make_file_source(Value(std::move(options)), plan_context()).value().release()) {
    source = plan->open(bench);
  }
  // Starts and reads what is there.
  void start() {
    const Status status = source->start();
    EXPECT_TRUE(status.ok()) << status.text();
    bench.settle();
  }
  // The files were changed: the loop hears of it.
  void changed(const std::string& directory) {
    bench.clock.change(directory);
    bench.settle();
    bench.pass(100);
  }
  void stop() {
    source->stop();
    bench.ack_all();
    source.reset();
  }
  std::vector<std::string> lines() const { return bench.lines(); }

  SourceBench bench;
  std::unique_ptr<SourcePlan> plan;
  std::unique_ptr<Source> source;
};

}  // namespace penstock::testing
