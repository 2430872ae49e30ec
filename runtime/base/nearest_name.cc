#include "runtime/base/nearest_name.h"

#include <algorithm>
#include <array>

namespace penstock {

namespace {

constexpr std::size_t name_bytes_max = 64;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool same(char a, char b) { return lower(a) == lower(b); }

// Optimal string alignment distance: a row for each letter of `a`, of which the last two are kept for swaps.
std::size_t edits(std::string_view a, std::string_view b) {
  using Row = std::array<std::size_t, name_bytes_max + 1>;
  Row before_last{}, last{}, row{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

template <class Names>
std::string_view nearest(std::string_view name, const Names& names) {
  if (name.size() > name_bytes_max) return {};
  std::string_view best;
  std::size_t fewest = name_bytes_max;
  for (const std::string_view candidate : names) {
    if (candidate.empty() || candidate.size() > name_bytes_max) continue;
    const std::size_t count = edits(name, candidate);
    if (count >= fewest || count * 3 > std::max(name.size(), candidate.size())) continue;
    best = candidate;
    fewest = count;
  }
  return best;
}

}  // namespace

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> names) { return nearest(name, names); }
std::string_view nearest_name(std::string_view name, const std::vector<std::string>& names) { return nearest(name, names); }

}  // namespace penstock
