#include "runtime/plan/same_declaration.h"

#include <algorithm>

namespace penstock {

namespace {

class Comparison {
 public:
  explicit Comparison(const SameFunction& same_function) : same_function_(same_function) {}

  bool same(const Value& a, const Value& b) const {
    if (a.is_function() && b.is_function()) return same_function_(a.function(), b.function());
    if (a.is_list() && b.is_list()) return same_all(a.list(), b.list());
    if (!a.is_map() || !b.is_map()) return a == b;
    return std::equal(a.map().begin(), a.map().end(), b.map().begin(), b.map().end(),
                      [this](const auto& x, const auto& y) { return x.first == y.first && same(x.second, y.second); });
  }
  bool same(const NodeDeclaration& a, const NodeDeclaration& b) const {
    return a.role == b.role && a.type == b.type && same(a.options, b.options) && same_all(a.branches, b.branches);
  }
  bool same(const BranchDeclaration& a, const BranchDeclaration& b) const { return same(a.condition, b.condition) && same_all(a.nodes, b.nodes); }

  template <class T>
  bool same_all(const std::vector<T>& a, const std::vector<T>& b) const {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [this](const T& x, const T& y) { return same(x, y); });
  }

 private:
  const SameFunction& same_function_;
};

}  // namespace

bool same_declaration(const PipelineDeclaration& a, const PipelineDeclaration& b, const SameFunction& same_function) {
  const Comparison comparison(same_function);
  return a.name == b.name && comparison.same(a.options, b.options) && comparison.same_all(a.nodes, b.nodes);
}

}  // namespace penstock
