#include "runtime/filter/decimal.h"

namespace penstock::filter {
namespace {

constexpr std::int64_t exponent_max = 1'000'000'000'000'000'000;

bool digit_at(const char* at, const char* end) { return at != end && *at >= '0' && *at <= '9'; }

const char* skip_digits(const char* at, const char* end) {
  while (digit_at(at, end)) ++at;
  return at;
}

// Reads `e+12` from `at`, saturating; null when there is no exponent there or it is broken.
const char* read_exponent(const char* at, const char* end, std::int64_t& exponent) {
  ++at;
  const bool negative = at != end && *at == '-';
  if (at != end && (*at == '-' || *at == '+')) ++at;
  if (!digit_at(at, end)) return nullptr;
  for (; digit_at(at, end); ++at) {
    exponent = exponent >= exponent_max / 10 ? exponent_max : exponent * 10 + (*at - '0');
  }
  if (negative) exponent = -exponent;
  return at;
}

}  // namespace

std::optional<Decimal> Decimal::read(ByteView text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  Decimal out;
  out.sign_ = 1;
  if (at != end && *at == '-') {
    out.sign_ = -1;
    ++at;
  }
  const char* first = at;
  if (!digit_at(at, end)) return std::nullopt;
  at = *at == '0' ? at + 1 : skip_digits(at, end);
  const char* const point = at;
  if (at != end && *at == '.') {
    if (!digit_at(++at, end)) return std::nullopt;
    at = skip_digits(at, end);
  }
  const char* last = at;
  std::int64_t exponent = 0;
  if (at != end && (*at == 'e' || *at == 'E')) {
    at = read_exponent(at, end, exponent);
    if (!at) return std::nullopt;
  }
  if (at != end) return std::nullopt;

  while (first != last && (*first == '0' || *first == '.')) ++first;
  if (first == last) return Decimal{};
  while (last[-1] == '0' || last[-1] == '.') --last;
  out.digits_ = first;
  out.digits_end_ = last;
  // Before the point the leading digit's place is its distance to it; behind it, the zeros between count down.
  out.magnitude_ = exponent + (first < point ? point - first : point + 1 - first);
  return out;
}

std::optional<std::int64_t> Decimal::small_integer() const {
  if (sign_ == 0) return 0;
  if (magnitude_ < 1 || magnitude_ > 18) return std::nullopt;
  std::int64_t value = 0;
  std::int64_t places = magnitude_;
  for (const char* at = digits_; at != digits_end_; ++at) {
    if (*at == '.') continue;
    if (places-- == 0) return std::nullopt;
    value = value * 10 + (*at - '0');
  }
  while (places-- > 0) value *= 10;
  return sign_ * value;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  if (a.sign_ != b.sign_ || a.sign_ == 0) return a.sign_ <=> b.sign_;
  // From here on by absolute value; for negative numbers the other way round.
  const auto signed_order = [&](std::strong_ordering order) { return a.sign_ < 0 ? 0 <=> order : order; };
  if (a.magnitude_ != b.magnitude_) return signed_order(a.magnitude_ <=> b.magnitude_);
  const char* x = a.digits_;
  const char* y = b.digits_;
  while (true) {
    if (x != a.digits_end_ && *x == '.') ++x;
    if (y != b.digits_end_ && *y == '.') ++y;
    // What goes on where the other ends is larger, for its last digit is not 0.
    if (x == a.digits_end_ || y == b.digits_end_) return signed_order((x != a.digits_end_) <=> (y != b.digits_end_));
    if (*x != *y) return signed_order(*x <=> *y);
    ++x;
    ++y;
  }
}

}  // namespace penstock::filter
