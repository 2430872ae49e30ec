#include "runtime/admin/exposition.h"

#include <fmt/format.h>

#include <cmath>

namespace penstock::admin {

namespace {

// HELP escapes backslashes and line ends, label values quotes too.
void append_escaped(std::string_view text, bool quotes, std::string& to) {
  for (const char c : text) {
    if (c == '\\')
      to += "\\\\";
    else if (c == '\n')
      to += "\\n";
    else if (c == '"' && quotes)
      to += "\\\"";
    else
      to += c;
  }
}

}  // namespace

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

void Exposition::metric(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} ", name);
  append_escaped(help, false, text_);
  text_ += fmt::format("\n# TYPE {} {}\n", name, type);
}

void Exposition::begin_sample(const Labels& labels, std::string_view suffix) {
  text_ += name_;
  text_ += suffix;
  char before = '{';
  for (const auto& [name, value] : labels) {
    text_ += before;
    text_ += name;
    text_ += "=\"";
    append_escaped(value, true, text_);
    text_ += '"';
    before = ',';
  }
  if (!labels.empty()) text_ += '}';
  text_ += ' ';
}

void Exposition::sample(const Labels& labels, std::uint64_t value, std::string_view suffix) {
  begin_sample(labels, suffix);
  text_ += fmt::format("{}\n", value);
}

void Exposition::sample(const Labels& labels, std::int64_t value, std::string_view suffix) {
  begin_sample(labels, suffix);
  text_ += fmt::format("{}\n", value);
}

void Exposition::sample(const Labels& labels, double value, std::string_view suffix) {
  begin_sample(labels, suffix);
  text_ += number_text(value) + "\n";
}

}  // namespace penstock::admin
