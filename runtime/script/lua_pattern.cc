#include "runtime/script/lua_pattern.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace penstock::script {

static_assert(std::is_trivially_destructible_v<PatternMatcher>, "a Lua error may pass over it");

namespace {

constexpr bool in(unsigned char c, char first, char last) { return c >= first && c <= last; }
constexpr bool is_digit(unsigned char c) { return in(c, '0', '9'); }
constexpr bool is_lower(unsigned char c) { return in(c, 'a', 'z'); }
constexpr bool is_upper(unsigned char c) { return in(c, 'A', 'Z'); }
constexpr bool is_graph(unsigned char c) { return in(c, '!', '~'); }

// The letters of the classes; a class is a bit, numbered by its place here.
constexpr ByteView class_letters = "acdglpsuwxz";

constexpr bool belongs(unsigned char c, char letter) {
  switch (letter) {
    case 'a': return is_lower(c) || is_upper(c);
    case 'c': return c < 0x20 || c == 0x7f;
    case 'd': return is_digit(c);
    case 'g': return is_graph(c);
    case 'l': return is_lower(c);
    case 'p': return is_graph(c) && !is_digit(c) && !is_lower(c) && !is_upper(c);
    case 's': return c == ' ' || in(c, '\t', '\r');
    case 'u': return is_upper(c);
    case 'w': return is_digit(c) || is_lower(c) || is_upper(c);
    case 'x': return is_digit(c) || in(c, 'a', 'f') || in(c, 'A', 'F');
    default: return c == 0;  // z
  }
}

struct ClassTable {
  std::array<std::uint16_t, 256> of_character{};  // the classes that it belongs to
  std::array<std::uint16_t, 256> of_letter{};     // the class that `%` and this letter, small or capital, stand for; or 0
};

constexpr ClassTable classes = [] {
  ClassTable table;
  for (std::size_t i = 0; i < class_letters.size(); ++i) {
    const char letter = class_letters[i];
    const auto bit = static_cast<std::uint16_t>(1u << i);
    table.of_letter[static_cast<unsigned char>(letter)] = table.of_letter[static_cast<unsigned char>(letter - 'a' + 'A')] = bit;
    for (unsigned c = 0; c < 256; ++c)
      if (belongs(static_cast<unsigned char>(c), letter)) table.of_character[c] |= bit;
  }
  return table;
}();

// Whether `c` is in the class that `%` and `letter` stand for, a capital for its complement; a letter of no class stands
// for itself.
bool class_has(unsigned char c, unsigned char letter) {
  const std::uint16_t bit = classes.of_letter[letter];
  if (bit == 0) return c == letter;
  return ((classes.of_character[c] & bit) != 0) != is_upper(letter);
}

ByteView until_zero(ByteView pattern) { return pattern.substr(0, pattern.find('\0')); }

}  // namespace

PatternMatcher::PatternMatcher(ByteView subject, ByteView pattern, PatternBudget& budget, Anchor anchor)
    : subject_(subject), pattern_(until_zero(pattern)), budget_(budget) {
  anchored_ = anchor == Anchor::caret && pattern_.starts_with('^');
  if (anchored_) pattern_.remove_prefix(1);
}

bool PatternMatcher::search(std::size_t from) {
  if (anchored_) return match_at(from);
  const std::optional<char> literal = first_literal();
  for (std::size_t at = from; at <= subject_.size(); ++at) {
    if (literal) at = subject_.find(*literal, at);
    if (at == ByteView::npos) return false;
    if (match_at(at)) return true;
    if (error_) return false;
  }
  return false;
}

bool PatternMatcher::match_at(std::size_t at) {
  match_.capture_count = 0;
  const std::size_t end = match_from(at, 0);
  if (end == none) return false;
  match_.begin = at;
  match_.end = end;
  return true;
}

// The byte that every match starts with, when the pattern starts with a plain one.
std::optional<char> PatternMatcher::first_literal() const {
  constexpr ByteView not_plain = "%[(.$)", may_be_absent = "*?-";
  if (pattern_.empty() || not_plain.find(pattern_[0]) != ByteView::npos) return std::nullopt;
  if (pattern_.size() > 1 && may_be_absent.find(pattern_[1]) != ByteView::npos) return std::nullopt;
  return pattern_[0];
}

std::size_t PatternMatcher::fail(Code code, const char* error) {
  error_ = error;
  error_code_ = code;
  return none;
}

