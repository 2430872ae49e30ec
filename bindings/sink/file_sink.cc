#include "bindings/sink/file_sink.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "bindings/sink/encoding.h"
#include "bindings/sink/file_options.h"
#include "bindings/sink/local_counts.h"
#include "runtime/base/log.h"

namespace penstock {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view component = "sink.file";
constexpr milliseconds retry_first{100};
constexpr milliseconds retry_most{10000};
constexpr milliseconds sync_interval{200};
constexpr std::uint64_t unsynced_bytes_max = 8 << 20;
constexpr milliseconds tick_interval{1000};

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

std::uint64_t count_of(const std::vector<Ack>& acks) {
  std::uint64_t events = 0;
  for (const Ack& ack : acks) events += ack.events();
  return events;
}

// Events gather in pending_, encoded; as a chunk they go to the output. Their acks wait in pending_acks_ until the chunk is
// written, and then in unsynced_ when delivered has to mean durable.
class FileSink : public Sink {
 public:
  FileSink(const SinkContext& context, const FileSinkOptions& options, const EncoderPlan& encoder, OutputRegistry& outputs)
      : context_(context),
        options_(options),
        framing_(encoder.framing()),
        outputs_(outputs),
        writer_{context.pipeline, host_name(), context.worker},
        durable_(options.sync == SyncRule::always || (options.sync == SyncRule::automatic && context.durable_acks)),
        encoder_(encoder.open(context.slots)) {
    if (options_.compression != Compression::none && options_.compression != Compression::zlib) {
      compressor_ = make_compressor(options_.compression, options_.level);
    }
  }

  Status open() override {
    pending_.reserve(std::min<std::size_t>(options_.batch_bytes, 4 << 20) + buffer_slack / 2);
    path_ = path_now();
    if (Status status = begin_output(); !status.ok()) return status;
    if (options_.path.dated() || options_.rotate_interval.count() != 0) {
      tick_ = context_.scheduler.every(tick_interval, [this] { tick(); });
    }
    return {};
  }

  void take(Batch& batch, std::span<const std::uint32_t> events, Ack ack) override {
    count_taken(ack, counters_);
    if (failed_) {
      pending_acks_.push_back(std::move(ack));
      return settle_all(pending_acks_, Verdict::undelivered, counters_);
    }
    if (options_.path.dated()) follow_date();
    encode_after(*encoder_, framing_, batch, events, pending_);
    pending_acks_.push_back(std::move(ack));
    if (!retrying() && pending_.size() >= options_.batch_bytes) {
      write_pending();
    } else if (!linger_ && !retrying()) {
      linger_ = context_.scheduler.after(options_.linger, [this] { on_linger(); });
    }
  }

  bool ready() const override { return !retrying() || failed_; }

  void flush() override {
    if (!retrying()) write_pending();
    sync();
  }

  bool idle() const override { return pending_acks_.empty() && unsynced_.empty(); }

  void close() override {
    tick_.reset();
    linger_.reset();
    retry_.reset();
    closing_ = true;
    write_pending();
    sync();
    sync_timer_.reset();
    if (const Status status = output_.release(); !status.ok()) fail(status, "");
  }

 private:
  bool retrying() const { return tries_ != 0; }

  std::string path_now() {
    const auto now = outputs_.clock()();
    const auto minute = std::chrono::floor<std::chrono::minutes>(now.time_since_epoch());
    if (minute != path_minute_ || path_now_.empty()) path_now_ = options_.path.expand(now, writer_);
    path_minute_ = minute;
    return path_now_;
  }

  Status begin_output() {
    OutputSettings settings{framing_,          options_.compression, options_.level, options_.rotate_bytes, options_.rotate_interval,
                            durable_, options_.mode};
    Result<OutputHold> hold = outputs_.hold(path_, settings);
    if (!hold.ok()) return hold.take_status();
    output_ = std::move(*hold);
    return output_->open();
  }

