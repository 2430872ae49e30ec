#include "bindings/net/listening_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>

namespace penstock::net {

// Closes the socket with the last hold; the file of a Unix socket goes with it.
struct ListeningSocket::Shared {
  Descriptor descriptor;
  std::string path;
  ino_t inode = 0;

  ~Shared() {
    // Not when somebody else has put a socket of theirs there meanwhile.
    struct stat found {};
    if (!path.empty() && ::lstat(path.c_str(), &found) == 0 && found.st_ino == inode) ::unlink(path.c_str());
  }
};

namespace {

constexpr int backlog = 4096;  // the kernel caps it at net.core.somaxconn

using Shared = ListeningSocket::Shared;

struct Entry {
  ListenOwner owner;
  std::uint16_t port = 0;
  std::map<int, std::weak_ptr<Shared>> sockets;  // by worker

  bool alive() const {
    for (const auto& [worker, socket] : sockets)
      if (!socket.expired()) return true;
    return false;
  }
};

// What this process listens on.
struct Table {
  std::mutex mutex;
  std::map<std::string, Entry> entries;  // guarded by mutex
};

Table& table() {
  static Table process_wide;
  return process_wide;
}

Status failed(const Address& address, int error) { return Status::from_errno(error, "cannot listen on " + address.text()); }

int socket_type(SocketKind kind) { return kind == SocketKind::stream ? SOCK_STREAM : SOCK_DGRAM; }

void turn_on(int fd, int level, int option) {
  const int one = 1;
  ::setsockopt(fd, level, option, &one, sizeof one);
}

Result<Descriptor> make_socket(const ListenOptions& options, int family) {
  Descriptor out(::socket(family, socket_type(options.kind) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out) return failed(options.address, errno);
  return out;
}

// Binds without SO_REUSEPORT, which fails when anybody at all has the address, and lets it go. Returns the port.
Result<std::uint16_t> find_port(const ListenOptions& options, const SocketAddress& address) {
  Result<Descriptor> socket = make_socket(options, address.family());
  if (!socket.ok()) return socket.take_status();
  // For TCP that is no more than not to mind connections of an earlier listener that have ended.
  if (options.kind == SocketKind::stream) turn_on(socket->get(), SOL_SOCKET, SO_REUSEADDR);
  if (::bind(socket->get(), address.get(), address.size) != 0) return failed(options.address, errno);
  return own_address(socket->get()).port();
}

void set_port(SocketAddress& address, std::uint16_t port) {
  if (address.family() == AF_INET) reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = htons(port);
  if (address.family() == AF_INET6) reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = htons(port);
}

Result<std::shared_ptr<Shared>> finish(const ListenOptions& options, Descriptor socket) {
  // Whoever may (CAP_NET_ADMIN) gets more than net.core.rmem_max. A stream's buffer is better left to the kernel's own tuning.
  if (options.receive_buffer > 0 && options.kind == SocketKind::datagram &&
      ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &options.receive_buffer, sizeof options.receive_buffer) != 0)
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof options.receive_buffer);
  if (options.kind == SocketKind::stream && ::listen(socket.get(), backlog) != 0) return failed(options.address, errno);
  auto shared = std::make_shared<Shared>();
  shared->descriptor = std::move(socket);
  return shared;
}

Result<std::shared_ptr<Shared>> open_inet(const ListenOptions& options, const SocketAddress& address) {
  Result<Descriptor> socket = make_socket(options, address.family());
  if (!socket.ok()) return socket.take_status();
  if (options.kind == SocketKind::stream) turn_on(socket->get(), SOL_SOCKET, SO_REUSEADDR);
  turn_on(socket->get(), SOL_SOCKET, SO_REUSEPORT);
  const int no = 0;
  if (address.family() == AF_INET6) ::setsockopt(socket->get(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
  if (::bind(socket->get(), address.get(), address.size) != 0) return failed(options.address, errno);
  return finish(options, *std::move(socket));
}

// A socket file that nobody listens on is left over from a process that was killed.
Status remove_stale(const ListenOptions& options, const SocketAddress& address) {
  struct stat found {};
  if (::lstat(options.address.path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) return Status(Code::invalid, "cannot listen on " + options.address.text() + ": the file exists and is no socket");
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    const Descriptor probe(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!probe) return failed(options.address, errno);
    // EPROTOTYPE: a socket of the other kind is alive there; EAGAIN: its backlog is full.
    if (::connect(probe.get(), address.get(), address.size) == 0 || (errno != ECONNREFUSED && errno != EPROTOTYPE)) return failed(options.address, EADDRINUSE);
  }
  return ::unlink(options.address.path.c_str()) == 0 || errno == ENOENT ? Status() : failed(options.address, errno);
}

Result<std::shared_ptr<Shared>> open_unix(const ListenOptions& options, const SocketAddress& address) {
  if (Status stale = remove_stale(options, address); !stale.ok()) return stale;
  Result<Descriptor> socket = make_socket(options, AF_UNIX);
  if (!socket.ok()) return socket.take_status();
  // The mode of the file comes from the socket's own and the umask: never more open than it will be.
  ::fchmod(socket->get(), options.mode & 0777);
  if (::bind(socket->get(), address.get(), address.size) != 0) return failed(options.address, errno);
  if (::chmod(options.address.path.c_str(), options.mode & 0777) != 0) return failed(options.address, errno);
  Result<std::shared_ptr<Shared>> shared = finish(options, *std::move(socket));
  struct stat made {};
  if (shared.ok() && ::lstat(options.address.path.c_str(), &made) == 0) {
    (*shared)->path = options.address.path;
    (*shared)->inode = made.st_ino;
  }
  return shared;
}

Result<std::shared_ptr<Shared>> open_new(const ListenOptions& options, Entry& entry) {
  Result<SocketAddress> address = numeric_address(options.address);
  if (!address.ok()) return address.take_status();
  if (options.address.is_unix()) return open_unix(options, *address);
  if (!entry.alive()) {
    Result<std::uint16_t> port = find_port(options, *address);
    if (!port.ok()) return port.take_status();
    entry.port = *port;
  }
  set_port(*address, entry.port);
  return open_inet(options, *address);
}

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> number{0};
  return ++number;
}

}  // namespace

std::string ListenOwner::text() const { return fmt::format("source {} of pipeline {}", source, pipeline); }

ListeningSocket::ListeningSocket() = default;
ListeningSocket::ListeningSocket(Descriptor descriptor, std::shared_ptr<Shared> shared, bool first)
    : descriptor_(std::move(descriptor)), shared_(std::move(shared)), first_(first) {}
ListeningSocket::ListeningSocket(ListeningSocket&&) noexcept = default;
ListeningSocket& ListeningSocket::operator=(ListeningSocket&&) noexcept = default;
ListeningSocket::~ListeningSocket() = default;

bool ListeningSocket::is_shared() const { return shared_.use_count() > 1; }

Listening::Listening(ListenOptions options) : options_(std::move(options)), number_(next_number()) {}

std::string Listening::key() const {
  const bool any_port = !options_.address.is_unix() && options_.address.port == 0;
  return fmt::format("{} {} {}", socket_type(options_.kind), options_.address.text(), any_port ? number_ : 0);
}

Result<ListeningSocket> Listening::open(const ListenOwner& owner, int worker) {
  if (options_.address.is_unix()) worker = 0;
  const std::lock_guard lock(table().mutex);
  Entry& entry = table().entries[key()];
  const bool first = !entry.alive();
  if (first) entry = Entry{owner, 0, {}};
  if (!(entry.owner == owner)) return Status(Code::io, fmt::format("cannot listen on {}: {} does already", options_.address.text(), entry.owner.text()));
  std::shared_ptr<Shared> shared = entry.sockets[worker].lock();
  if (!shared) {
    Result<std::shared_ptr<Shared>> opened = open_new(options_, entry);
    if (!opened.ok()) return opened.take_status();
    shared = *std::move(opened);
    entry.sockets[worker] = shared;
  }
  // A descriptor of its own for each hold: an event loop watches a descriptor only once.
  Descriptor own(::fcntl(shared->descriptor.get(), F_DUPFD_CLOEXEC, 0));
  if (!own) return failed(options_.address, errno);
  return ListeningSocket(std::move(own), std::move(shared), first);
}

}  // namespace penstock::net
