#include "bindings/net/connector.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "bindings/net/name_lookup.h"

namespace penstock::net {

namespace {

class Attempt final : public Connector {
 public:
  Attempt(Scheduler& scheduler, const ConnectOptions& options, Done done)
      : scheduler_(scheduler), options_(options), done_(std::move(done)), deadline_(scheduler.now() + options.timeout) {
    timeout_ = scheduler_.after(options_.timeout, [this] { finish(no_answer()); });
    if (!options_.known.empty()) {
      addresses_ = options_.known;
      step_ = scheduler_.after(std::chrono::milliseconds(0), [this] { try_next(); });
    } else {
      step_ = look_up(scheduler_, options_.address, options_.kind, [this](Result<std::vector<SocketAddress>> found) {
        if (!found.ok()) return finish(found.take_status());
        addresses_ = *std::move(found);
        try_next();
      });
    }
  }

 private:
  int type() const { return options_.kind == SocketKind::stream ? SOCK_STREAM : SOCK_DGRAM; }

  void try_next() {
    watch_.reset();
    turn_.reset();
    if (next_ == addresses_.size()) return finish(std::move(failed_));
    const SocketAddress& address = addresses_[next_++];
    socket_.reset(::socket(address.family(), type() | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_) return failed(errno);
    // Packages go out whole, and wait for nobody's acknowledgement.
    const int on = 1;
    if (options_.kind == SocketKind::stream && !options_.address.is_unix()) {
      ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    if (::connect(socket_.get(), address.get(), address.size) == 0) return connected();
    if (errno != EINPROGRESS) return failed(errno);
    watch_ = scheduler_.watch(socket_.get(), [this](Readiness) { look_at_socket(); });
    if (!watch_) return finish(Status(Code::io, "the connection cannot be watched"));
    watch_->want({false, true});
    // The last has all the time that is left.
    const auto left = static_cast<std::chrono::milliseconds::rep>(addresses_.size() - next_ + 1);
    if (left == 1) return;
    turn_ = scheduler_.after(std::max(address_time_min, (deadline_ - scheduler_.now()) / left), [this] {
      failed_ = no_answer();
      try_next();
    });
  }

  Status no_answer() const {
    return Status(Code::limit, fmt::format("cannot connect to {}: no answer in {} s", options_.address.text(), options_.timeout.count() / 1000.0));
  }

  void look_at_socket() {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return failed(error);
    connected();
  }

  void failed(int error) {
    failed_ = Status::from_errno(error, "cannot connect to " + options_.address.text());
    // A Unix socket that is not there may come; a path that may not be used is for somebody to mend.
    if (failed_.code() != Code::denied) failed_ = Status(Code::io, failed_.text());
    try_next();
  }

  void connected() {
    watch_.reset();
    turn_.reset();
    std::unique_ptr<Channel> channel = options_.tls ? options_.tls->channel(std::move(socket_), options_.address.host) : plain_channel(std::move(socket_));
    if (!channel) return finish(Status(Code::invalid, "TLS: \"" + options_.address.host + "\" is no name that a certificate can be for"));
    finish(std::move(channel));
  }

  void finish(Result<std::unique_ptr<Channel>> result) {
    timeout_.reset();
    turn_.reset();
    watch_.reset();
    const Done done = std::move(done_);
    done(std::move(result));  // *this may be gone now
  }

  Scheduler& scheduler_;
  const ConnectOptions options_;
  Done done_;
  const std::chrono::milliseconds deadline_;
  std::vector<SocketAddress> addresses_;
  std::size_t next_ = 0;
  Status failed_{Code::io, "no address"};
  Descriptor socket_;
  std::unique_ptr<DescriptorWatch> watch_;  // goes before its socket
  std::unique_ptr<Scheduled> step_;
  std::unique_ptr<Scheduled> turn_;     // of one address among several
  std::unique_ptr<Scheduled> timeout_;  // of the whole
};

}  // namespace

std::unique_ptr<Connector> Connector::connect(Scheduler& scheduler, const ConnectOptions& options, Done done) {
  return std::make_unique<Attempt>(scheduler, options, std::move(done));
}

}  // namespace penstock::net
