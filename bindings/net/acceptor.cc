#include "bindings/net/acceptor.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>

namespace penstock::net {

namespace {

// A peer that vanished without a word is noticed after about two minutes.
void keep_alive(int fd, const SocketAddress& peer) {
  if (peer.family() == AF_UNIX) return;
  const int on = 1, idle_seconds = 60, interval_seconds = 15, probes = 4;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_seconds, sizeof interval_seconds);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

}  // namespace

Acceptor::Acceptor(Scheduler& scheduler, ListeningSocket socket, AcceptorOptions options)
    : scheduler_(scheduler), socket_(std::move(socket)), options_(std::move(options)) {}

Acceptor::~Acceptor() = default;

Status Acceptor::start() {
  watch_ = scheduler_.watch(socket_.fd(), [this](Readiness) { accept_some(); });
  if (!watch_) return Status(Code::unsupported, "the listening socket cannot be watched");
  watch_again();
  return {};
}

void Acceptor::watch_again() {
  resting_.reset();
  if (watch_) watch_->want({true, false});
}

void Acceptor::closed() {
  --open_;
  if (resting_) watch_again();
}

void Acceptor::stop() {
  resting_.reset();
  if (!socket_) return;
  if (!socket_.is_shared()) {
    // Bounded: what a flood adds meanwhile is refused like what comes later.
    for (std::size_t i = 0; i < options_.connections_max && accept_one() == Taken::one; ++i) {
    }
  }
  watch_.reset();
  socket_ = ListeningSocket();
}

void Acceptor::accept_some() {
  for (int i = 0; i < accepts_max; ++i) {
    const Taken taken = accept_one();
    if (taken == Taken::out_of_descriptors) rest_a_while(errno);
    if (taken != Taken::one) return;
  }
}

Acceptor::Taken Acceptor::accept_one() {
  SocketAddress peer;
  peer.size = sizeof peer.storage;
  Descriptor socket(::accept4(socket_.fd(), peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return Taken::out_of_descriptors;
    // Of the connection, which has ended while it waited (accept(2)): there may be others behind it.
    const bool none = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINVAL || errno == EBADF;
    return none ? Taken::none : Taken::one;
  }
  if (open_ >= options_.connections_max) {
    ++refused_;
    options_.on_message(fmt::format("refuses connections: connections_max ({}) are open", options_.connections_max));
    return Taken::one;
  }
  ++open_;
  keep_alive(socket.get(), peer);
  options_.on_connection(std::move(socket), peer);
  return Taken::one;
}

void Acceptor::rest_a_while(int error) {
  options_.on_message(fmt::format("takes no connections for a while: {}", std::strerror(error)));
  watch_->want({});
  resting_ = scheduler_.after(rest, [this] { watch_again(); });
}

}  // namespace penstock::net
