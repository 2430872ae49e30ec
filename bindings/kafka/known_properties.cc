#include "bindings/kafka/known_properties.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace penstock::kafka {

namespace {

// The manual's tables, as librdkafka writes them: the only place where it tells what it hides.
std::string manual() {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* const file = open_memstream(&text, &size);
  if (file == nullptr) return {};
  rd_kafka_conf_properties_show(file);
  std::fclose(file);
  const std::unique_ptr<char, decltype(&std::free)> owned(text, &std::free);
  return std::string(text, size);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// `name | C/P | range | default | importance | description`, where C/P is *, C or P. Others are headings.
std::optional<KnownProperty> read_row(std::string_view row) {
  std::array<std::string_view, 5> cells;
  for (std::string_view& cell : cells) {
    const std::size_t end = row.find('|');
    if (end == row.npos) return std::nullopt;
    cell = trimmed(row.substr(0, end));
    row.remove_prefix(end + 1);
  }
  const std::string_view sides = cells[1];
  if (sides != "*" && sides != "C" && sides != "P") return std::nullopt;
  return KnownProperty{cells[0], sides != "C", sides != "P", row.find("see dedicated API") == row.npos};
}

// One that is both a client's and a topic's stands there twice.
void add(const KnownProperty& property, std::vector<KnownProperty>& to) {
  const auto same = std::find_if(to.begin(), to.end(), [&](const KnownProperty& other) { return other.name == property.name; });
  if (same == to.end()) return to.push_back(property);
  same->producers |= property.producers;
  same->consumers |= property.consumers;
  same->text &= property.text;
}

std::vector<KnownProperty> read_rows(std::string_view text) {
  std::vector<KnownProperty> rows;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (const std::optional<KnownProperty> row = read_row(text.substr(0, end))) add(*row, rows);
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
  return rows;
}

}  // namespace

std::span<const KnownProperty> known_properties() {
  static const std::string text = manual();
  static const std::vector<KnownProperty> rows = read_rows(text);
  return rows;
}

const KnownProperty* find_known_property(std::string_view name) {
  const std::span<const KnownProperty> all = known_properties();
  const auto found = std::find_if(all.begin(), all.end(), [&](const KnownProperty& property) { return property.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace penstock::kafka
