#include "bindings/sink/placed_text.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "runtime/base/nearest_name.h"

namespace penstock {

namespace {

std::string braced(std::string_view name) { return "{" + std::string(name) + "}"; }

Status unknown_place(std::string_view name, std::string_view what, std::span<const std::string_view> names) {
  std::string text = "unknown place " + braced(name) + " in " + std::string(what) + ": ";
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + braced(names[i]);
  text += " are known";
  if (const std::string_view near = nearest_name(name, names); !near.empty()) text += " (did you mean " + braced(near) + "?)";
  return Status(Code::invalid, text);
}

std::string digits(int value, int width) {
  char text[16];
  std::snprintf(text, sizeof text, "%0*d", width, value);
  return text;
}

}  // namespace

Result<PlacedText> PlacedText::parse(std::string_view text, std::string_view what, std::span<const std::string_view> names) {
  if (text.empty()) return Status(Code::invalid, std::string(what) + " is empty");
  PlacedText result;
  result.text_ = text;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    if (open != 0) result.parts_.push_back({-1, std::string(text.substr(0, open))});
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return Status(Code::invalid, std::string(what) + " has a { without its }: " + result.text_);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return unknown_place(name, what, names);
    result.parts_.push_back({static_cast<int>(found - names.begin()), ""});
    text.remove_prefix(close + 1);
  }
  return result;
}

bool PlacedText::has(int place) const {
  return std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) { return part.place == place; });
}

std::string date_place(int place, std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  switch (place) {
    case 0: return digits(utc.tm_year + 1900, 4);
    case 1: return digits(utc.tm_mon + 1, 2);
    case 2: return digits(utc.tm_mday, 2);
    case 3: return digits(utc.tm_hour, 2);
    default: return digits(utc.tm_min, 2);
  }
}

std::string one_segment(std::string text) {
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

}  // namespace penstock
