#include "bindings/codec/json_index.h"

#include <simdjson.h>

#include <algorithm>
#include <bitset>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "runtime/event/json_text.h"

namespace penstock {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Whether a backslash is among the bytes. At least padding_bytes readable bytes follow them.
bool has_backslash(const char* data, std::size_t size) {
#if defined(__SSE2__)
  const __m128i backslash = _mm_set1_epi8('\\');
  for (std::size_t at = 0;; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + at));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, backslash)));
    if (size - at <= 16) return (mask & ((1u << (size - at)) - 1)) != 0;
    if (mask) return true;
  }
#else
  return size != 0 && std::memchr(data, '\\', size) != nullptr;
#endif
}

}  // namespace

void KeyTable::update(const SlotTable& slots) {
  if (slots.version() == version_) return;
  version_ = slots.version();
  int bits = 3;
  while ((std::size_t{1} << bits) < slots.size() * 4) ++bits;
  shift_ = 64 - bits;
  mask_ = (std::size_t{1} << bits) - 1;
  rows_.assign(mask_ + 1, Row{});
  names_.clear();
  for (SlotNumber number = 0; number < slots.size(); ++number) {
    const SlotTable::Slot& slot = slots[number];
    if (slot.parent != SlotTable::no_slot || slot.aside) continue;
    // A copy with padding: the hash reads eight bytes.
    auto name = std::make_unique<char[]>(slot.name.size() + 8);
    std::memcpy(name.get(), slot.name.data(), slot.name.size());
    const Ends ends = ends_of(name.get(), slot.name.size());
    std::size_t bucket = hash(ends, slot.name.size()) >> shift_;
    while (rows_[bucket].slot != SlotTable::no_slot) bucket = (bucket + 1) & mask_;
    rows_[bucket] = {ends, name.get(), static_cast<std::uint32_t>(slot.name.size()), number};
    names_.push_back(std::move(name));
  }
}

struct JsonIndex::Parser {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> implementation;
  std::size_t capacity = 0;

  // Runs simdjson's first stage, the only one that is used.
  simdjson::error_code index(const char* data, std::size_t size) {
    if (size > capacity) {
      const std::size_t wanted = std::max(size, Batch::bytes_target + Batch::bytes_target / 4);
      if (!implementation) {
        if (const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, json::depth_max, implementation))
          return error;
      } else if (const auto error = implementation->set_capacity(wanted)) {
        return error;
      }
      capacity = wanted;
    }
    return implementation->stage1(reinterpret_cast<const std::uint8_t*>(data), size, simdjson::stage1_mode::regular);
  }
};

JsonIndex::JsonIndex() : parser_(std::make_unique<Parser>()) {}
JsonIndex::~JsonIndex() = default;

bool JsonIndex::index(ByteView block) {
  block_ = block.data();
  next_token_ = 0;
  token_count_ = 0;
  if (parser_->index(block.data(), block.size()) != simdjson::SUCCESS) return false;
  tokens_ = parser_->implementation->structural_indexes.get();
  token_count_ = parser_->implementation->n_structural_indexes;
  return true;
}

void JsonIndex::assign_tokens(Event& event) {
  const auto begin = static_cast<std::uint32_t>(event.data - block_);
  const std::uint32_t end = begin + event.size;
  const std::uint32_t* const all_end = tokens_ + token_count_;
  const std::uint32_t* first = tokens_ + next_token_;
  while (first < all_end && *first < begin) ++first;
  // Events of one stream have about as many tokens each: look where the last one's count says, then around there.
  const std::uint32_t* low = first;
  const std::uint32_t* high = first + std::min<std::size_t>(tokens_per_event_, static_cast<std::size_t>(all_end - first));
  while (high < all_end && *high < end) {
    low = high;
    high += std::min<std::size_t>(static_cast<std::size_t>(high - first) + 8, static_cast<std::size_t>(all_end - high));
  }
  if (high > low + 4 && *(high - 4) < end) low = high - 4;
  const std::uint32_t* last = std::lower_bound(low, high, end);
  event.token_begin = event.token = static_cast<std::uint32_t>(first - tokens_);
  event.token_end = next_token_ = static_cast<std::uint32_t>(last - tokens_);
  tokens_per_event_ = event.token_end - event.token_begin;
}

void JsonIndex::start_lines(ByteView block) {
  block_ = block.data();
  line_tokens_.clear();
  token_count_ = 0;
}

