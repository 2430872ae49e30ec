// A real loop with real sockets on this machine: how tests of servers and clients wait, and a client that speaks bare bytes.
#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "bindings/http/server.h"
#include "runtime/loop/loop.h"

namespace penstock::testing {

// A socket of this machine with a port that the kernel chose.
inline net::ListeningSocket free_port() {
  net::Listening listening({.address = net::Address::parse("127.0.0.1:0").value()});
  Result<net::ListeningSocket> socket = listening.open({"test", 0}, 0);
  EXPECT_TRUE(socket.ok()) << socket.status().text();
  return *std::move(socket);
}

class LoopTest : public ::testing::Test {
 protected:
  // Runs the loop until `condition` holds; false after ten seconds.
  template <class Condition>
  bool until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop->run_ready();
      poll(nullptr, 0, 1);
    }
    return true;
  }

  std::unique_ptr<Loop> loop = *Loop::open();
};

// A connection on which a test writes and reads what it likes.
class BareClient {
 public:
  explicit BareClient(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~BareClient() { hang_up(); }
  bool connected() const { return connected_; }
  int fd() const { return fd_; }
  void set_nonblocking() const { fcntl(fd_, F_SETFL, O_NONBLOCK); }
  void write(std::string_view text) { EXPECT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size())); }
  // What fits now, without waiting.
  std::size_t write_some(std::string_view text) {
    const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  // All that came so far.
  const std::string& read() {
    char bytes[65536];
    while (!closed_) {
      const ssize_t got = recv(fd_, bytes, sizeof(bytes), MSG_DONTWAIT);
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
      if (got <= 0) closed_ = true;
      if (got > 0) received_.append(bytes, static_cast<std::size_t>(got));
    }
    return received_;
  }
  bool closed() {
    read();
    return closed_;
  }
  void hang_up() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
    closed_ = true;
  }

 private:
  int fd_;
  bool connected_ = false;
  bool closed_ = false;
  std::string received_;
};

}  // namespace penstock::testing
