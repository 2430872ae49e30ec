#include "bindings/source/file_options.h"

#include <sys/resource.h>

#include <algorithm>

#include "bindings/source/file_identity.h"

namespace penstock {

namespace {

Status parse_patterns(const std::vector<std::string>& texts, std::vector<PathPattern>& to) {
  for (const std::string& text : texts) {
    Result<PathPattern> pattern = PathPattern::parse(text);
    if (!pattern.ok()) return pattern.take_status();
    to.push_back(*std::move(pattern));
  }
  return {};
}

std::size_t descriptors_for_us() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  return std::max<std::size_t>(1, limit.rlim_cur / 2);
}

}  // namespace

Result<FileOptions> FileOptions::from(const Value& options) {
  FileOptions out;
  if (Status status = parse_patterns(options.strings("path"), out.paths); !status.ok()) return status;
  if (Status status = parse_patterns(options.strings("exclude"), out.exclude); !status.ok()) return status;
  if (out.paths.empty()) return Status(Code::invalid, "option 'path' is missing");
  const std::string compression = options.string_or("compression", "auto");
  if (compression != "auto") {
    out.compression = compression_of_name(compression);
    if (!out.compression) return Status(Code::invalid, "unknown compression '" + compression + "'");
  }
  out.follow = options.bool_or("follow", true);
  out.from_end = out.follow && options.string_or("from", "beginning") == "end";
  out.rescan = std::chrono::milliseconds(std::max<std::int64_t>(1, options.integer_or("rescan_ms", 1000)));
  out.files_open_max = static_cast<std::size_t>(std::max<std::int64_t>(1, options.integer_or("files_open_max", 512)));
  out.files_open_max = std::min(out.files_open_max, descriptors_for_us());
  const std::int64_t fingerprint = options.integer_or("fingerprint_bytes", 256);
  out.fingerprint_bytes = static_cast<std::uint32_t>(std::clamp<std::int64_t>(fingerprint, 16, Fingerprint::length_max));
  return out;
}

PathsFound FileOptions::find() const {
  PathsFound found;
  for (const PathPattern& pattern : paths) pattern.expand(found);
  found.tidy();
  const auto excluded = [this](const std::string& path) {
    return std::any_of(exclude.begin(), exclude.end(), [&](const PathPattern& pattern) { return pattern.matches(path); });
  };
  std::erase_if(found.files, excluded);
  return found;
}

std::string FileOptions::describe() const {
  std::string out = "file";
  for (const PathPattern& path : paths) out += (&path == &paths.front() ? " " : ", ") + path.text();
  return out + (follow ? " (followed)" : " (to its end)");
}

}  // namespace penstock