  // The path's date may have moved on: what is pending still goes to the old file, which is then let go.
  void follow_date() {
    if (retrying() || path_now() == path_) return;
    write_pending();
    sync();
    if (retrying() || failed_) return;
    Status closed = output_.release();
    if (!closed.ok()) log::warn(component, closed.text());
    path_ = path_now();
    // A failure shows again with the first chunk, which is kept and retried.
    if (const Status status = begin_output(); !status.ok()) log::warn(component, status.text());
  }

  void tick() {
    if (failed_) return;
    if (options_.path.dated()) follow_date();
    if (output_) output_->rotate_if_due();
  }

  void on_linger() {
    linger_.reset();
    if (!retrying()) write_pending();
  }

  void write_pending() {
    if (pending_acks_.empty() || failed_) return;
    if (pending_.empty()) {
      settle_all(pending_acks_, Verdict::delivered, counters_);
      return;
    }
    Result<std::uint64_t> position = write_chunk();
    if (position.ok()) {
      on_written(*position);
    } else {
      on_failed(position.status());
    }
  }

  Result<std::uint64_t> write_chunk() {
    if (!output_) {
      if (Status status = begin_output(); !status.ok()) return status;
    }
    if (!compressor_) return output_->append(pending_.view());
    compressed_.clear();
    if (Status status = compressor_->compress(pending_.view(), compressed_); !status.ok()) return status;
    return output_->append(compressed_.view());
  }

  void on_written(std::uint64_t position) {
    const bool was_retrying = retrying();
    if (was_retrying) log::info(component, path_ + ": can be written again");
    counters_.state.store(SinkState::ok, std::memory_order_relaxed);
    tries_ = 0;
    linger_.reset();
    unsynced_bytes_ += pending_.size();
    count_written(pending_.size(), compressor_ ? compressed_.size() : pending_.size(), counters_);
    pending_.clear();
    pending_.shrink(2 * static_cast<std::size_t>(options_.batch_bytes) + buffer_slack);
    if (!durable_) {
      settle_all(pending_acks_, Verdict::delivered, counters_);
    } else {
      std::move(pending_acks_.begin(), pending_acks_.end(), std::back_inserter(unsynced_));
      pending_acks_.clear();
      position_ = position;
      if (unsynced_bytes_ >= unsynced_bytes_max) {
        sync();
      } else if (!sync_timer_) {
        sync_timer_ = context_.scheduler.after(sync_interval, [this] { sync(); });
      }
    }
    if (was_retrying && !failed_ && context_.on_ready) context_.on_ready();
  }

  // Whatever is wrong, a full disk or a folder that somebody has to make, may be mended: nothing is given up before the end. But for a
  // failed fsync, also another worker's of this file: the system may have forgotten what it could not write.
  void on_failed(const Status& status) {
    ++tries_;
    if (closing_ || (output_ && output_->sync_failed())) {
      sync();
      fail(status, "");
      return;
    }
    const milliseconds delay = std::min(retry_most, retry_first * (1 << std::min(tries_ - 1, 10)));
    tell_of_trouble(status.text());
    retry_ = context_.scheduler.after(delay, [this] {
      retry_.reset();
      write_pending();
    });
  }

  // Once in the sink's own name, then with each try.
  void tell_of_trouble(const std::string& text) {
    counters_.state.store(SinkState::retrying, std::memory_order_relaxed);
    counters_.transient_failures.add(1);
    counters_.note_failure(text);
    if (tries_ == 1 && context_.on_message)
      context_.on_message(text + "; events wait, and it is tried again until it can be written (hint: make room, or stop the run)");
    else
      log::write_limited(log::Level::warn, component, text + "; trying again");
  }

  // Syncs the output and settles what waited for it.
  void sync() {
    sync_timer_.reset();
    unsynced_bytes_ = 0;
    if (unsynced_.empty()) return;
    const Status status = output_->sync(position_);
    if (status.ok()) {
      settle_all(unsynced_, Verdict::delivered, counters_);
    } else {
      fail(status, "; what was written may not be on the disk");
    }
  }

