#include "bindings/stage/secret_kinds.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace penstock {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool one_of(char c, ByteView set) { return set.find(c) != ByteView::npos; }

// `word` (lower case) stands at `at`, in any case.
bool word_at(ByteView text, std::size_t at, ByteView word) {
  if (text.size() - at < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (lower(text[at + i]) != word[i]) return false;
  return true;
}

// --- email

// A local part has at most 64 bytes; percent-encoded, three times that. Bounds how far back is looked.
constexpr std::size_t local_bytes_max = 192;

bool is_local(char c) { return is_letter(c) || is_digit(c) || is_high(c) || one_of(c, ".!#$%'*+-^_`{|}~"); }
bool is_label(char c) { return is_letter(c) || is_digit(c) || is_high(c) || c == '-'; }

// Where the local part that ends before `at` begins; `at` when there is none.
std::size_t local_begin(ByteView text, std::size_t at, std::size_t from) {
  const std::size_t limit = at - from > local_bytes_max ? at - local_bytes_max : from;
  std::size_t begin = at;
  if (begin > limit && text[begin - 1] == '"') {
    for (std::size_t i = begin - 1; i > limit; --i)
      if (text[i - 1] == '"') return i - 1;
    return at;
  }
  while (begin > limit && is_local(text[begin - 1])) --begin;
  while (begin < at && text[begin] == '.') ++begin;
  return begin;
}

// Whether `label` can be a domain's last one: letters, or an internationalised name.
bool is_top_label(ByteView label) {
  if (label.size() < 2) return false;
  if (word_at(label, 0, "xn--")) return label.size() > 4;
  return std::all_of(label.begin(), label.end(), [](char c) { return is_letter(c) || is_high(c); });
}

std::size_t literal_end(ByteView text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && (is_hex(text[end]) || one_of(text[end], ".:IPvip"))) ++end;
  return end > at + 1 && end < text.size() && text[end] == ']' ? end + 1 : at;
}

// Where the domain that begins at `at` ends; `at` when there is none. Labels after the last alphabetic one do not belong to it.
std::size_t domain_end(ByteView text, std::size_t at) {
  if (at < text.size() && text[at] == '[') return literal_end(text, at);
  std::size_t end = at;
  std::size_t label = at;
  while (true) {
    std::size_t next = label;
    while (next < text.size() && is_label(text[next])) ++next;
    std::size_t label_end = next;
    while (label_end > label && text[label_end - 1] == '-') --label_end;
    if (label_end == label) return end;
    if (label != at && is_top_label(text.substr(label, label_end - label))) end = label_end;
    if (next == text.size() || text[next] != '.' || label_end != next) return end;
    label = next + 1;
  }
}

// --- ipv4

// The end of a decimal number up to 255 without leading zeros at `at`; `at` when there is none. Takes the whole run of digits.
std::size_t octet_end(ByteView text, std::size_t at) {
  std::size_t end = at;
  int value = 0;
  while (end < text.size() && is_digit(text[end]) && end - at < 4) value = value * 10 + (text[end++] - '0');
  const bool fits = end != at && end - at <= 3 && value <= 255 && (text[at] != '0' || end - at == 1);
  return fits ? end : at;
}

// The end of the run of digits and dots that follow digits: the whole of `1.2.3.4.5`.
std::size_t dotted_end(ByteView text, std::size_t at) {
  while (at < text.size() && (is_digit(text[at]) || (text[at] == '.' && at + 1 < text.size() && is_digit(text[at + 1])))) ++at;
  return at;
}

bool is_ipv4(ByteView text) {
  std::size_t at = 0;
  for (int i = 0; i < 4; ++i) {
    const std::size_t end = octet_end(text, at);
    if (end == at) return false;
    at = end;
    if (i < 3 && (at == text.size() || text[at++] != '.')) return false;
  }
  return at == text.size();
}

// --- ipv6

bool is_ipv6(ByteView text) {
  char copy[INET6_ADDRSTRLEN];
  if (text.size() < 3 || text.size() >= sizeof copy) return false;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = 0;
  in6_addr address;
  return inet_pton(AF_INET6, copy, &address) == 1;
}

// Without a colon or dot that belongs to the sentence around it.
Span trim_ipv6(ByteView text, Span span) {
  while (span.end > span.begin && text[span.end - 1] == '.') --span.end;
  if (span.end - span.begin >= 2 && text[span.end - 1] == ':' && text[span.end - 2] != ':') --span.end;
  if (span.end - span.begin >= 2 && text[span.begin] == ':' && text[span.begin + 1] != ':') ++span.begin;
  return span;
}

