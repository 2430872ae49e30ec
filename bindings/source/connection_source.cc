#include "bindings/source/connection_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "bindings/net/acceptor.h"
#include "bindings/source/connection.h"
#include "bindings/source/idle_source.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"

namespace penstock {

namespace {

class Connections final : public Source {
 public:
  Connections(SourceContext& context, const ConnectionSettings& settings, net::Listening& listening)
      : context_(context), settings_(settings), listening_(listening) {
    events_.on_change = [this](Connection& connection) { changed(connection); };
    events_.on_cut = [this](const Connection& connection, const std::string& why, std::size_t bytes) { tell_of_cut(connection, why, bytes); };
  }
  ~Connections() override { tell_of_unread(); }

  Status start() override {
    if (settings_.tls) {
      Result<std::unique_ptr<net::TlsServer>> tls = net::TlsServer::open(*settings_.tls);
      if (!tls.ok()) return tls.take_status();
      tls_ = *std::move(tls);
    }
    Result<net::ListeningSocket> socket = listening_.open({context_.pipeline(), context_.number()}, context_.worker());
    if (!socket.ok()) return socket.take_status();
    if (socket->first()) say(log::Level::info, "listens on " + socket->address().text() + (tls_ ? " with TLS" : ""));
    own_name_ = socket->address().text();
    net::AcceptorOptions options;
    options.connections_max = settings_.connections_max;
    options.on_connection = [this](net::Descriptor accepted, const net::SocketAddress& peer) { add(std::move(accepted), peer); };
    options.on_message = [this](const std::string& text) { say_limited(own_name_ + " " + text); };
    acceptor_.emplace(context_.scheduler(), *std::move(socket), std::move(options));
    if (settings_.idle_timeout.count() > 0 || tls_) watch_idle();
    return acceptor_->start();
  }

  void resume() override {
    std::vector<Connection*> waiting, served;
    waiting.swap(blocked_);
    for (Connection* connection : waiting) {
      const bool took = connection->resume();
      if (connection->state() == Connection::State::done)
        remove(*connection);
      else if (connection->state() == Connection::State::blocked)
        (took ? served : blocked_).push_back(connection);
    }
    // Who has had a turn comes after those who still wait for one.
    blocked_.insert(blocked_.end(), served.begin(), served.end());
  }

  void stop() override {
    if (stopped_) return;
    stopped_ = true;
    idle_check_.reset();
    if (acceptor_) acceptor_->stop();
    drain();
  }

 private:
  using Held = std::unordered_map<const Connection*, std::unique_ptr<Connection>>;

  void say(log::Level level, const std::string& text) const { log::write(level, "source." + settings_.type, context_.pipeline() + ": " + text); }
  void say_limited(const std::string& text) const { log::write_limited(log::Level::warn, "source." + settings_.type, context_.pipeline() + ": " + text); }

  void add(net::Descriptor accepted, const net::SocketAddress& peer) {
    const std::string name = peer.family() == AF_UNIX ? own_name_ : settings_.type + ":" + peer.text();
    std::unique_ptr<net::Channel> channel = tls_ ? tls_->channel(std::move(accepted)) : net::plain_channel(std::move(accepted));
    if (!channel) {
      say_limited(name + ": no memory for TLS");
      return acceptor_->closed();
    }
    auto held = std::make_unique<Connection>(context_, events_, name, std::move(channel));
    Connection& connection = *held;
    connections_.emplace(&connection, std::move(held));
    if (Status started = connection.start(); started.ok()) return;
    say_limited(name + ": cannot be read");
    remove(connection);
  }

  void remove(Connection& connection) {
    connections_.erase(&connection);
    acceptor_->closed();
  }

  void changed(Connection& connection) {
    if (connection.state() == Connection::State::done)
      remove(connection);
    else
      blocked_.push_back(&connection);
  }

  void tell_of_cut(const Connection& connection, const std::string& why, std::size_t bytes) {
    if (bytes != 0) return context_.on_trouble(fmt::format("{}: {}: {} bytes of an event that had not come whole are lost", connection.name(), why, bytes), bytes);
    // A handshake that fails is for somebody to look at; a peer that goes away is not.
    log::write_limited(connection.shakes_hands() ? log::Level::warn : log::Level::info, "source." + settings_.type, fmt::format("{}: {}", connection.name(), why));
  }

  void watch_idle() {
    using std::chrono::milliseconds;
    milliseconds beat{5000};
    if (settings_.idle_timeout.count() > 0) beat = std::clamp(settings_.idle_timeout / 4, milliseconds{100}, beat);
    idle_check_ = context_.scheduler().every(beat, [this] { cut_idle(); });
  }

  void cut_idle() {
    const std::chrono::milliseconds now = context_.scheduler().now();
    std::vector<Connection*> late;
    for (const auto& [key, connection] : connections_) {
      if (connection->state() != Connection::State::open) continue;
      const std::chrono::milliseconds quiet = now - connection->last_read();
      const bool idle = settings_.idle_timeout.count() > 0 && quiet >= settings_.idle_timeout;
      if (idle || (connection->shakes_hands() && quiet >= ConnectionSource::handshake_time_max)) late.push_back(connection.get());
    }
    for (Connection* connection : late) {
      connection->cut(connection->shakes_hands() ? "no TLS handshake within its time" : "idle_timeout");
      changed(*connection);
    }
  }

  void drain() {
    std::vector<Connection*> all;
    for (const auto& [key, connection] : connections_) all.push_back(connection.get());
    const std::chrono::nanoseconds until = monotonic_now() + ConnectionSource::drain_time_max;
    std::size_t share = all.empty() ? 0 : std::max<std::size_t>(ConnectionSource::drain_bytes_max / all.size(), 64 * 1024);
    for (Connection* connection : all) {
      if (monotonic_now() >= until) share = 0;
      const bool was_open = connection->state() == Connection::State::open;
      connection->drain(share);
      if (was_open && connection->state() != Connection::State::open) changed(*connection);
    }
  }

  // What the end of the run found blocked, and nobody asked for any more.
  void tell_of_unread() {
    std::size_t bytes = 0;
    for (const auto& [key, connection] : connections_) bytes += connection->bytes_unread();
    if (bytes != 0) context_.on_trouble(fmt::format("source.{}: {} connections of {} were not read to their end", settings_.type, connections_.size(), own_name_), bytes);
  }

  SourceContext& context_;
  const ConnectionSettings& settings_;
  net::Listening& listening_;
  std::string own_name_;
  Connection::Events events_;
  std::unique_ptr<net::TlsServer> tls_;  // null: without TLS
  std::optional<net::Acceptor> acceptor_;
  Held connections_;
  std::vector<Connection*> blocked_;  // in the order in which they were
  std::unique_ptr<Scheduled> idle_check_;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<Source> ConnectionSource::make(SourceContext& context, const ConnectionSettings& settings, net::Listening& listening) {
  if (!listening.serves(context.worker())) return make_idle_source(context);  // a Unix datagram socket is worker 0's
  return std::make_unique<Connections>(context, settings, listening);
}

}  // namespace penstock