  // The end: nothing more is delivered.
  void fail(const Status& status, const std::string& consequence) {
    if (failed_) return;
    failed_ = true;
    retry_.reset();
    linger_.reset();
    const std::uint64_t events = count_of(pending_acks_) + count_of(unsynced_);
    std::string text = "file sink: " + status.text() + consequence;
    if (events != 0) text += "; " + std::to_string(events) + (events == 1 ? " event was" : " events were") + " not delivered";
    pending_.clear();
    settle_all(pending_acks_, Verdict::undelivered, counters_);
    settle_all(unsynced_, Verdict::undelivered, counters_);
    if (context_.on_fatal) context_.on_fatal(text);
  }

  static constexpr std::size_t buffer_slack = 1 << 20;  // for the batch that goes over batch_bytes

  const SinkContext context_;
  SinkCounters& counters_ = *context_.counters;
  const FileSinkOptions& options_;
  const Framing& framing_;
  OutputRegistry& outputs_;
  const PathTemplate::Writer writer_;
  const bool durable_;
  std::unique_ptr<Encoder> encoder_;
  std::unique_ptr<Compressor> compressor_;  // null: none, or zlib (the output's own stream)

  std::string path_;                        // of output_
  std::string path_now_;                    // what the template gives, as of path_minute_
  std::chrono::minutes path_minute_{-1};
  OutputHold output_;

  Buffer pending_;
  std::vector<Ack> pending_acks_;
  Buffer compressed_;
  std::vector<Ack> unsynced_;
  std::uint64_t unsynced_bytes_ = 0;
  std::uint64_t position_ = 0;              // of the last chunk written
  int tries_ = 0;                           // failed ones of the chunk that is pending
  bool failed_ = false;
  bool closing_ = false;

  std::unique_ptr<Scheduled> linger_, retry_, sync_timer_, tick_;
};

class FilePlan : public SinkPlan {
 public:
  FilePlan(FileSinkOptions options, std::unique_ptr<EncoderPlan> encoder, OutputRegistry& outputs)
      : options_(std::move(options)), encoder_(std::move(encoder)), outputs_(outputs) {}

  std::unique_ptr<Sink> open(const SinkContext& context) override {
    return std::make_unique<FileSink>(context, options_, *encoder_, outputs_);
  }
  bool durable() const override { return options_.sync != SyncRule::never; }
  std::string loss() const override { return "with fsync = false a written event may be lost with the machine (hint: fsync = \"auto\")"; }
  std::string describe() const override {
    std::string text = "file " + options_.path.text() + " (" + encoder_->describe();
    if (options_.compression != Compression::none) text += ", " + std::string(name_of(options_.compression));
    if (options_.level != 0) text += " level " + std::to_string(options_.level);
    if (options_.rotate_bytes != 0) text += ", rotated at " + std::to_string(options_.rotate_bytes) + " bytes";
    if (options_.rotate_interval.count() != 0) text += ", rotated every " + std::to_string(options_.rotate_interval.count()) + " ms";
    return text + ")";
  }

 private:
  const FileSinkOptions options_;
  const std::unique_ptr<EncoderPlan> encoder_;
  OutputRegistry& outputs_;
};

}  // namespace

Result<std::unique_ptr<SinkPlan>> make_file_sink(const Value& options, const PlanContext& context, OutputRegistry& outputs) {
  Result<FileSinkOptions> parsed = parse_file_options(options);
  if (!parsed.ok()) return parsed.take_status();
  Result<std::unique_ptr<EncoderPlan>> encoder = find_encoder(parsed->format, options, context);
  if (!encoder.ok()) return encoder.take_status();
  return std::unique_ptr<SinkPlan>(std::make_unique<FilePlan>(std::move(*parsed), std::move(*encoder), outputs));
}

}  // namespace penstock
