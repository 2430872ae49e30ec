// Numbers compared as the decimals that their text says, of any size and precision: nothing goes through double.
#pragma once
#include <compare>
#include <cstdint>
#include <optional>

#include "runtime/base/bytes.h"

namespace penstock::filter {

// A number's text, taken apart in place. A view: the text must outlive it.
class Decimal {
 public:
  // Reads a whole text by the grammar of RFC 8259 section 6; nothing when it is no number (white space, a leading +, 007).
  static std::optional<Decimal> read(ByteView text);

  // The value as an integer when it is one of at most 18 digits: 100, 1e2 and 100.00 all are.
  std::optional<std::int64_t> small_integer() const;

  // By value: -0 equals 0, 1.0 equals 1, 1e2 equals 100. Exponents beyond +-10^18 count as +-10^18.
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }

 private:
  // The value is sign * 0.DIGITS * 10^magnitude; DIGITS begin and end with a digit other than 0 and may hold one '.'.
  int sign_ = 0;
  std::int64_t magnitude_ = 0;
  const char* digits_ = nullptr;
  const char* digits_end_ = nullptr;
};

// The integer that `text` says when it is a plain one of at most 18 digits, the usual case; false for any other text.
inline bool read_small_integer(ByteView text, std::int64_t& value) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  if (at == end || end - at > 18 || (*at == '0' && end - at > 1)) return false;
  std::int64_t sum = 0;
  for (; at != end; ++at) {
    const unsigned digit = static_cast<unsigned char>(*at) - unsigned{'0'};
    if (digit > 9) return false;
    sum = sum * 10 + digit;
  }
  value = negative ? -sum : sum;
  return true;
}

}  // namespace penstock::filter
