// Sockets that wait for others: bound once for each worker to one address, and handed from a plan to its successor.
#pragma once
#include <sys/types.h>

#include <memory>
#include <string>

#include "bindings/net/address.h"
#include "bindings/net/descriptor.h"

namespace penstock::net {

enum class SocketKind : std::uint8_t { stream, datagram };

struct ListenOptions {
  Address address;
  SocketKind kind = SocketKind::stream;
  int receive_buffer = 0;   // of datagrams, in bytes, as far as the kernel allows; 0: the kernel's default
  mode_t mode = 0660;       // of a Unix socket's file
};

// Who listens: two that differ cannot have one address, but a plan and the one that replaces it are the same.
struct ListenOwner {
  std::string pipeline;
  int source = 0;           // its number among the pipeline's sources
  bool operator==(const ListenOwner&) const = default;
  std::string text() const;
};

// One worker's hold on a listening socket: nonblocking, close-on-exec; a stream socket listens. Move-only.
class ListeningSocket {
 public:
  struct Shared;

  ListeningSocket();
  ListeningSocket(Descriptor descriptor, std::shared_ptr<Shared> shared, bool first);
  ListeningSocket(ListeningSocket&&) noexcept;
  ListeningSocket& operator=(ListeningSocket&&) noexcept;
  ~ListeningSocket();

  int fd() const { return descriptor_.get(); }
  explicit operator bool() const { return static_cast<bool>(descriptor_); }
  // As bound: with the port that the kernel chose for port 0.
  SocketAddress address() const { return own_address(fd()); }
  // No other worker had it open before: the one that tells people of it.
  bool first() const { return first_; }
  // Somebody else holds this very socket (a plan that takes over): what waits in it is theirs too.
  bool is_shared() const;

 private:
  Descriptor descriptor_;
  std::shared_ptr<Shared> shared_;
  bool first_ = false;
};

// An address that the workers of one source listen on. Thread-safe.
//
// Each worker has a socket of its own (SO_REUSEPORT: the kernel spreads connections, and the datagrams of one sender stay with
// one worker); with port 0 all have the port of the first. A Unix stream socket is one for all, a datagram one is for worker 0.
// That an address is in use by another process is noticed, though that one has SO_REUSEPORT too.
//
// Sockets are kept by address in the process: while an owner's plan still listens, its successor shares the same sockets, so
// that no connection that waits to be accepted is lost by a reload.
class Listening {
 public:
  explicit Listening(ListenOptions options);

  const ListenOptions& options() const { return options_; }
  // Whether `worker` has a socket here at all.
  bool serves(int worker) const { return worker == 0 || !options_.address.is_unix() || options_.kind == SocketKind::stream; }
  // Fails with Code::invalid (no such address), denied (a port below 1024), limit, or io: in use, and by whom, as far as known.
  Result<ListeningSocket> open(const ListenOwner& owner, int worker);

 private:
  std::string key() const;

  const ListenOptions options_;
  // Tells the ports 0 of several sources apart.
  const std::uint64_t number_;
};

}  // namespace penstock::net
