#include "bindings/source/connection.h"

#include <sys/ioctl.h>

#include <utility>

namespace penstock {

using net::Transfer;

Connection::Connection(SourceContext& context, const Events& events, std::string name, std::unique_ptr<net::Channel> channel)
    : context_(context),
      events_(events),
      name_(std::move(name)),
      channel_(std::move(channel)),
      stream_(context.open_stream({name_, 0, {}})),
      last_read_(context.scheduler().now()) {}

Status Connection::start() {
  watch_ = context_.scheduler().watch(channel_->fd(), [this](Readiness) { take_turn(); });
  if (!watch_) return Status(Code::unsupported, "the connection cannot be watched");
  watch_->want({true, false});
  return {};
}

void Connection::take_turn() {
  read_some(turn_bytes);
  if (state_ != State::open) events_.on_change(*this);  // *this may be gone now
}

void Connection::read_some(std::size_t budget) {
  std::size_t taken = 0;
  // What TLS holds back must be taken too: the socket does not turn readable for it.
  while (state_ == State::open && (taken < budget || channel_->holds_bytes())) {
    if (stream_->blocked()) return block();
    const Transfer transfer = channel_->read(stream_->space());
    stream_->commit(transfer.bytes);  // without bytes too: the memory goes back
    taken += transfer.bytes;
    if (transfer.kind != Transfer::Kind::done) return take(transfer);
    last_read_ = context_.scheduler().now();
    if (transfer.drained && !draining_) return;
  }
  if (draining_ && state_ == State::open) finish(End::torn, "the run ends");
}

// A read that brought nothing.
void Connection::take(const Transfer& transfer) {
  if (transfer.kind == Transfer::Kind::ended) return finish(End::in_order, "");
  if (transfer.kind == Transfer::Kind::failed) return finish(End::torn, channel_->failure().text());
  if (draining_) return finish(End::torn, "the run ends");
  watch_->want(transfer.wanted());
}

void Connection::block() {
  state_ = State::blocked;
  if (watch_) watch_->want({});  // null once it has ended
}

void Connection::finish(End end, std::string why) {
  ended_ = end;
  end_reason_ = std::move(why);
  watch_.reset();
  settle();
}

void Connection::settle() {
  if (stream_->blocked()) return block();
  if (ended_ == End::in_order && !std::exchange(end_told_, true)) {
    stream_->end();
    if (stream_->blocked()) return block();
  }
  state_ = State::done;
  if (ended_ != End::torn) return;
  const std::size_t lost = stream_->pending() + (draining_ ? bytes_unread() : 0);
  if (lost != 0 || !draining_) events_.on_cut(*this, end_reason_, lost);
}

bool Connection::resume() {
  if (state_ != State::blocked || stream_->blocked()) return false;
  if (ended_ != End::no) {
    settle();
    return true;
  }
  state_ = State::open;
  watch_->want({true, false});
  read_some(draining_ ? drain_bytes_left_ : turn_bytes);
  return true;
}

void Connection::drain(std::size_t bytes_max) {
  draining_ = true;
  drain_bytes_left_ = bytes_max;
  if (state_ == State::open) read_some(bytes_max);
}

void Connection::cut(const std::string& why) {
  if (ended_ == End::no) finish(End::torn, why);
}

std::size_t Connection::bytes_unread() const {
  int bytes = 0;
  return ::ioctl(channel_->fd(), FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace penstock