bool PatternMatcher::spend(std::size_t steps) {
  if (budget_.steps >= steps) {
    budget_.steps -= steps;
    return true;
  }
  budget_.steps = 0;
  fail(Code::limit, "pattern too complex (step limit reached)");
  return false;
}

// Matches the pattern from `item` on against the subject from `at` on; returns where the match ends, or none.
std::size_t PatternMatcher::match_from(std::size_t at, std::size_t item) {
  if (depth_ == pattern_depth_max) return fail(Code::limit, "pattern too complex");
  ++depth_;
  const std::size_t end = match_items(at, item);
  --depth_;
  return end;
}

std::size_t PatternMatcher::match_items(std::size_t at, std::size_t item) {
  while (item < pattern_.size()) {
    if (!spend(1)) return none;
    const unsigned char c = pattern_at(item), next = pattern_at(item + 1);
    if (c == '(' && next == ')') return open_capture(at, item + 2, PatternCapture::Kind::position);
    if (c == '(') return open_capture(at, item + 1, PatternCapture::Kind::open);
    if (c == ')') return close_capture(at, item + 1);
    if (c == '$' && item + 1 == pattern_.size()) return at == subject_.size() ? at : none;
    if (c == '%' && next == 'b') {
      at = balanced(at, item + 2);
      item += 4;
    } else if (c == '%' && next == 'f') {
      item += 2;
      if (pattern_at(item) != '[') return fail(Code::invalid, "missing '[' after '%f' in pattern");
      const std::size_t set_end = item_end(item);
      if (set_end == none || !at_frontier(at, item, set_end)) return none;
      item = set_end;
    } else if (c == '%' && is_digit(next)) {
      at = back_reference(at, item + 1);
      item += 2;
    } else {
      const std::size_t end = item_end(item);
      if (end == none) return none;
      const unsigned char quantifier = pattern_at(end);
      if (quantifier == '*') return most_first(at, item, end);
      if (quantifier == '-') return fewest_first(at, item, end);
      const bool matched = matches(at, item, end);
      if (quantifier == '+') return matched ? most_first(at, item, end) : none;
      if (quantifier == '?') {
        if (matched) {
          const std::size_t taken = match_from(at + 1, end + 1);
          if (taken != none || error_) return taken;
        }
        item = end + 1;
        continue;
      }
      at = matched ? at + 1 : none;
      item = end;
    }
    if (at == none) return none;
  }
  return at;
}

// `x*`, and the rest of `x+` whose first x was seen to match: takes as many as there are, then gives back one by one.
std::size_t PatternMatcher::most_first(std::size_t at, std::size_t item, std::size_t item_end) {
  const std::size_t least = pattern_at(item_end) == '+' ? 1 : 0;
  const std::size_t cost = 1 + (item_end - item) / 16;
  std::size_t count = 0;
  for (; matches(at + count, item, item_end); ++count)
    if (!spend(cost)) return none;
  for (;; --count) {
    const std::size_t end = match_from(at + count, item_end + 1);
    if (end != none || error_ || count == least) return end;
  }
}

std::size_t PatternMatcher::fewest_first(std::size_t at, std::size_t item, std::size_t item_end) {
  const std::size_t cost = 1 + (item_end - item) / 16;
  for (;; ++at) {
    const std::size_t end = match_from(at, item_end + 1);
    if (end != none || error_) return end;
    if (!spend(cost) || !matches(at, item, item_end)) return none;
  }
}

std::size_t PatternMatcher::open_capture(std::size_t at, std::size_t item, PatternCapture::Kind kind) {
  const std::size_t number = match_.capture_count;
  if (number == pattern_captures_max) return fail(Code::invalid, "too many captures");
  match_.captures[number] = {at, 0, kind};
  match_.capture_count = number + 1;
  const std::size_t end = match_from(at, item);
  if (end == none) match_.capture_count = number;
  return end;
}

std::size_t PatternMatcher::close_capture(std::size_t at, std::size_t item) {
  std::size_t number = match_.capture_count;
  while (number > 0 && match_.captures[number - 1].kind != PatternCapture::Kind::open) --number;
  if (number == 0) return fail(Code::invalid, "invalid pattern capture");
  PatternCapture& capture = match_.captures[number - 1];
  capture.size = at - capture.begin;
  capture.kind = PatternCapture::Kind::text;
  const std::size_t end = match_from(at, item);
  if (end == none) capture.kind = PatternCapture::Kind::open;
  return end;
}

