// Many datagrams with one call of the kernel.
#pragma once
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>

#include "runtime/base/bytes.h"

namespace penstock {

// Room for datagrams, filled and taken again and again. Memory that no datagram has needed yet is not touched.
class DatagramBatch {
 public:
  static constexpr std::size_t datagrams_max = 64;

  explicit DatagramBatch(std::size_t datagram_bytes_max);

  // Forgets what it holds and takes what waits in the socket. Returns how many; 0: none; -1: failed, see errno.
  int receive(int fd);
  int size() const { return size_; }
  // Requires index < size(). The bytes are good until the next receive().
  ByteView operator[](int index) const;
  // The datagram was longer than the room for it: what is missing is lost.
  bool is_cut(int index) const;
  // How many datagrams the kernel had dropped in all when it gave the last ones (SO_RXQ_OVFL).
  std::uint32_t dropped() const { return dropped_; }

 private:
  void note_dropped(msghdr& header);

  union Control {
    cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(std::uint32_t))];
  };
  const std::size_t datagram_bytes_max_;
  std::unique_ptr<char[]> memory_;
  std::array<mmsghdr, datagrams_max> headers_{};
  std::array<iovec, datagrams_max> rooms_{};
  std::array<Control, datagrams_max> controls_{};
  int size_ = 0;
  std::uint32_t dropped_ = 0;
};

}  // namespace penstock
