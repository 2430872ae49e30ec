#include "bindings/source/datagram_batch.h"

#include <cerrno>
#include <cstring>

namespace penstock {

DatagramBatch::DatagramBatch(std::size_t datagram_bytes_max)
    : datagram_bytes_max_(datagram_bytes_max), memory_(new char[datagrams_max * datagram_bytes_max]) {
  for (std::size_t i = 0; i < datagrams_max; ++i) rooms_[i] = {memory_.get() + i * datagram_bytes_max, datagram_bytes_max};
}

int DatagramBatch::receive(int fd) {
  for (std::size_t i = 0; i < datagrams_max; ++i) {
    msghdr& header = headers_[i].msg_hdr;
    header = {};
    header.msg_iov = &rooms_[i];
    header.msg_iovlen = 1;
    header.msg_control = controls_[i].bytes;
    header.msg_controllen = sizeof controls_[i].bytes;
  }
  size_ = 0;
  const int got = ::recvmmsg(fd, headers_.data(), datagrams_max, MSG_DONTWAIT, nullptr);
  if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
  size_ = got;
  if (got > 0) note_dropped(headers_[static_cast<std::size_t>(got) - 1].msg_hdr);
  return got;
}

ByteView DatagramBatch::operator[](int index) const {
  const auto i = static_cast<std::size_t>(index);
  return {memory_.get() + i * datagram_bytes_max_, headers_[i].msg_len};
}

bool DatagramBatch::is_cut(int index) const { return (headers_[static_cast<std::size_t>(index)].msg_hdr.msg_flags & MSG_TRUNC) != 0; }

void DatagramBatch::note_dropped(msghdr& header) {
  for (cmsghdr* message = CMSG_FIRSTHDR(&header); message != nullptr; message = CMSG_NXTHDR(&header, message))
    if (message->cmsg_level == SOL_SOCKET && message->cmsg_type == SO_RXQ_OVFL) std::memcpy(&dropped_, CMSG_DATA(message), sizeof dropped_);
}

}  // namespace penstock
