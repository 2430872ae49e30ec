// A source that listens, on a real loop, and the peers that talk to it.
#pragma once
#include <chrono>
#include <string>

#include "bindings/net/address.h"
#include "bindings/net/descriptor.h"
#include "runtime/loop/loop.h"
#include "tests/unit/bindings/source/source_bench.h"

namespace penstock::testing {

class LoopBench : public SourceBench {
 public:
  using SourceBench::SourceBench;
  Scheduler& scheduler() override { return *loop; }

  // Runs the loop until `done`, which has to come within some seconds.
  template <class Done>
  bool until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop->run_ready();
    }
    return true;
  }
  bool until_lines(std::size_t count) {
    return until([&] { return lines().size() >= count; });
  }
  // What is ready now and what that makes ready.
  void turn() {
    for (int i = 0; i < 8; ++i) loop->run_ready();
  }
  std::size_t ended() const {
    std::size_t count = 0;
    for (const auto& stream : taken) count += stream->ended ? 1 : 0;
    return count;
  }

  std::unique_ptr<Loop> loop = Loop::open().value();
};

// The other end of a connection.
class Peer {
 public:
  explicit Peer(const std::string& address, int type = SOCK_STREAM) {
    const net::SocketAddress to = net::numeric_address(net::Address::parse(address).value()).value();
    socket_ = net::Descriptor(::socket(to.family(), type | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(socket_.get(), to.get(), to.size), 0) << address << ": " << std::strerror(errno);
  }
  void send(const std::string& bytes) { EXPECT_EQ(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size())); }
  void close() { socket_.reset(); }
  // Cuts the connection: the other side's next read fails.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket_.reset();
  }
  // Whether the other side has closed, waiting for it.
  bool sees_end() {
    char byte = 0;
    return ::recv(socket_.get(), &byte, 1, 0) <= 0;
  }
  int fd() const { return socket_.get(); }
  net::Descriptor release() { return std::move(socket_); }

 private:
  net::Descriptor socket_;
};

// A port that was free a moment ago.
inline std::string free_address(int type = SOCK_STREAM) {
  const net::SocketAddress any = net::numeric_address({"127.0.0.1", 0, ""}).value();
  const net::Descriptor socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(socket.get(), any.get(), any.size), 0);
  return net::own_address(socket.get()).text();
}

}  // namespace penstock::testing
