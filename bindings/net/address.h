// Addresses as scripts write them, and as the kernel wants them.
#pragma once
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace penstock::net {

// Where something listens, or is to be reached.
struct Address {
  std::string host;         // a name or an IP address, without brackets; empty for a Unix socket
  std::uint16_t port = 0;
  std::string path;         // of a Unix socket: everything else is empty then

  bool is_unix() const { return !path.empty(); }
  // As parse() reads it: `127.0.0.1:514`, `[::1]:514`, `unix:/run/app.sock`.
  std::string text() const;
  bool operator==(const Address&) const = default;

  // `host:port`, `[::1]:port`, `:port` (this machine: 127.0.0.1), `unix:/path`. An IPv6 address needs its brackets. Fails with
  // Code::invalid, naming the text and what is allowed.
  static Result<Address> parse(std::string_view text);
};

// The kernel's form of an address.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  std::uint16_t port() const;  // 0 for a Unix socket
  // `127.0.0.1:514`, `[::1]:514`, `unix:/path`, `unix` for a nameless Unix socket.
  std::string text() const;
};

// Without asking anybody: an IP address, `localhost` (127.0.0.1), or a Unix path. Fails with Code::invalid for other names, and
// for a path longer than the kernel takes (107 bytes).
Result<SocketAddress> numeric_address(const Address& address);

// The kernel's name of a socket's own end. Requires an open socket.
SocketAddress own_address(int fd);
// Of the other end. Requires a connected socket.
SocketAddress peer_address(int fd);

}  // namespace penstock::net