bool JsonIndex::index_line(ByteView line, Event& event) {
  if (parser_->index(line.data(), line.size()) != simdjson::SUCCESS) return false;
  const auto base = static_cast<std::uint32_t>(line.data() - block_);
  event.token_begin = event.token = static_cast<std::uint32_t>(line_tokens_.size());
  const std::uint32_t* const found = parser_->implementation->structural_indexes.get();
  for (std::uint32_t i = 0; i < parser_->implementation->n_structural_indexes; ++i) line_tokens_.push_back(base + found[i]);
  event.token_end = static_cast<std::uint32_t>(line_tokens_.size());
  return true;
}

void JsonIndex::finish_lines() {
  token_count_ = static_cast<std::uint32_t>(line_tokens_.size());
  line_tokens_.push_back(0);
  tokens_ = line_tokens_.data();
}

// A member of the event's object: where its pieces are in the block.
struct JsonIndex::Member {
  const char* key;          // after the quote
  std::size_t key_size;
  const char* value;
  const char* value_end;
};

// Reads the member whose key is at `token` and moves `token` to the next one's key. False at the end of the object, and
// where the text is broken (which `validate` will find).
inline bool JsonIndex::next_member(const Event& event, std::uint32_t& token, Member& member) const {
  const std::uint32_t end = event.token_end;
  if (token + 3 >= end) return false;
  const char* const quote = block_ + tokens_[token];
  const char* const colon = block_ + tokens_[token + 1];
  if (*quote != '"' || *colon != ':') return false;
  const char* key_end = colon - 1;
  while (*key_end != '"') {
    if (!is_space(*key_end) || key_end == quote) return false;
    --key_end;
  }
  member.key = quote + 1;
  member.key_size = static_cast<std::size_t>(key_end - member.key);
  member.value = block_ + tokens_[token + 2];

  std::uint32_t after = token + 3;
  if (*member.value == '{' || *member.value == '[') {
    for (int depth = 1; depth != 0; ++after) {
      if (after >= end) return false;
      const char c = block_[tokens_[after]];
      // Brackets differ from all other tokens in one bit pattern: { [ and } ] have 0x5b/0x5d under 0xdf.
      depth += ((c & 0xdf) == '[') - ((c & 0xdf) == ']');
    }
    member.value_end = block_ + tokens_[after - 1] + 1;
    if (after >= end) return false;
  } else {
    member.value_end = block_ + tokens_[after];
    while (is_space(member.value_end[-1])) --member.value_end;
  }
  // After the value stands a comma, and then the next key; or the closing brace, at which the next call stops.
  token = after + (block_[tokens_[after]] == ',');
  return true;
}

inline SlotNumber JsonIndex::slot_of(Event& event, const Member& member) const {
  const SlotNumber slot = keys_.find(member.key, member.key_size);
  if (slot != SlotTable::no_slot || !has_backslash(member.key, member.key_size)) [[likely]]
    return slot;
  const ByteView name = json::unescape({member.key, member.key_size}, event.batch->arena());
  return keys_.find(name.data(), name.size());
}

inline Slice JsonIndex::value_of(const Member& member) const {
  const auto size = static_cast<std::uint32_t>(member.value_end - member.value);
  switch (*member.value) {
    case '"':
      if (size < 2 || member.value_end[-1] != '"') return Slice::missing();
      return {member.value + 1, size - 2, has_backslash(member.value + 1, size - 2) ? Kind::string_escaped : Kind::string, Origin::base, 0};
    case '{':
      return {member.value, size, Kind::object, Origin::base, 0};
    case '[':
      return {member.value, size, Kind::array, Origin::base, 0};
    case 't':
      return {member.value, size, Kind::boolean_true, Origin::base, 0};
    case 'f':
      return {member.value, size, Kind::boolean_false, Origin::base, 0};
    case 'n':
      return {member.value, size, Kind::null, Origin::base, 0};
    default:
      return {member.value, size, Kind::number, Origin::base, 0};
  }
}

void JsonIndex::fill(Event& event, SlotNumber wanted) {
  std::uint32_t token = event.token;
  if (token == event.token_begin) ++token;  // the opening brace
  Member member;
  const std::size_t capacity = event.batch->slot_capacity();
  while (next_member(event, token, member)) {
    const SlotNumber slot = slot_of(event, member);
    if (slot >= capacity) continue;
    // The first of duplicate names is the field's value; a slot that a stage wrote is not touched.
    if (event.slots[slot].kind != Kind::unset) continue;
    event.slots[slot] = value_of(member);
    if (slot == wanted) {
      event.token = token;
      return;
    }
  }
  event.token = token;
  event.scanned = true;
}

