#include "runtime/main/notify_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace penstock {

namespace {

std::string take_variable(const char* name) {
  const char* text = std::getenv(name);
  std::string taken = text ? text : "";
  ::unsetenv(name);
  return taken;
}

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// sd_watchdog_enabled(3): a $WATCHDOG_PID of another process means that another one is watched.
std::optional<std::chrono::microseconds> take_watchdog() {
  const std::optional<std::uint64_t> usec = number(take_variable("WATCHDOG_USEC"));
  const std::string pid = take_variable("WATCHDOG_PID");
  if (!usec || *usec == 0) return std::nullopt;
  if (!pid.empty() && number(pid) != static_cast<std::uint64_t>(::getpid())) return std::nullopt;
  return std::chrono::microseconds(*usec);
}

// A line ends a variable, so a status has one.
std::string one_line(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

}  // namespace

NotifySocket::NotifySocket() : watchdog_(take_watchdog()) {
  address_ = take_variable("NOTIFY_SOCKET");
  if (address_.size() < 2 || (address_[0] != '/' && address_[0] != '@') || address_.size() >= sizeof(sockaddr_un::sun_path)) return;
  if (address_[0] == '@') address_[0] = '\0';
  fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

NotifySocket::~NotifySocket() {
  if (fd_ >= 0) ::close(fd_);
}

void NotifySocket::send(const std::string& lines) const {
  if (fd_ < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size() + (address_[0] == '\0' ? 0 : 1));
  (void)::sendto(fd_, lines.data(), lines.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), size);
}

void NotifySocket::ready(std::string_view status) const { send("READY=1\nSTATUS=" + one_line(status)); }

void NotifySocket::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reloading", now.tv_sec * 1'000'000LL + now.tv_nsec / 1000));
}

void NotifySocket::stopping() const { send("STOPPING=1\nSTATUS=delivering what was read"); }
void NotifySocket::status(std::string_view text) const { send("STATUS=" + one_line(text)); }
void NotifySocket::alive() const { send("WATCHDOG=1"); }

}  // namespace penstock