// The address in a run of hexadecimal digits, colons and dots; a first (`feed:`) or last group (a port) may be too many.
std::optional<Span> ipv6_in(ByteView text, Span run) {
  const Span whole = trim_ipv6(text, run);
  const auto fits = [&](Span s) { return s.begin < s.end && is_ipv6(text.substr(s.begin, s.end - s.begin)); };
  if (fits(whole)) return whole;
  const ByteView bytes = text.substr(0, whole.end);
  const std::size_t first = bytes.find(':', whole.begin);
  const std::size_t last = bytes.rfind(':');
  if (first == ByteView::npos || last < whole.begin) return std::nullopt;
  // Which of the groups is not part of the address cannot be told for sure: all of the run is taken.
  if (fits({first + 1, whole.end}) || fits({whole.begin, last})) return whole;
  return std::nullopt;
}

// --- card

constexpr std::size_t card_digits_min = 13;
constexpr std::size_t card_digits_max = 19;

// Digits parted by single spaces or dashes, read from one group on.
class CardReader {
 public:
  CardReader(ByteView text, std::size_t begin) : text_(text), begin_(begin) {}

  // The end of the longest card number that begins here; `begin` when there is none.
  std::size_t end() {
    if (text_[begin_] < '2' || text_[begin_] > '6') return begin_;
    std::size_t found = begin_;
    std::size_t at = begin_;
    while (true) {
      const std::size_t group_end = read_group(at);
      if (count_ > card_digits_max) return found;
      if (count_ >= card_digits_min && luhn() && !goes_on_as_number(group_end)) found = group_end;
      const std::size_t group = group_end - at;
      const bool parted = group_end + 1 < text_.size() && (text_[group_end] == ' ' || text_[group_end] == '-') && is_digit(text_[group_end + 1]);
      if (!parted || group < 4 || group > 6) return found;
      at = group_end + 1;
    }
  }

 private:
  std::size_t read_group(std::size_t at) {
    for (; at < text_.size() && is_digit(text_[at]); ++at) {
      if (count_ < digits_.size()) digits_[count_] = static_cast<std::uint8_t>(text_[at] - '0');
      if (++count_ > card_digits_max) break;
    }
    return at;
  }
  bool luhn() const {
    unsigned sum = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      const unsigned digit = digits_[count_ - 1 - i];
      const unsigned doubled = digit * 2;
      sum += i % 2 == 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
    }
    return sum % 10 == 0;
  }
  // 41.5 of a decimal number: a dot and a digit follow.
  bool goes_on_as_number(std::size_t at) const { return at + 1 < text_.size() && text_[at] == '.' && is_digit(text_[at + 1]); }

  ByteView text_;
  std::size_t begin_;
  std::array<std::uint8_t, card_digits_max> digits_{};
  std::size_t count_ = 0;
};

// --- bearer

bool is_base64url(char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; }
bool is_token(char c) { return is_base64url(c) || one_of(c, ".~+/=%"); }

std::size_t run_end(ByteView text, std::size_t at, bool (*in)(char)) {
  while (at < text.size() && in(text[at])) ++at;
  return at;
}

// Past what may stand between a name and its value: white space (`%20` and `+` in URLs), colons, equals signs, quotes.
std::size_t skip_between(ByteView text, std::size_t at, ByteView set) {
  while (at < text.size()) {
    if (one_of(text[at], set))
      ++at;
    else if (text.substr(at, 3) == "%20")
      at += 3;
    else
      break;
  }
  return at;
}

// The token after a `Bearer` that ends at `at`.
Span bearer_token(ByteView text, std::size_t at) {
  const std::size_t begin = skip_between(text, at, " \t:=+");
  if (begin == at) return {at, at};
  return {begin, run_end(text, begin, is_token)};
}

// Whether `name=value` or `name="value"` stands at `at`, rather than a token that ends in `=` and maybe in a closing quote.
bool begins_parameters(ByteView text, std::size_t at) {
  const std::size_t equals = text.find('=', at);
  if (equals == ByteView::npos || equals + 1 >= text.size() || run_end(text, at, is_token) <= equals) return false;
  const char value = text[equals + 1];
  if (value == '"') return equals + 2 < text.size() && !one_of(text[equals + 2], ",}]: \t");
  return is_token(value) && value != '=';
}

// The credentials after an `Authorization` that ends at `at`, without the scheme's name when there is one.
Span authorization(ByteView text, std::size_t at) {
  const std::size_t value = skip_between(text, at, " \t\"'\\");
  if (value == text.size() || (text[value] != ':' && text[value] != '=')) return {at, at};
  std::size_t begin = skip_between(text, value + 1, " \t\"'\\");
  const std::size_t scheme = run_end(text, begin, is_token);
  const std::size_t next = skip_between(text, scheme, " \t");
  if (scheme == begin || next == scheme) return {begin, scheme};
  if (next == text.size() || one_of(text[next], "\"'\r\n")) return {begin, scheme};
  // Parameters (Digest username="...", ...) are credentials up to the end of the line.
  if (begins_parameters(text, next)) return {next, std::min(text.find_first_of("\r\n", next), text.size())};
  return {next, run_end(text, next, is_token)};
}

