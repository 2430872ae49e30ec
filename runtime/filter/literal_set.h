// The list of an `in`: whether a value == one of its literals, in constant time for strings and logarithmic for numbers.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/filter/decimal.h"
#include "runtime/filter/expression.h"

namespace penstock::filter {

// Keeps views into the literals, which must outlive it.
class LiteralSet {
 public:
  explicit LiteralSet(const std::vector<Literal>& literals);

  // A string's value, or a number's text: among the string literals by bytes, among the number literals by value.
  bool contains_text(std::string_view text) const;
  bool contains_null() const { return null_; }
  bool contains_boolean(bool value) const { return value ? true_ : false_; }

 private:
  void add_text(std::string_view text);
  bool find_text(std::string_view text) const;
  bool find_number(std::string_view text) const;

  // Open addressing, at most half full; a free place has no data.
  std::vector<std::string_view> texts_;
  std::size_t text_bytes_least_ = SIZE_MAX;
  std::size_t text_bytes_most_ = 0;
  // Ascending. Integers of at most 18 digits stand in both.
  std::vector<std::int64_t> integers_;
  std::vector<Decimal> numbers_;
  bool null_ = false;
  bool true_ = false;
  bool false_ = false;
};

}  // namespace penstock::filter
