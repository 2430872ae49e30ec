#include "bindings/sink/path_template.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "runtime/base/nearest_name.h"

namespace penstock {

namespace {

// In the order of PathTemplate::Place, after its literal.
constexpr std::string_view place_names[] = {"yyyy", "MM", "dd", "HH", "mm", "pipeline", "host", "worker"};

std::string one_name(std::string text) {
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::string digits(int value, int width) {
  char text[16];
  std::snprintf(text, sizeof text, "%0*d", width, value);
  return text;
}

Status unknown_place(std::string_view name) {
  const std::string_view near = nearest_name(name, place_names);
  std::string text = "unknown place {" + std::string(name) + "} in path: {yyyy}, {MM}, {dd}, {HH}, {mm}, {pipeline}, {host} and {worker} are known";
  if (!near.empty()) text += " (did you mean {" + std::string(near) + "}?)";
  return Status(Code::invalid, text);
}

}  // namespace

Result<PathTemplate> PathTemplate::parse(std::string_view text) {
  if (text.empty()) return Status(Code::invalid, "path is empty");
  PathTemplate result;
  result.text_ = text;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    if (open != 0) result.parts_.push_back({Place::literal, std::string(text.substr(0, open))});
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return Status(Code::invalid, "path has a { without its }: " + result.text_);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    const auto* found = std::find(std::begin(place_names), std::end(place_names), name);
    if (found == std::end(place_names)) return unknown_place(name);
    result.parts_.push_back({static_cast<Place>(found - std::begin(place_names) + 1), ""});
    text.remove_prefix(close + 1);
  }
  return result;
}

std::string PathTemplate::expand(std::chrono::system_clock::time_point time, const Writer& writer) const {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::string path;
  for (const Part& part : parts_) {
    switch (part.place) {
      case Place::literal: path += part.literal; break;
      case Place::year: path += digits(utc.tm_year + 1900, 4); break;
      case Place::month: path += digits(utc.tm_mon + 1, 2); break;
      case Place::day: path += digits(utc.tm_mday, 2); break;
      case Place::hour: path += digits(utc.tm_hour, 2); break;
      case Place::minute: path += digits(utc.tm_min, 2); break;
      case Place::pipeline: path += one_name(writer.pipeline); break;
      case Place::host: path += one_name(writer.host); break;
      case Place::worker: path += std::to_string(writer.worker); break;
    }
  }
  return path;
}

bool PathTemplate::dated() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const Part& p) { return p.place >= Place::year && p.place <= Place::minute; });
}

}  // namespace penstock
