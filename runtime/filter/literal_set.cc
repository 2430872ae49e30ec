#include "runtime/filter/literal_set.h"

#include <algorithm>
#include <bit>

namespace penstock::filter {

LiteralSet::LiteralSet(const std::vector<Literal>& literals) {
  const auto is_text = [](const Literal& literal) { return literal.kind == Literal::Kind::string; };
  const auto texts = static_cast<std::size_t>(std::count_if(literals.begin(), literals.end(), is_text));
  if (texts > 0) texts_.resize(std::bit_ceil(texts * 2));
  for (const Literal& literal : literals) {
    switch (literal.kind) {
      case Literal::Kind::null: null_ = true; break;
      case Literal::Kind::boolean_false: false_ = true; break;
      case Literal::Kind::boolean_true: true_ = true; break;
      case Literal::Kind::string: add_text(literal.text); break;
      case Literal::Kind::number: numbers_.push_back(Decimal::read(literal.text).value()); break;
    }
  }
  std::sort(numbers_.begin(), numbers_.end());
  for (const Decimal& number : numbers_) {
    if (const auto integer = number.small_integer()) integers_.push_back(*integer);
  }
}

void LiteralSet::add_text(std::string_view text) {
  text_bytes_least_ = std::min(text_bytes_least_, text.size());
  text_bytes_most_ = std::max(text_bytes_most_, text.size());
  const std::size_t mask = texts_.size() - 1;
  std::size_t place = std::hash<std::string_view>{}(text) & mask;
  while (texts_[place].data() && texts_[place] != text) place = (place + 1) & mask;
  texts_[place] = text;
}

bool LiteralSet::find_text(std::string_view text) const {
  if (text.size() < text_bytes_least_ || text.size() > text_bytes_most_) return false;
  const std::size_t mask = texts_.size() - 1;
  for (std::size_t place = std::hash<std::string_view>{}(text) & mask; texts_[place].data(); place = (place + 1) & mask) {
    if (texts_[place] == text) return true;
  }
  return false;
}

bool LiteralSet::find_number(std::string_view text) const {
  std::int64_t integer;
  if (read_small_integer(text, integer)) return std::binary_search(integers_.begin(), integers_.end(), integer);
  const auto number = Decimal::read(text);
  return number && std::binary_search(numbers_.begin(), numbers_.end(), *number);
}

bool LiteralSet::contains_text(std::string_view text) const {
  return (!texts_.empty() && find_text(text)) || (!numbers_.empty() && find_number(text));
}

}  // namespace penstock::filter
