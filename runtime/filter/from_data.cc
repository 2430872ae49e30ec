#include "runtime/filter/from_data.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "runtime/filter/networks.h"
#include "runtime/filter/parse_error.h"
#include "runtime/filter/parser.h"
#include "runtime/filter/regex.h"

namespace penstock::filter {
namespace {

struct Verb {
  Test test;
  bool negated;
};

std::optional<Verb> verb_of(std::string_view text) {
  if (text == "=") return Verb{Test::equal, false};
  if (text == "is not null") return Verb{Test::is_null, true};
  for (int i = 0; i < static_cast<int>(Test::truth); ++i) {
    if (to_text(static_cast<Test>(i)) == text) return Verb{static_cast<Test>(i), false};
  }
  if (!text.starts_with("not ")) return std::nullopt;
  for (const Test test : {Test::contains, Test::starts_with, Test::ends_with, Test::in_cidr, Test::exists}) {
    if (to_text(test) == text.substr(4)) return Verb{test, true};
  }
  return std::nullopt;
}

constexpr std::size_t mistakes_max = 100;

std::string operator_names() {
  std::string out;
  for (int i = 0; i < static_cast<int>(Test::truth); ++i) out += (i == 0 ? "" : ", ") + std::string(to_text(static_cast<Test>(i)));
  return out;
}

bool takes_value(Test test) { return test != Test::exists && test != Test::is_null; }
bool takes_list(Test test) { return test == Test::in || test == Test::not_in || test == Test::in_cidr; }

std::string shortest(double value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return {digits, end};
}

std::size_t count_tests(const Node& node) {
  std::size_t count = node.kind == Node::Kind::test;
  for (const Node& inner : node.nodes) count += count_tests(inner);
  return count;
}

std::size_t count_patterns(const Node& node) {
  std::size_t count = node.test == Test::matches || node.test == Test::not_matches;
  for (const Node& inner : node.nodes) count += count_patterns(inner);
  return count;
}

int depth_of(const Node& node) {
  int depth = 0;
  for (const Node& inner : node.nodes) depth = std::max(depth, depth_of(inner));
  return depth + 1;
}

class DataReader {
 public:
  // `place` names `data` for messages: `all[2]`, empty for the whole.
  std::optional<Node> filter(const Value& data, const std::string& place, int depth) {
    if (depth > nesting_max) return fail(place, "nested more than 64 deep", Code::limit);
    if (data.is_string()) return text(data.string(), place);
    if (data.is_map()) return group(data.map(), place, depth);
    if (data.is_list()) return condition(data.list(), place);
    return fail(place, "expected a condition such as { \"status\", \">=\", 500 }, or one of all, any, not; got " + penstock::to_text(data));
  }
  std::vector<Status> take_failures() { return std::move(failures_); }

 private:
  std::optional<Node> text(const std::string& filter_text, const std::string& place) {
    Result<Expression> parsed = parse(filter_text);
    if (!parsed.ok()) return fail(place, parsed.status().text(), parsed.status().code());
    return parsed->root();
  }

  std::optional<Node> group(const ValueMap& map, const std::string& place, int depth) {
    if (map.size() != 1) return fail(place, "expected exactly one of all, any, not; got " + std::to_string(map.size()) + " names");
    const auto& [name, value] = *map.begin();
    const std::string inside = place.empty() ? name : place + "." + name;
    if (name == "not") {
      std::optional<Node> inner = filter(value, inside, depth + 1);
      if (!inner) return std::nullopt;
      return negate(std::move(*inner));
    }
    if (name != "all" && name != "any") return fail(place, "unknown name '" + name + "'; expected one of all, any, not");
    if (!value.is_list() || value.list().empty()) return fail(inside, "expected a list of at least one filter");
    std::vector<Node> nodes;
    for (std::size_t i = 0; i < value.list().size(); ++i) {
      std::optional<Node> node = filter(value.list()[i], inside + "[" + std::to_string(i + 1) + "]", depth + 1);
      if (node) nodes.push_back(std::move(*node));
    }
    if (nodes.size() < value.list().size()) return std::nullopt;
    return join(name == "all" ? Node::Kind::all : Node::Kind::any, std::move(nodes));
  }

  std::optional<Node> condition(const ValueList& list, const std::string& place) {
    if (!list.empty() && (list[0].is_list() || list[0].is_map())) {
      return fail(place, "a list of conditions needs to say how they join (hint: write { all = { ... } } or { any = { ... } })");
    }
    if (list.size() < 2 || list.size() > 3 || !list[0].is_string() || !list[1].is_string()) {
      return fail(place, "expected { field, operator, value }, got " + penstock::to_text(Value(list)));
    }
    const std::optional<Verb> verb = verb_of(list[1].string());
    if (!verb) return unknown_operator(list[1].string(), place);
    Result<Operand> left = left_side(list[0].string());
    if (!left.ok()) return fail(place, left.status().text(), left.status().code());
    Node node;
    node.test = verb->test;
    node.left = std::move(*left);
    if (node.test == Test::exists && !node.left.functions.empty()) return fail(place, "exists takes a field, nothing else");
    if (takes_value(node.test) != (list.size() == 3)) {
      return fail(place, "'" + list[1].string() + (takes_value(node.test) ? "' needs a value" : "' takes no value"));
    }
    if (list.size() == 3 && !right_side(node, list[2], place)) return std::nullopt;
    return verb->negated ? negate(std::move(node)) : std::move(node);
  }

