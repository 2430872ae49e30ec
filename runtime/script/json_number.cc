#include "runtime/script/json_number.h"

#include <charconv>
#include <cmath>

namespace penstock::script {

namespace {

// The usual case: an integer of up to 15 digits.
bool read_short_integer(ByteView text, double& out) {
  if (text.size() > 15) return false;
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = *at == '-';
  at += negative;
  std::int64_t value = 0;
  for (; at < end && *at >= '0' && *at <= '9'; ++at) value = value * 10 + (*at - '0');
  if (at != end) return false;
  out = negative ? -static_cast<double>(value) : static_cast<double>(value);
  return true;
}

Number read_integer(ByteView text) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  Number out;
  if (std::from_chars(begin, end, out.integer).ec == std::errc{}) {
    constexpr std::int64_t exact_max = std::int64_t{1} << 53;
    out.kind = out.integer > exact_max || out.integer < -exact_max ? NumberKind::int64 : NumberKind::real;
    out.real = static_cast<double>(out.integer);
    return out;
  }
  std::uint64_t wide;
  if (std::from_chars(begin, end, wide).ec == std::errc{}) {
    out.kind = NumberKind::uint64;
    out.integer = static_cast<std::int64_t>(wide);
  }
  return out;
}

Number read_decimal(ByteView text) {
  Number out;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out.real);
  if (read.ec != std::errc{} || read.ptr != end) return out;
  std::size_t digits = 0;  // significant ones
  for (const char c : text) {
    if (c == 'e' || c == 'E') break;
    digits += (c >= '1' && c <= '9') || (c == '0' && digits != 0);
  }
  char shortest[number_text_max];
  const std::size_t size = write_number(out.real, shortest);
  // Up to 15 digits always survive a double; more do when the double's own shortest text is the same.
  if (digits <= 15 || ByteView(shortest, size) == text) out.kind = NumberKind::real;
  return out;
}

}  // namespace

Number read_number(ByteView text) {
  Number out;
  if (text.empty()) return out;
  if (read_short_integer(text, out.real)) {
    out.kind = NumberKind::real;
    return out;
  }
  return text.find_first_of(".eE") == ByteView::npos ? read_integer(text) : read_decimal(text);
}

std::size_t write_number(double real, char* out) {
  const bool integral = real == std::floor(real) && std::abs(real) <= 0x1p53 && !(real == 0 && std::signbit(real));
  const auto end = integral ? std::to_chars(out, out + number_text_max, static_cast<std::int64_t>(real)) : std::to_chars(out, out + number_text_max, real);
  return static_cast<std::size_t>(end.ptr - out);
}

}  // namespace penstock::script
