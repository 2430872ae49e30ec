#include "bindings/sink/stdout_sink.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "bindings/sink/encoding.h"
#include "bindings/sink/local_counts.h"

namespace penstock {

namespace {

constexpr std::size_t buffer_size = 64 * 1024;

// The workers' common end: who writes the prefix, separators and suffix.
class SharedStdout {
 public:
  SharedStdout(int fd, const Framing& framing) : framing_(framing), terminal_(::isatty(fd) == 1), fd_(fd) {}

  bool terminal() const { return terminal_; }
  void join() {
    const std::lock_guard guard(lock_);
    ++writers_;
  }
  Status write(ByteView chunk) {
    const std::lock_guard guard(lock_);
    Status status = write_all(begun_ ? (framing_.separator_ends ? ByteView() : ByteView(framing_.separator)) : ByteView(framing_.prefix));
    begun_ = true;
    return status.ok() ? write_all(chunk) : std::move(status);
  }
  // The last to leave writes the suffix.
  Status leave() {
    const std::lock_guard guard(lock_);
    if (--writers_ > 0 || framing_.suffix.empty()) return {};
    Status status = begun_ ? Status() : write_all(framing_.prefix);
    begun_ = false;
    return status.ok() ? write_all(framing_.suffix) : std::move(status);
  }

 private:
  // Several pipelines may write to standard output: a chunk goes out whole, also when the pipe takes it in pieces.
  static std::mutex& chunk_lock() {
    static std::mutex lock;
    return lock;
  }

  Status write_all(ByteView bytes) {
    const std::lock_guard chunk(chunk_lock());
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno == EAGAIN) {
        pollfd wait{fd_, POLLOUT, 0};
        ::poll(&wait, 1, -1);
      } else if (errno != EINTR) {
        return errno == EPIPE ? Status(Code::closed, "stdout was closed") : Status::from_errno(errno, "stdout");
      }
    }
    return {};
  }

  const Framing& framing_;
  const bool terminal_;
  const int fd_;
  std::mutex lock_;  // of this plan's writers: the framing belongs to all of them
  int writers_ = 0;
  bool begun_ = false;
};

class StdoutSink : public Sink {
 public:
  StdoutSink(const SinkContext& context, SharedStdout& out, const EncoderPlan& encoder, std::chrono::milliseconds linger)
      : context_(context), out_(out), framing_(encoder.framing()), encoder_(encoder.open(context.slots)), linger_(linger) {}

  Status open() override {
    pending_.reserve(buffer_size);
    out_.join();
    return {};
  }
  void take(Batch& batch, std::span<const std::uint32_t> events, Ack ack) override {
    count_taken(ack, counters_);
    if (failed_) {
      acks_.push_back(std::move(ack));
      return settle_all(acks_, Verdict::undelivered, counters_);
    }
    encode_after(*encoder_, framing_, batch, events, pending_);
    acks_.push_back(std::move(ack));
    if (pending_.size() >= buffer_size || out_.terminal()) {
      flush();
    } else if (!timer_) {
      timer_ = context_.scheduler.after(linger_, [this] { flush(); });
    }
  }
  void flush() override {
    timer_.reset();
    if (acks_.empty()) return;
    const Status status = pending_.empty() ? Status() : out_.write(pending_.view());
    if (status.ok()) count_written(pending_.size(), pending_.size(), counters_);
    pending_.clear();
    settle_all(acks_, status.ok() ? Verdict::delivered : Verdict::undelivered, counters_);
    if (!status.ok()) fail(status);
  }
  bool idle() const override { return acks_.empty(); }
  void close() override {
    flush();
    const Status status = out_.leave();
    if (!status.ok()) fail(status);
  }

 private:
  void fail(const Status& status) {
    if (failed_) return;
    failed_ = true;
    if (context_.on_fatal) context_.on_fatal(status.text());
  }

  const SinkContext context_;
  SinkCounters& counters_ = *context_.counters;
  SharedStdout& out_;
  const Framing& framing_;
  std::unique_ptr<Encoder> encoder_;
  const std::chrono::milliseconds linger_;
  Buffer pending_;
  std::vector<Ack> acks_;               // of what is pending
  std::unique_ptr<Scheduled> timer_;
  bool failed_ = false;
};

class StdoutPlan : public SinkPlan {
 public:
  StdoutPlan(std::unique_ptr<EncoderPlan> encoder, std::chrono::milliseconds linger, int fd)
      : encoder_(std::move(encoder)), linger_(linger), out_(fd, encoder_->framing()) {}
  std::unique_ptr<Sink> open(const SinkContext& context) override {
    return std::make_unique<StdoutSink>(context, out_, *encoder_, linger_);
  }
  // One run's suffix ends the output before the next one's prefix begins it again.
  bool exclusive() const override { return !encoder_->framing().suffix.empty(); }
  std::string describe() const override { return "stdout " + encoder_->describe(); }

 private:
  std::unique_ptr<EncoderPlan> encoder_;
  std::chrono::milliseconds linger_;
  SharedStdout out_;
};

}  // namespace

Result<std::unique_ptr<SinkPlan>> make_stdout_sink(const Value& options, const PlanContext& context, int fd) {
  Result<std::unique_ptr<EncoderPlan>> encoder = find_encoder(options.string_or("format", "ndjson"), options, context);
  if (!encoder.ok()) return encoder.take_status();
  const std::chrono::milliseconds linger(std::max<std::int64_t>(0, options.integer_or("linger_ms", 100)));
  return std::unique_ptr<SinkPlan>(std::make_unique<StdoutPlan>(std::move(*encoder), linger, fd));
}

}  // namespace penstock
