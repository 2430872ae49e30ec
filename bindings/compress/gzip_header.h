// The header of a gzip member (RFC 1952 section 2.3), read in pieces of any size. Ours, because that of ISA-L 2.30 (Debian 12)
// loses count when a member has an extra field or a name and arrives in one piece. Internal to this folder.
#pragma once
#include <cstdint>

#include "runtime/base/bytes.h"

namespace penstock {

class GzipHeader {
 public:
  enum class State : std::uint8_t { magic, method, flags, fixed, extra_size, extra, name, comment, checksum, done, wrong };

  // Takes header bytes from the front of `in`; returns how many. Stops after the header's last byte, and at a wrong one. What
  // the optional fields say is skipped, their checksum (FHCRC) too: what counts is that of the data.
  std::size_t read(ByteView in);
  bool done() const { return state_ == State::done; }
  bool wrong() const { return state_ == State::wrong; }

 private:
  void take(unsigned char byte);
  // Enters the first field from `first` on that this header has.
  void enter(State first);
  bool has(State field) const;

  State state_ = State::magic;
  std::uint8_t flags_ = 0;
  std::uint32_t at_ = 0;      // bytes of the current field read
  std::uint32_t size_ = 0;    // of the extra field
};

}  // namespace penstock
