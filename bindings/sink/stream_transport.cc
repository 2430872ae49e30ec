#include <fmt/format.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "bindings/net/connector.h"
#include "bindings/sink/socket_answer.h"
#include "bindings/sink/socket_transport.h"

namespace penstock {

namespace {

using net::Channel;
using net::Transfer;
using std::chrono::milliseconds;

// How long a TLS 1.3 server that has asked for our certificate, and has said nothing since, may take to refuse it.
constexpr milliseconds refusal_time{500};

// Connections that stand and carry nothing at the moment.
class IdleConnections {
 public:
  ~IdleConnections() {
    for (const auto& channel : idle_) channel->finish_writing();
  }
  // One that still stands; null: there is none. `refused`: why a peer wants nothing more to do with one that it had.
  std::unique_ptr<Channel> take(Status& refused) {
    while (!idle_.empty()) {
      std::unique_ptr<Channel> channel = std::move(idle_.back());
      idle_.pop_back();
      if (stands(*channel)) return channel;
      if (channel->failure().code() == Code::denied) refused = Status(Code::denied, channel->failure().text());
    }
    return nullptr;
  }
  void give(std::unique_ptr<Channel> channel) { idle_.push_back(std::move(channel)); }

  // Reads and forgets what the other side says (nobody asked it anything); false when it has closed.
  static bool stands(Channel& channel) {
    char ignored[4096];
    constexpr int reads_max = 16;
    for (int i = 0; i < reads_max; ++i) {
      const Transfer transfer = channel.read(ignored);
      if (transfer.waits()) return true;
      if (transfer.kind != Transfer::Kind::done) return false;
    }
    return true;
  }

 private:
  std::vector<std::unique_ptr<Channel>> idle_;
};

class StreamRequest final : public Transport::Request {
 public:
  StreamRequest(const SocketOptions& options, net::TlsClient* tls, Scheduler& scheduler, IdleConnections& idle, ByteView body,
                std::function<void(Answer)> done)
      : options_(options), tls_(tls), scheduler_(scheduler), idle_(idle), body_(body), done_(std::move(done)) {
    step_ = scheduler_.after(milliseconds(0), [this] { begin(); });
  }

 private:
  void begin() {
    progress();
    Status refused;
    if (std::unique_ptr<Channel> channel = idle_.take(refused)) return use(std::move(channel));
    // Whoever has to mend that is told now: a new connection might look well until it is refused as late as the old one.
    if (!refused.ok()) return finish(failure_of(refused));
    fresh_ = true;
    connector_ = net::Connector::connect(scheduler_, {options_.address, net::SocketKind::stream, tls_, options_.connect_timeout},
                                         [this](Result<std::unique_ptr<Channel>> connected) {
                                           if (!connected.ok()) return finish(answer_of(connected.status()));
                                           use(*std::move(connected));
                                         });
  }

  void use(std::unique_ptr<Channel> channel) {
    channel_ = std::move(channel);
    watch_ = scheduler_.watch(channel_->fd(), [this](Readiness) { write_some(); });
    if (!watch_) return finish({Outcome::transient, "the connection cannot be watched", {}});
    write_some();
  }

  void write_some() {
    // What the other side says of us comes first: writing on would find no more than a reset.
    if (channel_->is_ready() && !IdleConnections::stands(*channel_)) return finish(failure("closed by the other side"));
    while (sent_ < body_.size()) {
      const Transfer transfer = channel_->write(body_.substr(sent_));
      if (transfer.waits()) return watch_->want(transfer.wanted());
      if (transfer.kind != Transfer::Kind::done) return finish(failure("cut"));
      sent_ += transfer.bytes;
      progress();
    }
    watch_->want({});
    confirm();
  }

  // Everything is with our kernel: waits until the other one has it.
  void confirm() {
    if (!IdleConnections::stands(*channel_)) return finish(failure("closed by the other side"));
    int unacknowledged = 0;
    if (::ioctl(channel_->fd(), SIOCOUTQ, &unacknowledged) != 0) unacknowledged = 0;
    if (unacknowledged == 0 && !may_be_refused()) {
      watch_.reset();
      idle_.give(std::move(channel_));
      return finish({});
    }
    if (unacknowledged != unacknowledged_) progress();
    unacknowledged_ = unacknowledged;
    constexpr milliseconds asked_at_most_every{20};
    step_ = scheduler_.after(confirm_delay_, [this] { confirm(); });
    confirm_delay_ = std::min(confirm_delay_ * 2, asked_at_most_every);
  }

  // Everything is acknowledged, and still the other side may throw it away.
  bool may_be_refused() {
    if (!fresh_ || channel_->is_accepted()) return false;
    if (!acknowledged_) acknowledged_ = scheduler_.now();
    return scheduler_.now() - *acknowledged_ < refusal_time;
  }

  Answer failure_of(const Status& status) const {
    Answer answer = answer_of(status);
    answer.text = options_.address.text() + ": " + answer.text;
    return answer;
  }
  Answer failure(const char* what) const {
    if (!channel_->failure().ok()) return failure_of(channel_->failure());
    return {Outcome::transient, fmt::format("{}: the connection was {}", options_.address.text(), what), {}};
  }

  void progress() {
    timeout_ = scheduler_.after(options_.timeout, [this] {
      finish({Outcome::transient, fmt::format("{}: took nothing for {} s", options_.address.text(), static_cast<double>(options_.timeout.count()) / 1000), {}});
    });
  }

  void finish(Answer answer) {
    timeout_.reset();
    step_.reset();
    watch_.reset();
    channel_.reset();
    const auto done = std::move(done_);
    done(std::move(answer));  // *this may be gone now
  }

  const SocketOptions& options_;
  net::TlsClient* tls_;
  Scheduler& scheduler_;
  IdleConnections& idle_;
  const ByteView body_;
  std::function<void(Answer)> done_;
  std::size_t sent_ = 0;
  int unacknowledged_ = -1;
  milliseconds confirm_delay_{1};
  bool fresh_ = false;  // the connection was made for this request
  std::optional<milliseconds> acknowledged_;  // when everything was, for the first time
  std::unique_ptr<net::Connector> connector_;
  std::unique_ptr<Channel> channel_;
  std::unique_ptr<DescriptorWatch> watch_;  // goes before its channel
  std::unique_ptr<Scheduled> step_;
  std::unique_ptr<Scheduled> timeout_;
};

class StreamTransport final : public Transport {
 public:
  StreamTransport(const SocketOptions& options, Scheduler& scheduler) : options_(options), scheduler_(scheduler) {}

  Status open() override {
    if (!options_.tls) return {};
    Result<std::unique_ptr<net::TlsClient>> tls = net::TlsClient::open(*options_.tls);
    if (!tls.ok()) return tls.take_status();
    tls_ = *std::move(tls);
    return {};
  }

  std::unique_ptr<Request> send(const Package& package, std::function<void(Answer)> done) override {
    return std::make_unique<StreamRequest>(options_, tls_.get(), scheduler_, idle_, package.body.view(), std::move(done));
  }

 private:
  const SocketOptions& options_;
  Scheduler& scheduler_;
  std::unique_ptr<net::TlsClient> tls_;
  IdleConnections idle_;
};

}  // namespace

std::unique_ptr<Transport> make_stream_transport(const SocketOptions& options, Scheduler& scheduler) {
  return std::make_unique<StreamTransport>(options, scheduler);
}

}  // namespace penstock
