#include "bindings/sign/canonical.h"

#include <algorithm>

#include "bindings/sign/percent_encoding.h"

namespace penstock::sign {

namespace {

// Spaces and tabs at both ends go, runs of spaces within become one.
std::string folded(std::string_view value) {
  std::string out;
  for (const char c : trimmed(value)) {
    if (c == ' ' && !out.empty() && out.back() == ' ') continue;
    out += c;
  }
  return out;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<NameValue> canonical_headers(const std::vector<NameValue>& headers) {
  std::vector<NameValue> sorted;
  for (const auto& [name, value] : headers) sorted.emplace_back(lower(name), folded(value));
  std::stable_sort(sorted.begin(), sorted.end(), [](const NameValue& a, const NameValue& b) { return a.first < b.first; });
  std::vector<NameValue> out;
  for (NameValue& header : sorted) {
    if (!out.empty() && out.back().first == header.first) {
      out.back().second += "," + header.second;
    } else {
      out.push_back(std::move(header));
    }
  }
  return out;
}

const std::string* find_header(const std::vector<NameValue>& canonical, std::string_view name) {
  for (const auto& [known, value] : canonical) {
    if (known == name) return &value;
  }
  return nullptr;
}

std::vector<NameValue> canonical_query(const std::vector<NameValue>& query) {
  std::vector<NameValue> out;
  for (const auto& [name, value] : query) out.emplace_back(percent_encode(name), percent_encode(value));
  std::sort(out.begin(), out.end());
  return out;
}

std::string query_text(const std::vector<NameValue>& query) {
  std::string out;
  for (const auto& [name, value] : query) {
    if (!out.empty()) out += '&';
    out += percent_encode(name) + "=" + percent_encode(value);
  }
  return out;
}

}  // namespace penstock::sign
