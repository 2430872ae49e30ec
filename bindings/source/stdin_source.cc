#include "bindings/source/stdin_source.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace penstock {

namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
constexpr std::size_t turn_bytes = 1024 * 1024;

// A pipe, terminal or socket is watched and asked before each read, which therefore cannot block; its flags stay as they are,
// because the descriptor's other owners (the shell, the program at the other end of a terminal) share them. A regular file is
// always ready, and libuv's readiness does not know it, so it is read by turns.
class StdinSource : public Source {
 public:
  StdinSource(SourceContext& context, int fd) : context_(context), fd_(fd) {}

  Status start() override {
    if (context_.worker() != 0) {
      finish_later();
      return {};
    }
    struct stat status;
    if (fstat(fd_, &status) != 0) return Status::from_errno(errno, "stdin");
    if (S_ISDIR(status.st_mode)) return Status(Code::invalid, "stdin: is a directory");
    // /dev/null and other devices cannot be watched either.
    always_ready_ = S_ISREG(status.st_mode) || S_ISBLK(status.st_mode) || (S_ISCHR(status.st_mode) && isatty(fd_) == 0);
    if (S_ISREG(status.st_mode)) context_.on_total(bytes_left(status));
    StreamOptions options;
    options.name = "stdin";
    options.whole = true;
    stream_ = context_.open_stream(std::move(options));
    go_on();
    return {};
  }

  void resume() override {
    if (stream_ && !ended_ && !stopped_ && !reading_) go_on();
  }

  void stop() override {
    stopped_ = true;
    reading_.reset();
    finishing_.reset();
  }

 private:
  std::uint64_t bytes_left(const struct stat& status) const {
    const off_t at = lseek(fd_, 0, SEEK_CUR);
    return static_cast<std::uint64_t>(status.st_size > at && at >= 0 ? status.st_size - at : 0);
  }

  void go_on() {
    if (always_ready_) {
      reading_ = context_.scheduler().repeatedly([this] { read_some(); });
    } else {
      reading_ = context_.scheduler().on_readable(fd_, [this] { read_some(); });
    }
  }

  bool readable_now() const {
    pollfd ask{fd_, POLLIN, 0};
    return always_ready_ || poll(&ask, 1, 0) > 0;
  }

  void read_some() {
    for (std::size_t taken = 0; taken < turn_bytes && !stopped_;) {
      if (stream_->blocked()) {
        reading_.reset();
        return;
      }
      if (!readable_now()) return;
      const std::span<char> room = stream_->space();
      const ssize_t got = read(fd_, room.data(), std::min(room.size(), piece_bytes));
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
      if (got < 0) context_.on_trouble(Status::from_errno(errno, "stdin").text(), 0);
      if (got <= 0) return end();
      taken += static_cast<std::size_t>(got);
      stream_->commit(static_cast<std::size_t>(got));
    }
  }

  void end() {
    reading_.reset();
    ended_ = true;
    stream_->end();
    finish_later();
  }

  // Not from inside start() or a read: the pipeline may take the source down at once.
  void finish_later() {
    finishing_ = context_.scheduler().after(std::chrono::milliseconds(0), [this] { context_.on_finished(); });
  }

  SourceContext& context_;
  const int fd_;
  bool always_ready_ = false;
  bool ended_ = false;
  bool stopped_ = false;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Scheduled> reading_;
  std::unique_ptr<Scheduled> finishing_;
};

}  // namespace

std::unique_ptr<Source> StdinSourcePlan::open(SourceContext& context) { return std::make_unique<StdinSource>(context, fd_); }

}  // namespace penstock
