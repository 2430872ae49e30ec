#include "bindings/net/connector.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace penstock::net {

namespace {

struct LookUp {
  std::string host;
  std::string port;
  int type = SOCK_STREAM;
  // The result.
  std::vector<SocketAddress> addresses;
  int error = 0;
  int system_error = 0;

  // On a thread of the pool.
  void run() {
    addrinfo hints{};
    hints.ai_socktype = type;
    hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    system_error = errno;
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> held(found, freeaddrinfo);
    for (const addrinfo* each = found; error == 0 && each != nullptr; each = each->ai_next) {
      SocketAddress address;
      std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
      address.size = each->ai_addrlen;
      addresses.push_back(address);
    }
  }
  Status failure() const {
    const bool unknown = error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY;
    const char* const reason = error == EAI_SYSTEM ? std::strerror(system_error) : ::gai_strerror(error);
    return Status(unknown ? Code::not_found : Code::retryable, fmt::format("cannot look up \"{}\": {}", host, reason));
  }
};

class Attempt final : public Connector {
 public:
  Attempt(Scheduler& scheduler, const ConnectOptions& options, Done done)
      : scheduler_(scheduler), options_(options), done_(std::move(done)), deadline_(scheduler.now() + options.timeout) {
    timeout_ = scheduler_.after(options_.timeout, [this] { finish(no_answer()); });
    if (!options_.known.empty()) {
      addresses_ = options_.known;
      step_ = scheduler_.after(std::chrono::milliseconds(0), [this] { try_next(); });
    } else if (Result<SocketAddress> numeric = numeric_address(options_.address); numeric.ok()) {
      addresses_.push_back(*numeric);
      step_ = scheduler_.after(std::chrono::milliseconds(0), [this] { try_next(); });
    } else if (options_.address.is_unix()) {
      step_ = scheduler_.after(std::chrono::milliseconds(0), [this, why = numeric.status().text()] { finish(Status(Code::invalid, why)); });
    } else {
      look_up();
    }
  }

 private:
  void look_up() {
    auto names = std::make_shared<LookUp>();
    names->host = options_.address.host;
    names->port = std::to_string(options_.address.port);
    names->type = type();
    step_ = scheduler_.in_background([names] { names->run(); }, [this, names] {
      if (names->error != 0) return finish(names->failure());
      addresses_ = std::move(names->addresses);
      try_next();
    });
  }

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
    return Status(Code::io, fmt::format("cannot connect to {}: no answer in {} s", options_.address.text(), options_.timeout.count() / 1000.0));
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
