#include "bindings/net/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>

namespace penstock::net {

namespace {

constexpr std::string_view unix_prefix = "unix:";

Status wrong(std::string_view text) {
  return Status(Code::invalid, fmt::format("\"{}\" is no address (allowed: \"host:port\", \"[::1]:port\", \":port\", \"unix:/path\")", text));
}

bool read_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

Result<SocketAddress> unix_address(const std::string& path) {
  SocketAddress out;
  auto& name = *reinterpret_cast<sockaddr_un*>(&out.storage);
  if (path.size() >= sizeof name.sun_path)
    return Status(Code::invalid, fmt::format("the path of a Unix socket has at most {} bytes, \"{}\" has {}", sizeof name.sun_path - 1, path, path.size()));
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  out.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return out;
}

}  // namespace

std::string Address::text() const {
  if (is_unix()) return std::string(unix_prefix) + path;
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

Result<Address> Address::parse(std::string_view text) {
  Address out;
  if (text.starts_with(unix_prefix)) {
    out.path = text.substr(unix_prefix.size());
    return out.path.empty() ? Result<Address>(wrong(text)) : Result<Address>(out);
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !read_port(text.substr(colon + 1), out.port)) return wrong(text);
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find_first_of(":[]/ ") != std::string_view::npos) return wrong(text);
  if (bracketed && host.find(':') == std::string_view::npos) return wrong(text);
  out.host = host.empty() ? "127.0.0.1" : host;
  return out;
}

std::uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port);
  return 0;
}

std::string SocketAddress::text() const {
  char host[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr, host, sizeof host);
    return fmt::format("{}:{}", host, port());
  }
  if (family() == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr, host, sizeof host);
    return fmt::format("[{}]:{}", host, port());
  }
  const auto& name = *reinterpret_cast<const sockaddr_un*>(&storage);
  const bool named = size > offsetof(sockaddr_un, sun_path) && name.sun_path[0] != '\0';
  return named ? std::string(unix_prefix) + name.sun_path : "unix";
}

Result<SocketAddress> numeric_address(const Address& address) {
  if (address.is_unix()) return unix_address(address.path);
  SocketAddress out;
  const std::string host = address.host == "localhost" ? "127.0.0.1" : address.host;
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> held(found, freeaddrinfo);
  if (error != 0)
    return Status(Code::invalid, fmt::format("\"{}\" is no IP address (hint: \"127.0.0.1:{}\", \"0.0.0.0:{}\" for every interface)", address.host, address.port, address.port));
  std::memcpy(&out.storage, found->ai_addr, found->ai_addrlen);
  out.size = found->ai_addrlen;
  return out;
}

SocketAddress own_address(int fd) {
  SocketAddress out;
  out.size = sizeof out.storage;
  if (getsockname(fd, out.get(), &out.size) != 0) out.size = 0;
  return out;
}

SocketAddress peer_address(int fd) {
  SocketAddress out;
  out.size = sizeof out.storage;
  if (getpeername(fd, out.get(), &out.size) != 0) out.size = 0;
  return out;
}

}  // namespace penstock::net