void JsonIndex::fields(Event& event, std::vector<Field>& out) {
  keys_.update(event.batch->slot_table());  // transforms may have added some
  std::uint32_t token = event.token_begin + 1;
  Member member;
  while (next_member(event, token, member)) {
    const bool escaped = has_backslash(member.key, member.key_size);
    const Slice key{member.key, static_cast<std::uint32_t>(member.key_size), escaped ? Kind::string_escaped : Kind::string, Origin::base, 0};
    out.push_back({key, slot_of(event, member), value_of(member)});
  }
}

namespace {

// Checks the grammar over an event's tokens. Simdjson's first stage has checked UTF-8, control characters in strings and
// that strings end; what is left are the order of tokens, numbers, literals and escapes.
class TokenGrammar {
 public:
  TokenGrammar(const char* block, const std::uint32_t* tokens, const std::uint32_t* end, const char* text_end, bool escapes)
      : block_(block), at_(tokens), end_(end), text_end_(text_end), escapes_(escapes) {}

  bool object() {
    if (at_ == end_ || *text() != '{') return false;
    while (true) {
      if (!open_value()) return false;
      while (true) {
        if (depth_ == 0) return at_ == end_;
        if (at_ == end_) return false;
        const char c = *text();
        ++at_;
        if (c == ',') {
          if (in_object_ && !key()) return false;
          break;
        }
        if (c != (in_object_ ? '}' : ']')) return false;
        close();
      }
    }
  }

 private:
  const char* text() const { return block_ + *at_; }
  const char* next_text() const { return at_ + 1 < end_ ? block_ + at_[1] : text_end_; }

  void open(bool object) {
    is_object_[static_cast<std::size_t>(depth_++)] = object;
    in_object_ = object;
  }
  void close() {
    --depth_;
    in_object_ = depth_ > 0 && is_object_[static_cast<std::size_t>(depth_ - 1)];
  }
  bool key() {
    if (end_ - at_ < 2 || *text() != '"' || block_[at_[1]] != ':' || !string()) return false;
    at_ += 2;
    return true;
  }
  bool open_value() {
    while (true) {
      if (at_ == end_) return false;
      const char c = *text();
      if (c != '{' && c != '[') return scalar(c);
      if (depth_ == json::depth_max) return false;
      ++at_;
      if (at_ < end_ && *text() == c + 2) {  // '}' and ']' come two after '{' and '['
        ++at_;
        return true;
      }
      open(c == '{');
      if (c == '{' && !key()) return false;
    }
  }
  bool scalar(char c) {
    if (c == '"') {
      if (!string()) return false;
      ++at_;
      return true;
    }
    const char* begin = text();
    const char* end = next_text();
    while (end > begin && is_space(end[-1])) --end;
    ++at_;
    const ByteView token(begin, static_cast<std::size_t>(end - begin));
    if (c == 't') return token == "true";
    if (c == 'f') return token == "false";
    if (c == 'n') return token == "null";
    return number(token);
  }
  static bool number(ByteView token) {
    // Mostly plain integers: digits only, no leading zero.
    if (token[0] >= '1' && token[0] <= '9') {
      std::size_t digits = 1;
      while (digits < token.size() && token[digits] >= '0' && token[digits] <= '9') ++digits;
      if (digits == token.size()) return true;
    }
    return json::valid_number(token);
  }
  // The string at the cursor ends right before the next token but for white space.
  bool string() const {
    const char* begin = text() + 1;
    const char* end = next_text();
    while (end > begin && is_space(end[-1])) --end;
    if (end <= begin || end[-1] != '"') return false;
    return !escapes_ || json::valid_escapes({begin, static_cast<std::size_t>(end - 1 - begin)});
  }

  const char* block_;
  const std::uint32_t* at_;
  const std::uint32_t* end_;
  const char* text_end_;
  bool escapes_;
  bool in_object_ = false;
  int depth_ = 0;
  std::bitset<json::depth_max> is_object_;
};

}  // namespace

bool JsonIndex::valid_tokens(const Event& event) const {
  const bool escapes = std::memchr(event.data, '\\', event.size) != nullptr;
  return TokenGrammar(block_, tokens_ + event.token_begin, tokens_ + event.token_end, event.data + event.size, escapes).object();
}

bool JsonIndex::validate(Event& event, std::string& error) {
  if (event.validated) return true;
  event.validated = valid_tokens(event);
  if (!event.validated) error = json::to_text(json::check_object(event.raw()));
  return event.validated;
}

}  // namespace penstock
