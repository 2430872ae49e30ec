#include "bindings/compress/gzip_header.h"

namespace penstock {

namespace {

constexpr std::uint8_t flag_checksum = 2, flag_extra = 4, flag_name = 8, flag_comment = 16, flags_reserved = 0xe0;
constexpr unsigned char method_deflate = 8;
constexpr std::uint32_t fixed_size = 6;  // time, extra flags, system

}  // namespace

std::size_t GzipHeader::read(ByteView in) {
  std::size_t at = 0;
  while (at < in.size() && !done() && !wrong()) take(static_cast<unsigned char>(in[at++]));
  return at;
}

bool GzipHeader::has(State field) const {
  switch (field) {
    case State::extra_size: return (flags_ & flag_extra) != 0;
    case State::extra: return size_ != 0;
    case State::name: return (flags_ & flag_name) != 0;
    case State::comment: return (flags_ & flag_comment) != 0;
    case State::checksum: return (flags_ & flag_checksum) != 0;
    default: return true;
  }
}

void GzipHeader::enter(State first) {
  state_ = first;
  at_ = 0;
  while (!has(state_)) state_ = static_cast<State>(static_cast<int>(state_) + 1);
}

void GzipHeader::take(unsigned char byte) {
  ++at_;
  switch (state_) {
    case State::magic:
      if (byte != (at_ == 1 ? 0x1f : 0x8b)) state_ = State::wrong;
      else if (at_ == 2) enter(State::method);
      break;
    case State::method:
      if (byte != method_deflate) state_ = State::wrong;
      else enter(State::flags);
      break;
    case State::flags:
      flags_ = byte;
      if ((flags_ & flags_reserved) != 0) state_ = State::wrong;
      else enter(State::fixed);
      break;
    case State::fixed:
      if (at_ == fixed_size) enter(State::extra_size);
      break;
    case State::extra_size:
      size_ |= std::uint32_t{byte} << (8 * (at_ - 1));
      if (at_ == 2) enter(State::extra);
      break;
    case State::extra:
      if (at_ == size_) enter(State::name);
      break;
    case State::name:
      if (byte == 0) enter(State::comment);
      break;
    case State::comment:
      if (byte == 0) enter(State::checksum);
      break;
    case State::checksum:
      if (at_ == 2) enter(State::done);
      break;
    case State::done:
    case State::wrong: break;
  }
}

}  // namespace penstock