// The JSON Web Token at `at`; empty when there is none.
Span web_token(ByteView text, std::size_t at) {
  std::size_t end = run_end(text, at, is_base64url);
  int parts = 1;
  while (parts < 5 && end < text.size() && text[end] == '.') {
    end = run_end(text, end + 1, is_base64url);
    ++parts;
  }
  return parts >= 3 ? Span{at, end} : Span{at, at};
}

Span credentials_at(ByteView text, std::size_t at) {
  switch (lower(text[at])) {
    case 'b':
      return word_at(text, at, "bearer") ? bearer_token(text, at + 6) : Span{at, at};
    case 'a':
      return word_at(text, at, "authorization") ? authorization(text, at + 13) : Span{at, at};
    case 'e': {
      const bool begins = at == 0 || !is_base64url(text[at - 1]);
      return begins && text.substr(at, 3) == "eyJ" ? web_token(text, at) : Span{at, at};
    }
    default:
      return {at, at};
  }
}

}  // namespace

constexpr const char* kind_names[] = {"email", "ipv4", "ipv6", "card", "bearer"};

std::optional<SecretKind> secret_kind(ByteView name) {
  for (std::size_t i = 0; i < std::size(kind_names); ++i)
    if (name == kind_names[i]) return static_cast<SecretKind>(i);
  return std::nullopt;
}

const char* secret_kind_name(SecretKind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

void find_emails(ByteView text, std::vector<Span>& hits) {
  std::size_t done = 0;
  for (std::size_t at = text.find_first_of("@%"); at != ByteView::npos; at = text.find_first_of("@%", at + 1)) {
    const bool encoded = text[at] == '%';
    if (at < done || (encoded && text.substr(at, 3) != "%40")) continue;
    const std::size_t begin = local_begin(text, at, done);
    const std::size_t domain = at + (encoded ? 3 : 1);
    const std::size_t end = domain_end(text, domain);
    if (begin == at || end == domain) continue;
    hits.push_back({begin, end});
    done = end;
  }
}

void find_ipv4(ByteView text, std::vector<Span>& hits) {
  for (std::size_t dot = text.find('.'); dot != ByteView::npos; dot = text.find('.', dot)) {
    std::size_t begin = dot;
    while (begin > 0 && is_digit(text[begin - 1]) && dot - begin < 4) --begin;
    const std::size_t end = begin == dot ? dot : dotted_end(text, dot);
    if (is_ipv4(text.substr(begin, end - begin)) && (begin == 0 || !is_digit(text[begin - 1]))) hits.push_back({begin, end});
    dot = std::max(end, dot + 1);
  }
}

void find_ipv6(ByteView text, std::vector<Span>& hits) {
  const auto in_run = [](char c) { return is_hex(c) || c == ':' || c == '.'; };
  for (std::size_t colon = text.find(':'); colon != ByteView::npos; colon = text.find(':', colon)) {
    std::size_t begin = colon;
    while (begin > 0 && is_hex(text[begin - 1]) && colon - begin < 5) --begin;
    std::size_t end = colon;
    while (end < text.size() && in_run(text[end])) ++end;
    const auto found = ipv6_in(text, {begin, end});
    const auto inside_word = [&](Span s) {
      const bool before = s.begin == begin && begin > 0 && (is_letter(text[begin - 1]) || is_digit(text[begin - 1]) || text[begin - 1] == '_');
      const bool after = s.end == end && end < text.size() && (is_letter(text[end]) || text[end] == '_');
      return before || after;
    };
    if (found && !inside_word(*found)) hits.push_back(*found);
    colon = std::max(end, colon + 1);
  }
}

void find_cards(ByteView text, std::vector<Span>& hits) {
  for (std::size_t at = 0; at + card_digits_min <= text.size();) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    const bool fraction = at >= 2 && text[at - 1] == '.' && is_digit(text[at - 2]);
    const std::size_t end = fraction ? at : CardReader(text, at).end();
    if (end != at) hits.push_back({at, end});
    at = end != at ? end : run_end(text, at, is_digit);
  }
}

void find_bearer_tokens(ByteView text, std::vector<Span>& hits) {
  for (std::size_t at = 0; at < text.size();) {
    const Span found = credentials_at(text, at);
    if (found.begin == found.end) {
      ++at;
    } else {
      hits.push_back(found);
      at = found.end;
    }
  }
}

void find(SecretKind kind, ByteView text, std::vector<Span>& hits) {
  switch (kind) {
    case SecretKind::email:
      return find_emails(text, hits);
    case SecretKind::ipv4:
      return find_ipv4(text, hits);
    case SecretKind::ipv6:
      return find_ipv6(text, hits);
    case SecretKind::card:
      return find_cards(text, hits);
    case SecretKind::bearer:
      return find_bearer_tokens(text, hits);
  }
}

}  // namespace penstock
