#include "bindings/object/key_template.h"

#include "runtime/base/clock.h"

namespace penstock::object {

namespace {

enum Place { pipeline = date_place_count, host, worker, id, hash, first_time, extension };
constexpr std::string_view place_names[] = {"yyyy", "MM", "dd", "HH", "mm", "pipeline", "host", "worker", "id", "hash", "first_time", "extension"};

// 20261121T100205Z
std::string compact(std::chrono::system_clock::time_point time) {
  return format_utc(time, Stamp::file).substr(0, 15) + "Z";
}

Status refuse(std::string_view text, const std::string& why) { return Status(Code::invalid, "key " + why + ": " + std::string(text)); }

Status check_segments(std::string_view text) {
  if (text.front() == '/') return refuse(text, "begins with /, which makes a directory without a name; leave it out");
  std::string_view rest = text;
  while (true) {
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    if (segment.empty()) return refuse(text, "has an empty name between two slashes or at its end");
    if (segment == "." || segment == "..") return refuse(text, "has a name that is . or ..");
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace

Result<KeyTemplate> KeyTemplate::parse(std::string_view text) {
  Result<PlacedText> parsed = PlacedText::parse(text, "key", place_names);
  if (!parsed.ok()) return parsed.take_status();
  for (const unsigned char c : text) {
    if (c < 0x20 || c == 0x7f || c == '\\') return refuse(text, "has a backslash or a control character");
  }
  if (Status status = check_segments(text); !status.ok()) return status;
  if (!parsed->has(id) && !parsed->has(hash)) {
    return refuse(text, "needs {id} (or {hash}): without it objects would be written over one another");
  }
  KeyTemplate result;
  result.text_ = std::move(*parsed);
  return result;
}

std::string KeyTemplate::expand(const KeyFacts& facts, const KeyWriter& writer) const {
  std::string key;
  for (const PlacedText::Part& part : text_.parts()) {
    switch (part.place) {
      case -1: key += part.literal; break;
      case pipeline: key += one_segment(writer.pipeline); break;
      case host: key += one_segment(writer.host); break;
      case worker: key += std::to_string(writer.worker); break;
      case id: key += facts.id; break;
      case hash: key += facts.hash; break;
      case first_time: key += compact(facts.time); break;
      case extension: key += writer.extension; break;
      default: key += date_place(part.place, facts.time); break;
    }
  }
  return key;
}

Status KeyTemplate::check_length(const KeyWriter& writer) const {
  const KeyFacts widest{{}, "00000000000000000000000000000000", "0000000000000000"};
  const std::size_t size = expand(widest, writer).size();
  if (size <= key_bytes_max) return {};
  return Status(Code::invalid, "key makes names of " + std::to_string(size) + " bytes; stores allow " + std::to_string(key_bytes_max) + ": " + text());
}

bool KeyTemplate::needs_hash() const { return text_.has(hash); }

std::string KeyTemplate::directory() const {
  const std::string& first = text_.parts().front().literal;  // empty when it is a place
  return first.substr(0, first.rfind('/') + 1);  // npos + 1 is 0
}

std::string as_directory(std::string prefix) {
  if (!prefix.empty() && prefix.back() != '/') prefix += '/';
  return prefix;
}

}  // namespace penstock::object
