// The sockets on which a server listens: one for each worker, all on one address, so that the kernel spreads connections.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/status.h"

namespace penstock::http {

// `127.0.0.1:8080`, `[::1]:8080`, `:8080` (every address, IPv4 and IPv6), `localhost:8080`. Port 0: the kernel chooses.
struct ListenAddress {
  std::string host;  // without brackets; empty: every address
  std::uint16_t port = 0;

  // Fails with Code::invalid, naming what was given and what is expected.
  static Result<ListenAddress> parse(std::string_view text);
  std::string text() const;
  // Only this machine can connect.
  bool loopback() const;
};

// A TCP socket that listens: non-blocking, closed on exec, SO_REUSEADDR and SO_REUSEPORT. Move-only; closes when it goes.
class ListeningSocket {
 public:
  // Looks the host up (waits for that) and takes its first address. Fails with the address in the text.
  static Result<ListeningSocket> open(const ListenAddress& address, int backlog = 1024);
  ListeningSocket(ListeningSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ListeningSocket& operator=(ListeningSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~ListeningSocket();

  int fd() const { return fd_; }
  // The one in use, also when 0 was asked for.
  std::uint16_t port() const;
  // The descriptor is the caller's from now on.
  int release() { return std::exchange(fd_, -1); }

 private:
  explicit ListeningSocket(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace penstock::http
