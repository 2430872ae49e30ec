// What a service tells systemd about itself: sd_notify(3), whose datagrams to $NOTIFY_SOCKET are documented as stable.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace penstock {

// For the main thread. Without $NOTIFY_SOCKET nothing is sent anywhere. A datagram that cannot be sent is let go: the service
// manager is nobody whom a log pipeline waits for.
class NotifySocket {
 public:
  // Takes $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID out of the environment, so that commands that pipelines start do
  // not speak for the service.
  NotifySocket();
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  bool listening() const { return fd_ >= 0; }
  // How often the manager wants to hear alive(); nothing: never.
  std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

  // Everything runs (again).
  void ready(std::string_view status) const;
  // A reload begins; ready() ends it. Has the monotonic time, as Type=notify-reload wants it.
  void reloading() const;
  void stopping() const;
  void status(std::string_view text) const;
  void alive() const;

 private:
  void send(const std::string& lines) const;

  int fd_ = -1;
  std::string address_;  // of a sockaddr_un's sun_path, with a zero byte first for an abstract one
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace penstock
