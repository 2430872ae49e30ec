#include "runtime/delivery/dead_letter.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <charconv>
#include <optional>

#include "runtime/event/arena.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

constexpr std::size_t file_name_bytes_max = 200;

// FNV-1a, 64 bits: needs to be the same in every build, not to withstand an attacker.
std::uint64_t hash(ByteView bytes) {
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : bytes) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return h;
}

// At most `most` bytes of `raw`, not ending inside a UTF-8 character if that is what stands at the cut.
ByteView cut(ByteView raw, std::size_t most) {
  if (raw.size() <= most) return raw;
  std::size_t end = most;
  while (end > 0 && most - end < 4 && (static_cast<unsigned char>(raw[end]) & 0xc0) == 0x80) --end;
  return raw.substr(0, most - end < 4 ? end : most);
}

void append_base64(Buffer& out, ByteView bytes) {
  char* const to = out.room(bytes.size() / 3 * 4 + 5);  // and the terminating NUL that OpenSSL writes
  const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(to), reinterpret_cast<const unsigned char*>(bytes.data()),
                                      static_cast<int>(bytes.size()));
  out.add_size(static_cast<std::size_t>(written));
}

std::optional<std::string> from_base64(ByteView text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0 || text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;  // OpenSSL counts the bytes that padding stands for
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

void append_member(Buffer& out, ByteView name, ByteView value) {
  out.append(out.empty() || out.view().back() == '\n' ? '{' : ',');
  json::append_quoted(out, name);
  out.append(':');
  json::append_quoted(out, value);
}

// Takes the members of a letter's object one by one.
class LetterReader {
 public:
  explicit LetterReader(StoredLetter& letter) : letter_(letter) {}

  void member(ByteView key, const Slice& value) {
    if (value.is_string())
      text(key, json::string_value(value, arena_));
    else if (value.kind == Kind::number)
      number(key, value.view());
    else if (key == "truncated")
      letter_.truncated = value.kind == Kind::boolean_true;
  }
  // A letter that was written whole ends with `truncated` and has its raw bytes.
  bool has_raw() const { return has_raw_; }

 private:
  void text(ByteView key, ByteView value) {
    if (key == "time") letter_.time = value;
    if (key == "pipeline") letter_.pipeline = value;
    if (key == "stage") letter_.stage = value;
    if (key == "reason") letter_.reason = value;
    if (key == "source") letter_.source = value;
    if (key == "raw") set_raw(std::string(value));
    if (key == "raw_base64") set_raw(from_base64(value));
  }
  void number(ByteView key, ByteView digits) {
    std::uint64_t* const to = key == "offset" ? &letter_.offset : key == "size" ? &letter_.size : nullptr;
    if (to) std::from_chars(digits.data(), digits.data() + digits.size(), *to);
  }
  void set_raw(std::optional<std::string> raw) {
    if (!raw) return;
    letter_.raw = *std::move(raw);
    has_raw_ = true;
  }

  StoredLetter& letter_;
  Arena arena_;
  bool has_raw_ = false;
};

}  // namespace

void append_line(Buffer& out, ByteView pipeline, ByteView time, const DeadLetter& letter, std::size_t raw_bytes_max) {
  append_member(out, "time", time);
  append_member(out, "pipeline", pipeline);
  append_member(out, "stage", letter.stage);
  append_member(out, "reason", letter.reason);
  append_member(out, "source", letter.source);
  out.append(fmt::format(",\"offset\":{},\"size\":{}", letter.offset, letter.size));
  const ByteView raw = cut(letter.raw, raw_bytes_max);
  if (json::valid_utf8(raw)) {
    append_member(out, "raw", raw);
  } else {
    out.append(",\"raw_base64\":\"");
    append_base64(out, raw);
    out.append('"');
  }
  const bool truncated = raw.size() < letter.raw.size() || raw.size() < letter.size;
  out.append(truncated ? ",\"truncated\":true}\n" : ",\"truncated\":false}\n");
}

Result<StoredLetter> parse_letter(ByteView line) {
  StoredLetter letter;
  LetterReader reader(letter);
  const bool whole = json::valid(line) &&
                     json::for_each_member(line, [&](const Slice& key, const Slice& value) { reader.member(key.view(), value); });
  if (!whole || !reader.has_raw()) return Status(Code::corrupt, "not a whole dead letter");
  letter.id = letter_id(line);
  return letter;
}

std::string letter_id(ByteView line) { return fmt::format("{:016x}", hash(line)); }

std::string safe_file_name(ByteView name) {
  std::string safe;
  for (const char c : name) {
    const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter_or_digit || c == '_' || c == '-' || (c == '.' && !safe.empty()))
      safe += c;
    else
      safe += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  if (safe.empty()) return "%";
  if (safe.size() <= file_name_bytes_max) return safe;
  return safe.substr(0, file_name_bytes_max - 17) + "%" + fmt::format("{:016x}", hash(name));
}

}  // namespace penstock
