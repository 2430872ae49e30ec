#include "bindings/sink/path_template.h"

namespace penstock {

namespace {

enum Place { pipeline = date_place_count, host, worker };
constexpr std::string_view place_names[] = {"yyyy", "MM", "dd", "HH", "mm", "pipeline", "host", "worker"};

}  // namespace

Result<PathTemplate> PathTemplate::parse(std::string_view text) {
  Result<PlacedText> parsed = PlacedText::parse(text, "path", place_names);
  if (!parsed.ok()) return parsed.take_status();
  PathTemplate result;
  result.text_ = std::move(*parsed);
  return result;
}

std::string PathTemplate::expand(std::chrono::system_clock::time_point time, const Writer& writer) const {
  std::string path;
  for (const PlacedText::Part& part : text_.parts()) {
    switch (part.place) {
      case -1: path += part.literal; break;
      case pipeline: path += one_segment(writer.pipeline); break;
      case host: path += one_segment(writer.host); break;
      case worker: path += std::to_string(writer.worker); break;
      default: path += date_place(part.place, time); break;
    }
  }
  return path;
}

bool PathTemplate::dated() const {
  for (int place = 0; place < date_place_count; ++place) {
    if (text_.has(place)) return true;
  }
  return false;
}

}  // namespace penstock
