// Takes connections from a listening socket as they come.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "bindings/net/listening_socket.h"
#include "runtime/loop/scheduler.h"

namespace penstock::net {

struct AcceptorOptions {
  std::size_t connections_max = 10'000;  // open at a time; more are closed at once, and told about
  std::function<void(Descriptor socket, const SocketAddress& peer)> on_connection;
  // Something for the operator's log: may be called for every connection.
  std::function<void(const std::string&)> on_message;
};

// One worker's. When the process has no descriptors left it rests until a connection of its own is closed or a while has passed,
// instead of asking again and again.
class Acceptor {
 public:
  static constexpr std::chrono::milliseconds rest{500};
  static constexpr int accepts_max = 64;  // in one turn

  Acceptor(Scheduler& scheduler, ListeningSocket socket, AcceptorOptions options);
  ~Acceptor();

  // Code::unsupported when the socket cannot be watched.
  Status start();
  // One that was accepted is gone. To be called for every one.
  void closed();
  // Takes what waits in the backlog, unless a successor will, and listens no more. Connections that come from now on are refused by
  // the kernel.
  void stop();

  std::size_t open_connections() const { return open_; }
  std::size_t refused() const { return refused_; }
  const ListeningSocket& socket() const { return socket_; }

 private:
  enum class Taken { one, none, out_of_descriptors };
  void accept_some();
  Taken accept_one();
  void rest_a_while(int error);
  void watch_again();

  Scheduler& scheduler_;
  ListeningSocket socket_;
  AcceptorOptions options_;
  std::size_t open_ = 0;
  std::size_t refused_ = 0;
  std::unique_ptr<DescriptorWatch> watch_;
  std::unique_ptr<Scheduled> resting_;
};

}  // namespace penstock::net
