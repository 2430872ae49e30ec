#include "runtime/plan/declaration.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace penstock {

void tidy(std::vector<Mistake>& mistakes) {
  std::vector<std::string> files;
  std::set<std::tuple<std::string, int, std::string>> told;
  std::erase_if(mistakes, [&](const Mistake& m) {
    if (std::find(files.begin(), files.end(), m.where.file) == files.end()) files.push_back(m.where.file);
    return !told.insert({m.where.file, m.where.line, m.text}).second;
  });
  const auto rank = [&](const Mistake& m) { return std::find(files.begin(), files.end(), m.where.file) - files.begin(); };
  std::stable_sort(mistakes.begin(), mistakes.end(), [&](const Mistake& a, const Mistake& b) {
    const auto rank_a = rank(a), rank_b = rank(b);
    return rank_a != rank_b ? rank_a < rank_b : a.where.line < b.where.line;
  });
}

}  // namespace penstock
