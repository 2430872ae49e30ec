#include "runtime/event/json_text.h"

#include <array>
#include <bitset>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace penstock::json {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The code unit of `\uXXXX` whose X start at `at`; -1 when malformed or cut.
int code_unit(const char* at, const char* end) {
  if (end - at < 4) return -1;
  int unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(at[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

char* put_utf8(char* out, std::uint32_t point) {
  if (point < 0x80) {
    *out++ = static_cast<char>(point);
  } else if (point < 0x800) {
    *out++ = static_cast<char>(0xc0 | point >> 6);
    *out++ = static_cast<char>(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    *out++ = static_cast<char>(0xe0 | point >> 12);
    *out++ = static_cast<char>(0x80 | (point >> 6 & 0x3f));
    *out++ = static_cast<char>(0x80 | (point & 0x3f));
  } else {
    *out++ = static_cast<char>(0xf0 | point >> 18);
    *out++ = static_cast<char>(0x80 | (point >> 12 & 0x3f));
    *out++ = static_cast<char>(0x80 | (point >> 6 & 0x3f));
    *out++ = static_cast<char>(0x80 | (point & 0x3f));
  }
  return out;
}

// The length of the UTF-8 sequence at `at`, or minus the length of the maximal broken piece there (Unicode 3.9, U+FFFD
// substitution of maximal subparts). Requires a first byte >= 0x80.
int utf8_sequence(const unsigned char* at, const unsigned char* end) {
  const unsigned char lead = *at;
  int length = 0;
  unsigned char low = 0x80, high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return -1;
  }
  for (int i = 1; i < length; ++i) {
    if (at + i == end || at[i] < low || at[i] > high) return -i;
    low = 0x80;
    high = 0xbf;
  }
  return length;
}

// How many bytes from `at` on are ASCII that a JSON string holds as it is. Copies them (and, harmlessly, up to 15 more)
// to `out`, which has padding_bytes of room after what is asked for.
#if defined(__SSE2__)
// May read up to 15 bytes past `end`, but never into another page, so never into memory that is not there.
// What is there is not looked at, so other threads may write it.
__attribute__((no_sanitize("address"), no_sanitize("thread"))) std::size_t copy_plain(const char* at, const char* end, char* out) {
  const char* const begin = at;
  const __m128i space = _mm_set1_epi8(0x20), quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
  while (at < end) {
    if ((reinterpret_cast<std::uintptr_t>(at) & 4095) > 4096 - 16 && end - at < 16) break;
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    // Signed: bytes from 0x80 on are negative, so one comparison finds controls and non-ASCII.
    const __m128i special =
        _mm_or_si128(_mm_cmplt_epi8(bytes, space), _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
    const unsigned mask = static_cast<unsigned>(_mm_movemask_epi8(special));
    const std::size_t left = static_cast<std::size_t>(end - at);
    const std::size_t plain = mask ? static_cast<std::size_t>(__builtin_ctz(mask)) : 16;
    if (plain >= left) return static_cast<std::size_t>(end - begin);
    if (plain < 16) return static_cast<std::size_t>(at - begin) + plain;
    at += 16;
    out += 16;
  }
  while (at < end && static_cast<unsigned char>(*at - 0x20) < 0x60 && *at != '"' && *at != '\\') *out++ = *at++;
  return static_cast<std::size_t>(at - begin);
}
#else
std::size_t copy_plain(const char* at, const char* end, char* out) {
  const char* const begin = at;
  while (at < end && static_cast<unsigned char>(*at - 0x20) < 0x60 && *at != '"' && *at != '\\') *out++ = *at++;
  return static_cast<std::size_t>(at - begin);
}
#endif

// Writes the escape of one byte that a JSON string cannot hold as it is.
char* put_escape(char* out, unsigned char byte) {
  static constexpr char hex[] = "0123456789abcdef";
  *out++ = '\\';
  switch (byte) {
    case '"': *out++ = '"'; return out;
    case '\\': *out++ = '\\'; return out;
    case '\b': *out++ = 'b'; return out;
    case '\f': *out++ = 'f'; return out;
    case '\n': *out++ = 'n'; return out;
    case '\r': *out++ = 'r'; return out;
    case '\t': *out++ = 't'; return out;
    default:
      std::memcpy(out, "u00", 3);
      out[3] = hex[byte >> 4];
      out[4] = hex[byte & 15];
      return out + 5;
  }
}

// The length of the escape whose backslash is at `at`; 0 when it is malformed. RFC 8259 section 7.
int escape_length(const char* at, const char* end) {
  if (at + 1 == end) return 0;
  if (at[1] == 'u') return code_unit(at + 2, end) < 0 ? 0 : 6;
  return std::memchr("\"\\/bfnrt", at[1], 8) ? 2 : 0;
}

// The longest that one input byte can become: \u00XX.
constexpr std::size_t escape_bytes_max = 6;

// The number's end, from `at` on; null when no number starts here. RFC 8259 section 6.
const char* number_end(const char* at, const char* end) {
  if (at < end && *at == '-') ++at;
  if (at == end || !is_digit(*at)) return nullptr;
  if (*at == '0') {
    ++at;
  } else {
    while (at < end && is_digit(*at)) ++at;
  }
  if (at < end && *at == '.') {
    if (++at == end || !is_digit(*at)) return nullptr;
    while (at < end && is_digit(*at)) ++at;
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at < end && (*at == '+' || *at == '-')) ++at;
    if (at == end || !is_digit(*at)) return nullptr;
    while (at < end && is_digit(*at)) ++at;
  }
  return at;
}

bool literal_at(const char* at, const char* end, ByteView literal) {
  return static_cast<std::size_t>(end - at) >= literal.size() && std::memcmp(at, literal.data(), literal.size()) == 0;
}

// The closing quote of the string whose inner bytes start at `at`; null when it does not end. `escaped`: a backslash was seen.
const char* string_end(const char* at, const char* end, bool& escaped) {
  escaped = false;
  const char* quote = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
  if (!quote) return nullptr;
  const char* slash = static_cast<const char*>(std::memchr(at, '\\', static_cast<std::size_t>(quote - at)));
  if (!slash) return quote;
  escaped = true;
  for (at = slash; at < end; ++at) {
    if (*at == '\\')
      ++at;
    else if (*at == '"')
      return at;
  }
  return nullptr;
}

// The byte after the bracket that closes the one at `at`; null when there is none. Only strings and brackets are looked at.
const char* bracket_end(const char* at, const char* end) {
  int depth = 0;
  for (; at < end; ++at) {
    switch (*at) {
      case '{':
      case '[':
        if (++depth > depth_max) return nullptr;
        break;
      case '}':
      case ']':
        if (--depth == 0) return at + 1;
        break;
      case '"': {
        bool escaped;
        at = string_end(at + 1, end, escaped);
        if (!at) return nullptr;
        break;
      }
      default:
        break;
    }
  }
  return nullptr;
}

}  // namespace

void append_quoted(Buffer& out, ByteView value) {
  // Room for the usual case at once; escapes ask for more as they come.
  char* to = out.room(value.size() + 2 + escape_bytes_max);
  char* limit = out.data() + out.capacity();
  *to++ = '"';
  const char* at = value.data();
  const char* const end = at + value.size();
  while (true) {
    const std::size_t plain = copy_plain(at, end, to);
    at += plain;
    to += plain;
    if (at == end) break;
    const std::size_t left = static_cast<std::size_t>(end - at);
    if (static_cast<std::size_t>(limit - to) < left + 1 + escape_bytes_max) {
      out.set_size(static_cast<std::size_t>(to - out.data()));
      to = out.room(left * 2 + 1 + escape_bytes_max);
      limit = out.data() + out.capacity();
    }
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x80) {
      to = put_escape(to, byte);
      ++at;
      continue;
    }
    const int length = utf8_sequence(reinterpret_cast<const unsigned char*>(at), reinterpret_cast<const unsigned char*>(end));
    if (length > 0) {
      std::memcpy(to, at, static_cast<std::size_t>(length));
      to += length;
      at += length;
    } else {
      std::memcpy(to, "\xef\xbf\xbd", 3);
      to += 3;
      at -= length;
    }
  }
  *to++ = '"';
  out.set_size(static_cast<std::size_t>(to - out.data()));
}

void append_value(Buffer& out, const Slice& value) {
  if (value.kind == Kind::text)
    append_quoted(out, value.view());
  else
    out.append(value.json());
}

ByteView unescape(ByteView inner, Arena& arena) {
  // Never longer than the escaped form: the shortest escape of a U+FFFD or a 3-byte sequence has 6 bytes.
  char* const begin = arena.allocate(inner.size());
  char* out = begin;
  const char* at = inner.data();
  const char* const end = at + inner.size();
  while (at < end) {
    if (*at != '\\' || at + 1 == end) {
      *out++ = *at++;
      continue;
    }
    switch (at[1]) {
      case 'b': *out++ = '\b'; break;
      case 'f': *out++ = '\f'; break;
      case 'n': *out++ = '\n'; break;
      case 'r': *out++ = '\r'; break;
      case 't': *out++ = '\t'; break;
      case '"':
      case '\\':
      case '/': *out++ = at[1]; break;
      case 'u': {
        const int unit = code_unit(at + 2, end);
        if (unit < 0) {
          *out++ = *at++;
          continue;
        }
        at += 6;
        auto point = static_cast<std::uint32_t>(unit);
        if (point >= 0xd800 && point <= 0xdbff && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
          const int second = code_unit(at + 2, end);
          if (second >= 0xdc00 && second <= 0xdfff) {
            point = 0x10000 + ((point - 0xd800) << 10) + (static_cast<std::uint32_t>(second) - 0xdc00);
            at += 6;
          }
        }
        if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
        out = put_utf8(out, point);
        continue;
      }
      default:
        *out++ = *at++;
        continue;
    }
    at += 2;
  }
  const auto size = static_cast<std::size_t>(out - begin);
  arena.trim(inner.size(), size);
  return {begin, size};
}

Slice Cursor::value() {
  skip_space();
  if (at_ == end_) return Slice{};
  const char* const begin = at_;
  const auto piece = [&](const char* to, Kind kind) {
    at_ = to;
    return Slice{begin, static_cast<std::uint32_t>(to - begin), kind, Origin::base, 0};
  };
  switch (*begin) {
    case '"': {
      bool escaped;
      const char* quote = string_end(begin + 1, end_, escaped);
      if (!quote) return Slice{};
      at_ = quote + 1;
      return {begin + 1, static_cast<std::uint32_t>(quote - begin - 1), escaped ? Kind::string_escaped : Kind::string, Origin::base, 0};
    }
    case '{':
    case '[': {
      const char* to = bracket_end(begin, end_);
      return to ? piece(to, *begin == '{' ? Kind::object : Kind::array) : Slice{};
    }
    case 't':
      return literal_at(begin, end_, "true") ? piece(begin + 4, Kind::boolean_true) : Slice{};
    case 'f':
      return literal_at(begin, end_, "false") ? piece(begin + 5, Kind::boolean_false) : Slice{};
    case 'n':
      return literal_at(begin, end_, "null") ? piece(begin + 4, Kind::null) : Slice{};
    default: {
      const char* to = number_end(begin, end_);
      return to ? piece(to, Kind::number) : Slice{};
    }
  }
}

Slice classify(ByteView text) {
  Cursor cursor(text);
  const Slice value = cursor.value();
  return cursor.at_end() ? value : Slice{};
}

Slice find_member(ByteView object, ByteView name, Arena& arena) {
  Cursor cursor(object);
  if (!cursor.take('{') || cursor.take('}')) return Slice::missing();
  do {
    const Slice key = cursor.value();
    if ((key.kind != Kind::string && key.kind != Kind::string_escaped) || !cursor.take(':')) break;
    const Slice value = cursor.value();
    if (!value.present()) break;
    if (key.kind == Kind::string ? key.view() == name : unescape(key.view(), arena) == name) return value;
  } while (cursor.take(','));
  return Slice::missing();
}

bool valid_number(ByteView text) {
  const char* end = text.data() + text.size();
  return number_end(text.data(), end) == end && !text.empty();
}

bool valid_utf8(ByteView text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  while (at < end) {
    if (*at < 0x80) {
      ++at;
      continue;
    }
    const int length = utf8_sequence(at, end);
    if (length < 0) return false;
    at += length;
  }
  return true;
}

namespace {

// Checks one value without recursion: a bit for each open bracket says whether it is an object.
class Validator {
 public:
  explicit Validator(ByteView text) : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  Problem run() {
    if (const std::size_t broken = utf8_problem(); broken != npos) return {"invalid UTF-8", broken};
    if (!document()) return {problem_, static_cast<std::size_t>(at_ - begin_)};
    return {};
  }

 private:
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

  std::size_t utf8_problem() const {
    const auto* at = reinterpret_cast<const unsigned char*>(begin_);
    const auto* const end = reinterpret_cast<const unsigned char*>(end_);
    while (at < end) {
      const int length = *at < 0x80 ? 1 : utf8_sequence(at, end);
      if (length < 0) return static_cast<std::size_t>(at - reinterpret_cast<const unsigned char*>(begin_));
      at += length;
    }
    return npos;
  }

  bool document() {
    while (true) {
      if (!open_value()) return false;
      // A value is complete: close what it completes, then go on after a comma.
      while (true) {
        space();
        if (depth_ == 0) return at_ == end_ || fail("unexpected text after the value");
        if (at_ == end_) return fail(in_object() ? "expected ',' or '}', the text ends" : "expected ',' or ']', the text ends");
        if (*at_ == ',') {
          ++at_;
          if (in_object() && !key()) return false;
          break;
        }
        if (*at_ != (in_object() ? '}' : ']')) return fail(in_object() ? "expected ',' or '}'" : "expected ',' or ']'");
        ++at_;
        --depth_;
      }
    }
  }
  bool fail(const char* problem) {
    problem_ = problem;
    return false;
  }
  bool in_object() const { return is_object_[static_cast<std::size_t>(depth_ - 1)]; }
  void space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
  }
  bool key() {
    space();
    if (at_ == end_ || *at_ != '"') return fail("expected a member's name in quotes");
    if (!string()) return false;
    space();
    if (at_ == end_ || *at_ != ':') return fail("expected ':'");
    ++at_;
    return true;
  }
  // Moves past the opening brackets down to the first complete value.
  bool open_value() {
    while (true) {
      space();
      if (at_ == end_) return fail("expected a value, the text ends");
      if (*at_ != '{' && *at_ != '[') return scalar();
      if (depth_ == depth_max) return fail("nested deeper than 1024");
      const bool object = *at_++ == '{';
      space();
      if (at_ < end_ && *at_ == (object ? '}' : ']')) {
        ++at_;
        return true;
      }
      is_object_[static_cast<std::size_t>(depth_++)] = object;
      if (object && !key()) return false;
    }
  }
  bool scalar() {
    switch (*at_) {
      case '"':
        return string();
      case 't':
        return literal("true");
      case 'f':
        return literal("false");
      case 'n':
        return literal("null");
      default: {
        const char* to = number_end(at_, end_);
        if (!to) return fail("expected a value");
        at_ = to;
        return true;
      }
    }
  }
  bool literal(ByteView text) {
    if (!literal_at(at_, end_, text)) return fail("expected a value");
    at_ += text.size();
    return true;
  }
  // RFC 8259 section 7.
  bool string() {
    for (++at_; at_ < end_; ++at_) {
      const auto byte = static_cast<unsigned char>(*at_);
      if (byte == '"') {
        ++at_;
        return true;
      }
      if (byte < 0x20) return fail("control character in a string (it must be escaped)");
      if (byte != '\\') continue;
      const int length = escape_length(at_, end_);
      if (length == 0) return fail("malformed escape");
      at_ += length - 1;
    }
    return fail("the string does not end");
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  const char* problem_ = nullptr;
  int depth_ = 0;
  std::bitset<depth_max> is_object_;
};

}  // namespace

Problem check(ByteView text) { return Validator(text).run(); }

Problem check_object(ByteView text) {
  Cursor cursor(text);
  cursor.skip_space();
  if (cursor.at_end()) return {"expected an object, the text is empty", 0};
  if (!cursor.take('{')) return {"expected an object ('{')", 0};
  return check(text);
}

bool valid(ByteView text) { return check(text).what == nullptr; }

std::string to_text(const Problem& problem) { return std::string("json: ") + (problem.what ? problem.what : "not indexable") + " at byte " + std::to_string(problem.offset); }

bool valid_escapes(ByteView inner) {
  const char* at = inner.data();
  const char* const end = at + inner.size();
  while ((at = static_cast<const char*>(std::memchr(at, '\\', static_cast<std::size_t>(end - at))))) {
    const int length = escape_length(at, end);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

Slice with_member(ByteView object, ByteView name, const Slice& value, Arena& arena) {
  Buffer out(object.size() + name.size() + value.size * 2 + 16);
  const auto put_member = [&](auto&& key) {
    out.append(out.empty() ? '{' : ',');
    key();
    out.append(':');
  };
  bool placed = !value.present();
  for_each_member(object, [&](const Slice& key, const Slice& old) {
    const bool same = key.kind == Kind::string ? key.view() == name : unescape(key.view(), arena) == name;
    if (same && placed) return;
    put_member([&] { out.append(key.json()); });
    append_value(out, same ? value : old);
    placed = placed || same;
  });
  if (!placed) {
    put_member([&] { append_quoted(out, name); });
    append_value(out, value);
  }
  if (out.empty()) out.append('{');
  out.append('}');
  return Slice::object(arena.copy(out.view()));
}

}  // namespace penstock::json