// `%bxy`, `item` at the x: from an x to the y that balances it.
std::size_t PatternMatcher::balanced(std::size_t at, std::size_t item) {
  if (item + 1 >= pattern_.size()) return fail(Code::invalid, "unbalanced pattern");
  const char opening = pattern_[item], closing = pattern_[item + 1];
  if (at >= subject_.size() || subject_[at] != opening) return none;
  std::size_t open = 1;
  for (std::size_t i = at + 1; i < subject_.size(); ++i) {
    if (!spend(1)) return none;
    if (subject_[i] == closing) {
      if (--open == 0) return i + 1;
    } else if (subject_[i] == opening) {
      ++open;
    }
  }
  return none;
}

// `%1`, `item` at the digit: the same bytes once more.
std::size_t PatternMatcher::back_reference(std::size_t at, std::size_t item) {
  const std::size_t number = static_cast<std::size_t>(pattern_at(item) - '0');
  const bool closed = number >= 1 && number <= match_.capture_count &&
                      match_.captures[number - 1].kind != PatternCapture::Kind::open;
  if (!closed) return fail(Code::invalid, "invalid capture index");
  const PatternCapture& capture = match_.captures[number - 1];
  if (capture.kind == PatternCapture::Kind::position) return none;
  if (!spend(capture.size / 16)) return none;
  const ByteView bytes = subject_.substr(capture.begin, capture.size);
  return subject_.substr(at).starts_with(bytes) ? at + capture.size : none;
}

// `%f[set]`: the character before is not in the set, the one here is; the ends of the subject count as zero bytes.
bool PatternMatcher::at_frontier(std::size_t at, std::size_t set, std::size_t set_end) {
  const unsigned char before = at == 0 ? 0 : static_cast<unsigned char>(subject_[at - 1]);
  const unsigned char here = at == subject_.size() ? 0 : static_cast<unsigned char>(subject_[at]);
  return !set_has(before, set, set_end) && set_has(here, set, set_end);
}

// Behind the single-character item (a character, `.`, `%x` or a set) that starts at `item`; none when it is malformed.
std::size_t PatternMatcher::item_end(std::size_t item) {
  const unsigned char c = pattern_at(item);
  if (c == '%') {
    if (item + 1 == pattern_.size()) return fail(Code::invalid, "malformed pattern (ends with '%')");
    return item + 2;
  }
  if (c != '[') return item + 1;
  std::size_t i = item + 1;
  if (pattern_at(i) == '^') ++i;
  const std::size_t first_member = i;  // there, a `]` is a member
  for (; i < pattern_.size(); ++i) {
    if (pattern_[i] == ']' && i != first_member) return spend((i - item) / 16) ? i + 1 : none;
    if (pattern_[i] == '%' && i + 1 < pattern_.size()) ++i;
  }
  return fail(Code::invalid, "malformed pattern (missing ']')");
}

bool PatternMatcher::matches(std::size_t at, std::size_t item, std::size_t item_end) const {
  if (at >= subject_.size()) return false;
  const auto c = static_cast<unsigned char>(subject_[at]);
  switch (pattern_[item]) {
    case '.': return true;
    case '%': return class_has(c, pattern_at(item + 1));
    case '[': return set_has(c, item, item_end);
    default: return c == pattern_at(item);
  }
}

bool PatternMatcher::set_has(unsigned char c, std::size_t set, std::size_t set_end) const {
  const std::size_t close = set_end - 1;
  std::size_t i = set + 1;
  const bool negated = pattern_at(i) == '^';
  if (negated) ++i;
  while (i < close) {
    const unsigned char member = pattern_at(i);
    if (member == '%') {
      if (class_has(c, pattern_at(i + 1))) return !negated;
      i += 2;
    } else if (pattern_at(i + 1) == '-' && i + 2 < close) {
      if (member <= c && c <= pattern_at(i + 2)) return !negated;
      i += 3;
    } else {
      if (c == member) return !negated;
      ++i;
    }
  }
  return negated;
}

Result<std::optional<PatternMatch>> match(ByteView subject, ByteView pattern, std::size_t init, PatternBudget& budget) {
  PatternMatcher matcher(subject, pattern, budget);
  if (matcher.search(std::min(init, subject.size()))) return std::optional<PatternMatch>(matcher.match());
  if (matcher.error()) return Status(matcher.error_code(), matcher.error());
  return std::optional<PatternMatch>();
}

}  // namespace penstock::script
