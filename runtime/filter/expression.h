// A filter as a tree: what the parsers make, `explain` prints and the predicate compiler reads. Immutable once made.
//
// What a filter means (design: "Filters"; the grammar is in parser.h):
//
// - A path's value is missing, null, true, false, a number, a string, an array or an object.
// - A test that looks at a missing field is false. `!=`, `!~` and `not in` are the negations of `==`, `~` and `in`, so they
//   are TRUE for a missing field, as is any `not ...` around a false test.
// - number with number: by exact decimal value, whatever the size: 1.0 == 1, 1e2 == 100, -0 == 0, 9007199254740993 is not
//   9007199254740992, 1e400 > 1e399.
// - string with string: by bytes of the unescaped values.
// - number with string: by value when the string is a JSON number ('007', ' 7' and '+7' are none), else no comparison holds.
//   But with a string LITERAL the number's text is compared by bytes: status == '500' holds for 500, not for 5e2.
// - true, false and null equal themselves and nothing else, and have no order. Arrays and objects equal nothing.
// - contains, starts_with, ends_with, ~ : bytes of strings; a number stands for its text; false for all else. Of an array,
//   `contains` asks whether an element == the operand.
// - in : == with one of the literals.
// - in_cidr: the string is an IPv4 or IPv6 address in one of the networks; an IPv4-mapped address is the IPv4 address.
// - exists: not missing; null exists. is null: JSON null, so false when missing. A path alone: is JSON true.
// - lower(x): ASCII letters of a string to lower case, other bytes (UTF-8) as they are; what is no string stays itself.
// - len(x): bytes of a string's unescaped value, elements of an array, members of an object; missing for all else.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/event/slot_table.h"

namespace penstock::filter {

// Bounds; going over one is an error that names it.
inline constexpr std::size_t text_bytes_max = 64 * 1024;      // of a filter's text, and of any one string in data
inline constexpr int nesting_max = 64;                        // parentheses, not, lower(), len(); names in one path
inline constexpr std::size_t list_items_max = 10'000;         // of one list
inline constexpr std::size_t tests_max = 10'000;              // of one filter
inline constexpr std::size_t patterns_max = 256;              // of one filter; each bounded as regex.h says

struct Literal {
  enum class Kind : std::uint8_t { null, boolean_false, boolean_true, number, string };
  Kind kind = Kind::null;
  std::string text;  // a number's JSON text, a string's value
  bool operator==(const Literal&) const = default;
};

enum class Function : std::uint8_t { lower, len };

struct Operand {
  std::vector<Function> functions;  // outermost first
  std::variant<Path, Literal> of;
  bool operator==(const Operand&) const = default;
};

enum class Test : std::uint8_t {
  equal,          // left, right
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  contains,
  starts_with,
  ends_with,
  matches,        // left, right: a string literal, the pattern
  not_matches,
  in,             // left, list
  not_in,
  in_cidr,        // left, list of strings
  exists,         // left: a path
  is_null,        // left
  truth,          // left: a path
};

struct Node {
  enum class Kind : std::uint8_t { all, any, negation, test };
  Kind kind = Kind::test;
  std::vector<Node> nodes;  // all, any: two or more, none of the node's own kind; negation: one

  Test test = Test::truth;
  Operand left;
  Operand right;
  std::vector<Literal> list;
  bool operator==(const Node&) const = default;
};

class Expression {
 public:
  explicit Expression(Node root) : root_(std::move(root)) {}
  const Node& root() const { return root_; }
  bool operator==(const Expression&) const = default;

 private:
  Node root_;
};

// `nodes` joined by kind all or any: nodes of that kind are opened, a single one stands for itself. Requires nodes.
Node join(Node::Kind kind, std::vector<Node> nodes);
Node negate(Node node);

// The filter in its one canonical spelling: parses back to an equal expression (as far as text_bytes_max lets it).
std::string to_text(const Expression& expression);
std::string to_text(const Node& node);
std::string to_text(const Operand& operand);
std::string to_text(const Literal& literal);
std::string_view to_text(Test test);

// The paths that the filter looks at, each once, in order of appearance.
std::vector<Path> paths(const Expression& expression);

// Words that a path cannot begin with unless quoted. `lower` and `len` are none: only a parenthesis makes them functions.
bool is_keyword(std::string_view word);

}  // namespace penstock::filter
