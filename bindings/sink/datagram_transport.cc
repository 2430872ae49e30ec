#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>

#include "bindings/net/connector.h"
#include "bindings/sink/socket_answer.h"
#include "bindings/sink/socket_transport.h"

namespace penstock {

namespace {

using net::Channel;
using net::Transfer;
using std::chrono::milliseconds;

class DatagramRequest final : public Transport::Request {
 public:
  // `channel` is where the connected socket is kept for the next request.
  DatagramRequest(const SocketOptions& options, Scheduler& scheduler, std::unique_ptr<Channel>& channel, const Package& package,
                  std::function<void(Answer)> done)
      : options_(options), scheduler_(scheduler), channel_(channel), package_(package), done_(std::move(done)), at_(package.form.prefix_bytes) {
    step_ = scheduler_.after(milliseconds(0), [this] { begin(); });
  }

 private:
  void begin() {
    if (channel_) return use();
    connector_ = net::Connector::connect(scheduler_, {options_.address, net::SocketKind::datagram, nullptr, options_.connect_timeout},
                                         [this](Result<std::unique_ptr<Channel>> connected) {
                                           if (!connected.ok()) return finish(answer_of(connected.status()));
                                           channel_ = *std::move(connected);
                                           use();
                                         });
  }

  void use() {
    watch_ = scheduler_.watch(channel_->fd(), [this](Readiness) { send_some(); });
    if (!watch_) return finish({Outcome::transient, "the socket cannot be watched", {}});
    timeout_ = scheduler_.after(options_.timeout, [this] { finish({Outcome::transient, options_.address.text() + ": took nothing in time", {}}); });
    send_some();
  }

  void send_some() {
    // Other descriptors get their turn.
    constexpr std::size_t datagrams_in_a_turn = 256;
    for (std::size_t i = 0; entry_ < package_.entry_bytes.size(); ++i) {
      if (i == datagrams_in_a_turn) return watch_->want({false, true});
      const ByteView entry = package_.body.view().substr(at_, package_.entry_bytes[entry_]);
      if (!entry.empty() && ::send(channel_->fd(), entry.data(), entry.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return watch_->want({false, true});
        return failed(errno, entry.size());
      }
      at_ += entry.size() + package_.form.separator_bytes;
      ++entry_;
    }
    watch_.reset();
    finish({});
  }

  void failed(int error, std::size_t size) {
    watch_.reset();
    if (error == EMSGSIZE) return finish({Outcome::data, fmt::format("a message of {} bytes is longer than a datagram to {} can be", size, options_.address.text()), {}});
    channel_.reset();  // the name may mean another address by the next try, or somebody else have the Unix socket
    finish(answer_of(Status(Code::io, Status::from_errno(error, options_.address.text()).text())));
  }

  void finish(Answer answer) {
    timeout_.reset();
    watch_.reset();
    const auto done = std::move(done_);
    done(std::move(answer));  // *this may be gone now
  }

  const SocketOptions& options_;
  Scheduler& scheduler_;
  std::unique_ptr<Channel>& channel_;
  const Package& package_;
  std::function<void(Answer)> done_;
  std::size_t entry_ = 0;
  std::size_t at_;
  std::unique_ptr<net::Connector> connector_;
  std::unique_ptr<DescriptorWatch> watch_;
  std::unique_ptr<Scheduled> step_;
  std::unique_ptr<Scheduled> timeout_;
};

// One request at a time: requires DeliveryOptions::concurrency = 1.
class DatagramTransport final : public Transport {
 public:
  DatagramTransport(const SocketOptions& options, Scheduler& scheduler) : options_(options), scheduler_(scheduler) {}
  Status open() override { return {}; }
  std::unique_ptr<Request> send(const Package& package, std::function<void(Answer)> done) override {
    return std::make_unique<DatagramRequest>(options_, scheduler_, channel_, package, std::move(done));
  }

 private:
  const SocketOptions& options_;
  Scheduler& scheduler_;
  std::unique_ptr<Channel> channel_;
};

}  // namespace

std::unique_ptr<Transport> make_datagram_transport(const SocketOptions& options, Scheduler& scheduler) {
  return std::make_unique<DatagramTransport>(options, scheduler);
}

}  // namespace penstock
