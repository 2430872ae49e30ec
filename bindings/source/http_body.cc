#include "bindings/source/http_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bindings/compress/decompressor.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

constexpr std::size_t inflate_step_bytes = 64 * 1024;

std::string lower_trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  std::string out(text.substr(first, text.find_last_not_of(" \t") - first + 1));
  for (char& byte : out) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte | 0x20);
  }
  return out;
}

template <std::size_t size>
bool is_one_of(std::string_view text, const std::array<std::string_view, size>& names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

constexpr std::array<std::string_view, 6> json_types{"application/json",      "application/x-ndjson",   "application/ndjson", "application/jsonl",
                                                     "application/x-jsonlines", "text/json"};
constexpr std::array<std::string_view, 3> silent_types{"", "application/octet-stream", "application/x-www-form-urlencoded"};

Status too_large(std::uint64_t bytes_max) { return Status(Code::limit, fmt::format("the body is larger than max_body ({} bytes) when inflated", bytes_max)); }

}  // namespace

BodyFormat format_of_content_type(std::string_view value) {
  const std::string type = lower_trimmed(value.substr(0, value.find(';')));
  if (is_one_of(type, json_types) || type.ends_with("+json")) return BodyFormat::json;
  if (type == "text/plain") return BodyFormat::lines;
  return is_one_of(type, silent_types) ? BodyFormat::look : BodyFormat::unknown;
}

BodyFormat format_of_body(ByteView body) {
  if (body.starts_with("\xef\xbb\xbf")) body.remove_prefix(3);
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != ByteView::npos && (body[first] == '{' || body[first] == '[') ? BodyFormat::json : BodyFormat::lines;
}

bool is_spread_object(ByteView body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  if (first == ByteView::npos || body[first] != '{') return false;
  const std::size_t newline = body.find('\n', first);
  if (newline == ByteView::npos) return false;
  const std::size_t last = body.find_last_not_of(" \t\r", newline - 1);
  if (body[last] == '{' || body[last] == ',') return true;
  // The line may break anywhere: the first line is no object by itself, and the whole is one.
  return !json::valid(body.substr(first, newline - first)) && json::valid(body.substr(first));
}

std::optional<Compression> compression_of_encoding(std::string_view value, ByteView body) {
  const std::string name = lower_trimmed(value);
  if (name.empty() || name == "identity") return Compression::none;
  if (name == "gzip" || name == "x-gzip") return Compression::gzip;
  if (name == "deflate") return Compression::zlib;
  if (name == "zstd") return Compression::zstd;
  if (name == "x-snappy-framed") return Compression::snappy;
  // The framing format begins with a chunk type that no block can begin a useful length with.
  if (name == "snappy") return sniff(body) == Compression::snappy ? Compression::snappy : Compression::snappy_block;
  return std::nullopt;
}

Status inflate_body(Compression compression, ByteView body, std::uint64_t bytes_max, Buffer& out) {
  if (compression == Compression::snappy_block && snappy_block_size(body).value_or(0) > bytes_max) return too_large(bytes_max);
  const std::unique_ptr<Decompressor> decompressor = make_decompressor(compression);
  const std::size_t before = out.size();
  while (true) {
    char* room = out.room(inflate_step_bytes);
    const Result<Progress> step = decompressor->step(body, {room, inflate_step_bytes});
    if (!step.ok()) return Status(Code::corrupt, step.status().text());
    out.add_size(step.value().produced);
    body.remove_prefix(step.value().consumed);
    if (out.size() - before > bytes_max) return too_large(bytes_max);
    if (body.empty() && step.value().produced == 0 && !step.value().member_ended) break;
  }
  return decompressor->at_clean_end() ? Status() : Status(Code::corrupt, "the compressed body ends too early");
}

}  // namespace penstock
