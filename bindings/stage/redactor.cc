#include "bindings/stage/redactor.h"

#include <re2/re2.h>

#include <algorithm>

#include "runtime/event/arena.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

RE2::Options pattern_options() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

bool matches(const RE2& pattern, ByteView text) {
  return pattern.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), RE2::UNANCHORED, nullptr, 0);
}

void find_pattern(const RE2& pattern, ByteView text, std::vector<Span>& hits) {
  const re2::StringPiece piece(text.data(), text.size());
  re2::StringPiece match;
  std::size_t at = 0;
  while (at <= text.size() && pattern.Match(piece, at, text.size(), RE2::UNANCHORED, &match, 1)) {
    const auto begin = static_cast<std::size_t>(match.data() - text.data());
    const std::size_t end = begin + match.size();
    if (begin != end) hits.push_back({begin, end});
    at = begin != end ? end : end + 1;
  }
}

// `text` as UTF-8, each broken piece as U+FFFD.
std::string as_utf8(ByteView text) {
  Buffer quoted;
  json::append_quoted(quoted, text);
  Arena arena(quoted.size());
  return std::string(json::unescape(quoted.view().substr(1, quoted.size() - 2), arena));
}

// A JSON string's inner bytes with their escapes undone, and where each byte came from.
struct Unescaped {
  std::string text;
  std::vector<std::size_t> origin;  // of each byte of `text`, and of its end: the offset in the escaped bytes

  explicit Unescaped(ByteView inner) {
    for (std::size_t at = 0; at < inner.size();) {
      const std::size_t size = escape_bytes(inner, at);
      Arena arena(64);
      const ByteView piece = inner.substr(at, size);
      const ByteView plain = size == 1 ? piece : json::unescape(piece, arena);
      text.append(plain);
      origin.insert(origin.end(), plain.size(), at);
      at += size;
    }
    origin.push_back(inner.size());
  }

  // The bytes that make one character: `\n`, `\u0040`, a surrogate pair, or one byte.
  static std::size_t escape_bytes(ByteView inner, std::size_t at) {
    if (inner[at] != '\\' || at + 1 == inner.size()) return 1;
    if (inner[at + 1] != 'u') return 2;
    const std::size_t one = std::min<std::size_t>(6, inner.size() - at);
    const ByteView unit = inner.substr(at, one);
    const bool high = unit.size() == 6 && (unit[2] == 'd' || unit[2] == 'D') && std::string_view("89abAB").find(unit[3]) != ByteView::npos;
    return high && inner.substr(at + 6, 2) == "\\u" ? std::min<std::size_t>(12, inner.size() - at) : one;
  }
};

// Calls on_piece(offset, bytes) for each run of bytes between quotes that are not escaped.
template <class F>
void for_each_quoted(ByteView raw, F&& on_piece) {
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= raw.size(); ++at) {
    if (at < raw.size() && raw[at] == '\\') {
      ++at;
      continue;
    }
    if (at < raw.size() && raw[at] != '"') continue;
    if (at > begin) on_piece(begin, raw.substr(begin, at - begin));
    begin = at + 1;
  }
}

// Sorts, and makes one of those that overlap.
void merge(std::vector<Span>& hits) {
  std::sort(hits.begin(), hits.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
  std::size_t last = 0;
  for (std::size_t i = 1; i < hits.size(); ++i) {
    if (hits[i].begin < hits[last].end)
      hits[last].end = std::max(hits[last].end, hits[i].end);
    else
      hits[++last] = hits[i];
  }
  hits.resize(std::min(hits.size(), last + 1));
}

}  // namespace

Redactor::Redactor(RedactionRules rules) : rules_(std::move(rules)) {}
Redactor::~Redactor() = default;

Result<std::unique_ptr<Redactor>> Redactor::make(RedactionRules rules) {
  std::unique_ptr<Redactor> redactor(new Redactor(std::move(rules)));
  if (Status status = redactor->compile(); !status.ok()) return status;
  return redactor;
}

Status Redactor::compile() {
  if (rules_.mask.size() > mask_bytes_max)
    return Status(Code::invalid, "redact: mask has more than " + std::to_string(mask_bytes_max) + " bytes");
  std::string any;
  for (const std::string& pattern : rules_.patterns) {
    if (pattern.size() > pattern_bytes_max)
      return Status(Code::invalid, "redact: a pattern has more than " + std::to_string(pattern_bytes_max) + " bytes");
    patterns_.push_back(std::make_unique<RE2>(pattern, pattern_options()));
    if (!patterns_.back()->ok()) return Status(Code::invalid, "redact: pattern '" + pattern + "': " + patterns_.back()->error());
    any += (any.empty() ? "(?:" : "|(?:") + pattern + ")";
  }
  if (patterns_.size() > 1) any_ = std::make_unique<RE2>(any, pattern_options());
  if (any_ && !any_->ok()) any_.reset();
  if (rules_.key) {
    Result<std::unique_ptr<KeyedHash>> hash = KeyedHash::make(rules_.key->reveal());
    if (!hash.ok()) return hash.take_status();
    hash_ = std::move(*hash);
  }
  return {};
}

std::string Redactor::stand_in(ByteView secret) const { return hash_ ? "[hash:" + hash_->hex(secret) + "]" : rules_.mask; }

void Redactor::find_all(ByteView text, std::vector<Span>& hits) const {
  for (const SecretKind kind : rules_.kinds) find(kind, text, hits);
  if (any_ && !matches(*any_, text)) return;
  for (const auto& pattern : patterns_) find_pattern(*pattern, text, hits);
}

std::string Redactor::replaced(ByteView text, std::vector<Span>& hits) const {
  merge(hits);
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  for (const Span& hit : hits) {
    out.append(text, at, hit.begin - at);
    out += stand_in(text.substr(hit.begin, hit.end - hit.begin));
    at = hit.end;
  }
  return out.append(text, at);
}

bool Redactor::redact(ByteView text, std::string& out) const {
  std::string mended;
  if (!patterns_.empty() && !json::valid_utf8(text)) text = mended = as_utf8(text);
  std::vector<Span> hits;
  find_all(text, hits);
  if (hits.empty()) return false;
  out = replaced(text, hits);
  return true;
}

std::optional<std::string> Redactor::scrub(ByteView raw) const {
  if (!rules_.finds()) return std::nullopt;
  const std::string text = as_utf8(raw);
  std::vector<Span> hits;
  const auto find_unescaped = [&](std::size_t offset, ByteView piece) {
    const Unescaped plain(piece);
    std::vector<Span> found;
    find_all(plain.text, found);
    for (const Span& hit : found) hits.push_back({offset + plain.origin[hit.begin], offset + plain.origin[hit.end]});
  };
  find_all(text, hits);
  find_unescaped(0, text);
  for_each_quoted(text, find_unescaped);
  return replaced(text, hits);
}

}  // namespace penstock
