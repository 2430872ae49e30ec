#include "bindings/http/listening_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <memory>

namespace penstock::http {

namespace {

struct AddressesDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, AddressesDeleter>;

Result<Addresses> look_up(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  // Without a host: the IPv6 wildcard takes IPv4 too, where the machine has IPv6.
  if (address.host.empty()) hints.ai_family = AF_INET6;
  addrinfo* found = nullptr;
  const char* host = address.host.empty() ? nullptr : address.host.c_str();
  int error = getaddrinfo(host, std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) return Status(Code::not_found, address.text() + ": " + gai_strerror(error));
  return Addresses(found);
}

void allow_sharing(int fd, int family) {
  const int on = 1, off = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  const auto wrong = [&] {
    return Status(Code::invalid, "\"" + std::string(text) + "\" is no address to listen on: \"HOST:PORT\" or \":PORT\" is expected, such as \"127.0.0.1:8080\" or \"[::1]:8080\"");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find(':') != std::string_view::npos) return wrong();
  ListenAddress address{std::string(host), 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) return wrong();
  return address;
}

std::string ListenAddress::text() const {
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool ListenAddress::loopback() const {
  if (host == "localhost" || host == "::1") return true;
  in_addr four{};
  return inet_pton(AF_INET, host.c_str(), &four) == 1 && (ntohl(four.s_addr) >> 24) == 127;
}

Result<ListeningSocket> ListeningSocket::open(const ListenAddress& address, int backlog) {
  Result<Addresses> found = look_up(address);
  if (!found.ok()) return found.take_status();
  const addrinfo* at = found->get();
  sockaddr_storage any_four{};
  socklen_t size = at->ai_addrlen;
  int family = at->ai_family;
  const sockaddr* to = at->ai_addr;
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 && errno == EAFNOSUPPORT && address.host.empty()) {
    auto* four = reinterpret_cast<sockaddr_in*>(&any_four);
    four->sin_family = AF_INET;
    four->sin_port = htons(address.port);
    family = AF_INET;
    size = sizeof(sockaddr_in);
    to = reinterpret_cast<const sockaddr*>(&any_four);
    fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  }
  if (fd < 0) return Status::from_errno(errno, address.text());
  ListeningSocket opened(fd);
  allow_sharing(fd, family);
  if (bind(fd, to, size) != 0 || listen(fd, backlog) != 0) return Status::from_errno(errno, address.text());
  return opened;
}

ListeningSocket::~ListeningSocket() {
  if (fd_ >= 0) close(fd_);
}

std::uint16_t ListeningSocket::port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return address.ss_family == AF_INET6 ? ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port)
                                       : ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

}  // namespace penstock::http