  std::optional<Node> unknown_operator(const std::string& given, const std::string& place) {
    const std::string_view meant = nearest_operator(given);
    return fail(place, "unknown operator '" + given + "', expected one of " + operator_names() + (meant.empty() ? std::string{} : " (hint: write " + std::string(meant) + ")"));
  }

  // Words of the language are ordinary field names here: there is nothing to confuse them with.
  static Result<Operand> left_side(const std::string& text) {
    if (!is_keyword(text)) return parse_operand(text);
    Operand out;
    out.of = Path{text};
    return out;
  }

  bool right_side(Node& node, const Value& value, const std::string& place) {
    if (!takes_list(node.test)) {
      std::optional<Literal> literal = literal_of(value, place);
      if (!literal) return false;
      const bool pattern = node.test == Test::matches || node.test == Test::not_matches;
      if (pattern && !check_pattern(*literal, place)) return false;
      node.right.of = std::move(*literal);
      return true;
    }
    const bool one = node.test == Test::in_cidr && value.is_string();
    if (!one && (!value.is_list() || value.list().empty())) {
      fail(place, "'" + std::string(to_text(node.test)) + "' needs a list of at least one value, got " + penstock::to_text(value));
      return false;
    }
    if (one) return item(node, value, place);
    if (value.list().size() > list_items_max) {
      fail(place, "more than 10000 items in one list", Code::limit);
      return false;
    }
    for (const Value& each : value.list()) item(node, each, place);
    return node.list.size() == value.list().size();
  }

  bool item(Node& node, const Value& value, const std::string& place) {
    std::optional<Literal> literal = literal_of(value, place);
    if (!literal) return false;
    std::string problem = penstock::to_text(value) + " is no network such as '10.0.0.0/8'";
    if (node.test == Test::in_cidr && (literal->kind != Literal::Kind::string || !AddressRange::read(literal->text, problem))) {
      fail(place, problem);
      return false;
    }
    node.list.push_back(std::move(*literal));
    return true;
  }

  bool check_pattern(const Literal& literal, const std::string& place) {
    if (literal.kind != Literal::Kind::string) {
      fail(place, "a pattern is a string");
      return false;
    }
    const auto compiled = compile_regex(literal.text);
    if (!compiled.ok()) fail(place, "the pattern is wrong: " + compiled.status().text());
    return compiled.ok();
  }

  std::optional<Literal> literal_of(const Value& value, const std::string& place) {
    using Kind = Literal::Kind;
    if (value.is_string()) {
      if (value.string().size() <= text_bytes_max) return Literal{Kind::string, value.string()};
      fail(place, "a string of " + std::to_string(value.string().size()) + " bytes; at most 65536 are allowed", Code::limit);
      return std::nullopt;
    }
    if (value.is_bool()) return Literal{value.boolean() ? Kind::boolean_true : Kind::boolean_false, {}};
    if (value.is_null()) return Literal{Kind::null, {}};
    if (value.is_integer()) return Literal{Kind::number, std::to_string(value.integer())};
    if (value.is_number() && std::isfinite(value.number())) return Literal{Kind::number, shortest(value.number())};
    fail(place, "expected a string, a number, true, false or null, got " + penstock::to_text(value));
    return std::nullopt;
  }

  std::nullopt_t fail(const std::string& place, const std::string& message, Code code = Code::invalid) {
    if (failures_.size() < mistakes_max) failures_.emplace_back(code, place.empty() ? message : place + ": " + message);
    return std::nullopt;
  }

  std::vector<Status> failures_;
};

// Text inside of data has bounds of its own; this is of what they add up to.
Status check_bounds(const Node& root) {
  if (depth_of(root) > nesting_max) return Status(Code::limit, "nested more than 64 deep");
  if (count_tests(root) > tests_max) return Status(Code::limit, "more than 10000 tests in one filter");
  if (count_patterns(root) > patterns_max) return Status(Code::limit, "more than 256 patterns in one filter (hint: join patterns with |)");
  return {};
}

}  // namespace

Result<Expression> from_data(const Value& data) {
  DataReader reader;
  std::optional<Node> root = reader.filter(data, {}, 1);
  if (!root) return std::move(reader.take_failures().front());
  if (Status bounds = check_bounds(*root); !bounds.ok()) return bounds;
  return Expression(std::move(*root));
}

std::vector<Status> mistakes_in(const Value& data) {
  DataReader reader;
  const std::optional<Node> root = reader.filter(data, {}, 1);
  if (!root) return reader.take_failures();
  std::vector<Status> mistakes;
  if (Status bounds = check_bounds(*root); !bounds.ok()) mistakes.push_back(std::move(bounds));
  return mistakes;
}

}  // namespace penstock::filter
