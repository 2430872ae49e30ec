#include <sys/socket.h>

#include <cerrno>

#include "bindings/net/channel.h"

namespace penstock::net {

namespace {

class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(Descriptor socket) : socket_(std::move(socket)) {}

  int fd() const override { return socket_.get(); }
  Transfer read(std::span<char> room) override {
    while (true) {
      const ssize_t got = ::recv(fd(), room.data(), room.size(), 0);
      if (got == 0) return {Transfer::Kind::ended, 0};
      if (got > 0) return {Transfer::Kind::done, static_cast<std::size_t>(got), static_cast<std::size_t>(got) < room.size()};
      if (errno != EINTR) return outcome(got, Transfer::Kind::wait_readable, "read");
    }
  }
  Transfer write(ByteView bytes) override {
    while (true) {
      const ssize_t put = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put >= 0 || errno != EINTR) return outcome(put, Transfer::Kind::wait_writable, "write");
    }
  }
  bool finish_writing() override {
    ::shutdown(fd(), SHUT_WR);
    return true;
  }
  const Status& failure() const override { return failure_; }

 private:
  Transfer outcome(ssize_t moved, Transfer::Kind wait, const char* what) {
    if (moved >= 0) return {Transfer::Kind::done, static_cast<std::size_t>(moved)};
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {wait, 0};
    failure_ = Status::from_errno(errno, what);
    return {Transfer::Kind::failed, 0};
  }

  Descriptor socket_;
  Status failure_;
};

}  // namespace

std::unique_ptr<Channel> plain_channel(Descriptor socket) { return std::make_unique<PlainChannel>(std::move(socket)); }

}  // namespace penstock::net
