// Writes the text format of Prometheus. Internal to this folder.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock::admin {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

class Exposition {
 public:
  // Begins a metric; all its samples follow before the next one. `type`: counter, gauge, histogram.
  void metric(std::string_view name, std::string_view type, std::string_view help);
  // Of the metric begun last; `suffix` for the parts of a histogram.
  void sample(const Labels& labels, std::uint64_t value, std::string_view suffix = "");
  void sample(const Labels& labels, std::int64_t value, std::string_view suffix = "");
  void sample(const Labels& labels, double value, std::string_view suffix = "");

  std::string take() { return std::move(text_); }

 private:
  void begin_sample(const Labels& labels, std::string_view suffix);

  std::string name_;
  std::string text_;
};

// The shortest text that reads back as this number.
std::string number_text(double value);

}  // namespace penstock::admin
