// One accepted connection on its way into a stream of the pipeline.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "bindings/net/channel.h"
#include "runtime/plan/source.h"

namespace penstock {

// Reads as long as the pipeline takes, straight into the stream's memory. Lives on its worker.
class Connection {
 public:
  // Bytes taken in one turn, so that a fast sender leaves others their turn.
  static constexpr std::size_t turn_bytes = 1024 * 1024;

  enum class State : std::uint8_t {
    open,       // read when something comes
    blocked,    // not read until resume(): the pipeline takes no more
    done,       // at its end, and everything that came is with the pipeline: to be destroyed
  };

  // `on_change` is called when the state has changed in a turn of its own (not in resume() or drain()); the connection may be
  // destroyed in it. `on_cut`: it ended out of order; `bytes` of an event that had not come whole are lost with it.
  struct Events {
    std::function<void(Connection&)> on_change;
    std::function<void(const Connection&, const std::string& why, std::size_t bytes)> on_cut;
  };

  // `name`: of the stream, and for messages: `tcp:192.0.2.1:50122`. `events` and `context` outlive it.
  Connection(SourceContext& context, const Events& events, std::string name, std::unique_ptr<net::Channel> channel);

  // Begins to read. Code::unsupported when the socket cannot be watched; then the connection is good for nothing.
  Status start();
  // The pipeline takes more. Reads what is there; false: the pipeline took nothing of it.
  bool resume();
  // The run ends: reads what the kernel has already, at most `bytes_max`, and ends the stream. What has not arrived is lost, and
  // an event of which only a part has is told as lost.
  void drain(std::size_t bytes_max);
  // Gives the connection up as if it had been cut.
  void cut(const std::string& why);

  State state() const { return state_; }
  const std::string& name() const { return name_; }
  // When something came last; when it was opened, if nothing did.
  std::chrono::milliseconds last_read() const { return last_read_; }
  // The handshake of TLS is not done.
  bool shakes_hands() const { return !channel_->is_ready(); }
  // Of the kernel's, not read yet.
  std::size_t bytes_unread() const;

 private:
  enum class End : std::uint8_t { no, in_order, torn };
  void take_turn();
  void read_some(std::size_t budget);
  void take(const net::Transfer& transfer);
  void finish(End end, std::string why);
  void settle();
  void block();

  SourceContext& context_;
  const Events& events_;
  const std::string name_;
  std::unique_ptr<net::Channel> channel_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<DescriptorWatch> watch_;  // before the channel goes, its watch has gone
  std::chrono::milliseconds last_read_;
  State state_ = State::open;
  End ended_ = End::no;
  std::string end_reason_;
  bool end_told_ = false;  // to the stream
  bool draining_ = false;
  std::size_t drain_bytes_left_ = 0;
};

}  // namespace penstock
