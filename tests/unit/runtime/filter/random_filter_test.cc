// Random filters over random events, against an evaluator that shares nothing with the real one: it walks the tree that the
// text was written from, and knows values as the model that the JSON was written from.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <random>

#include "runtime/filter/parser.h"
#include "runtime/filter/predicate.h"

namespace penstock::filter {
namespace {

struct ModelValue {
  enum Kind { missing, null, yes, no, number, string, array } kind = missing;
  std::string text;  // a number's text, a string's value
  std::vector<ModelValue> elements;
  bool literal = false;
};

struct ModelOperand {
  std::string field;  // empty: a literal
  ModelValue literal;
  std::string function;
};

struct ModelNode {
  std::string op;  // and, or, not, or a test's operator
  std::vector<ModelNode> nodes;
  ModelOperand left, right;
  std::vector<ModelValue> list;
};

using Model = std::map<std::string, ModelValue>;

// Slow arithmetic: every number as a count of 10^-500, in digits of one width.
struct Wide {
  bool negative = false;
  std::string digits;
};

std::optional<Wide> wide(const std::string& text) {
  static const re2::RE2 grammar("(-?)(0|[1-9][0-9]*)(?:\\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?");
  std::string sign, digits, fraction, exponent_text;
  if (!re2::RE2::FullMatch(text, grammar, &sign, &digits, &fraction, &exponent_text)) return std::nullopt;
  const int exponent = exponent_text.empty() ? 0 : std::stoi(exponent_text);
  digits += fraction;
  digits.append(static_cast<std::size_t>(500 + exponent - static_cast<int>(fraction.size())), '0');
  digits.insert(0, 1100 - digits.size(), '0');
  const bool zero = digits.find_first_not_of('0') == std::string::npos;
  return Wide{sign == "-" && !zero, digits};
}

std::optional<int> compare_numbers(const std::string& a, const std::string& b) {
  const auto x = wide(a), y = wide(b);
  if (!x || !y) return std::nullopt;
  if (x->negative != y->negative) return x->negative ? -1 : 1;
  const int order = x->digits.compare(y->digits);
  return x->negative ? -order : order;
}

std::optional<int> compare(const ModelValue& a, const ModelValue& b) {
  using K = ModelValue;
  if (a.kind == K::string && b.kind == K::string) return a.text.compare(b.text);
  if (a.kind == K::number && b.kind == K::number) return compare_numbers(a.text, b.text);
  if ((a.kind == K::number && b.kind == K::string) || (a.kind == K::string && b.kind == K::number)) {
    const bool by_bytes = (a.kind == K::string ? a : b).literal;
    return by_bytes ? std::optional<int>(a.text.compare(b.text)) : compare_numbers(a.text, b.text);
  }
  return std::nullopt;
}

bool equal(const ModelValue& a, const ModelValue& b) {
  if (a.kind == b.kind && (a.kind == ModelValue::null || a.kind == ModelValue::yes || a.kind == ModelValue::no)) return true;
  return compare(a, b) == 0;
}

bool has_text(const ModelValue& value) { return value.kind == ModelValue::string || value.kind == ModelValue::number; }

ModelValue value_of(const ModelOperand& operand, const Model& model) {
  ModelValue value = operand.literal;
  value.literal = operand.field.empty();
  if (!operand.field.empty()) {
    const auto found = model.find(operand.field);
    value = found == model.end() ? ModelValue{} : found->second;
  }
  if (operand.function == "lower" && value.kind == ModelValue::string) {
    for (char& c : value.text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  if (operand.function == "len") {
    if (value.kind == ModelValue::string) return {ModelValue::number, std::to_string(value.text.size()), {}, false};
    if (value.kind == ModelValue::array) return {ModelValue::number, std::to_string(value.elements.size()), {}, false};
    return {};
  }
  return value;
}

bool evaluate(const ModelNode& node, const Model& model) {
  if (node.op == "and") return evaluate(node.nodes[0], model) && evaluate(node.nodes[1], model);
  if (node.op == "or") return evaluate(node.nodes[0], model) || evaluate(node.nodes[1], model);
  if (node.op == "not") return !evaluate(node.nodes[0], model);
  const ModelValue a = value_of(node.left, model);
  const ModelValue b = value_of(node.right, model);
  const auto order = compare(a, b);
  if (node.op == "==") return equal(a, b);
  if (node.op == "!=") return !equal(a, b);
  if (node.op == "<") return order && *order < 0;
  if (node.op == "<=") return order && *order <= 0;
  if (node.op == ">") return order && *order > 0;
  if (node.op == ">=") return order && *order >= 0;
  if (node.op == "exists") return a.kind != ModelValue::missing;
  if (node.op == "is null") return a.kind == ModelValue::null;
  if (node.op == "") return a.kind == ModelValue::yes;
  if (node.op == "in" || node.op == "not in") {
    const bool in = std::any_of(node.list.begin(), node.list.end(), [&](const ModelValue& item) { return equal(a, item); });
    return in == (node.op == "in");
  }
  if (node.op == "contains" && a.kind == ModelValue::array) {
    return std::any_of(a.elements.begin(), a.elements.end(), [&](const ModelValue& element) { return equal(element, b); });
  }
  if (!has_text(a) || !has_text(b)) return false;
  if (node.op == "contains") return a.text.find(b.text) != std::string::npos;
  if (node.op == "starts_with") return a.text.substr(0, b.text.size()) == b.text;
  return a.text.size() >= b.text.size() && a.text.substr(a.text.size() - b.text.size()) == b.text;
}

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  ModelValue scalar() {
    static const char* numbers[] = {"0", "-0", "1", "1.0", "10e-1", "100", "1e2", "-7", "0.5", "5E-1", "500", "9007199254740993", "9007199254740992",
                                    "1000000000000000000", "1e18", "999999999999999999", "1e400", "-1e400", "1e399", "0.000000000000000000001"};
    static const char* strings[] = {"", "a", "A", "ab", "aB", "b", "1", "1.0", "100", "1e2", "01", "500", "5", "0", "-0", "it's", "\"q\\", "\xc3\xa9", "x\ny"};
    switch (below(6)) {
      case 0: return {ModelValue::null, {}, {}, false};
      case 1: return {below(2) ? ModelValue::yes : ModelValue::no, {}, {}, false};
      case 2:
      case 3: return {ModelValue::number, numbers[below(std::size(numbers))], {}, false};
      default: return {ModelValue::string, strings[below(std::size(strings))], {}, false};
    }
  }

  Model model() {
    Model out;
    for (const char* name : {"a", "b", "c", "d"}) {
      const int choice = below(8);
      if (choice == 0) continue;
      out[name] = scalar();
      if (choice == 1) out[name] = {ModelValue::array, {}, {scalar(), scalar()}, false};
    }
    return out;
  }

  ModelNode node(int depth) {
    const int choice = depth == 0 ? 3 : below(5);
    if (choice == 0) return {"and", {node(depth - 1), node(depth - 1)}, {}, {}, {}};
    if (choice == 1) return {"or", {node(depth - 1), node(depth - 1)}, {}, {}, {}};
    if (choice == 2) return {"not", {node(depth - 1)}, {}, {}, {}};
    static const char* ops[] = {"==", "!=", "<", "<=", ">", ">=", "contains", "starts_with", "ends_with", "in", "not in", "exists", "is null", ""};
    ModelNode test{ops[below(std::size(ops))], {}, operand(), operand(), {}};
    if (test.op == "exists" || test.op == "") test.left = {field(), {}, {}};
    if (test.op == "in" || test.op == "not in") {
      for (int i = below(4); i >= 0; --i) {
        test.list.push_back(scalar());
        test.list.back().literal = true;
      }
    }
    return test;
  }

  // Spelt as the JSON of an event, with escapes here and there.
  std::string json(const Model& model) {
    std::string out = "{";
    for (const auto& [name, value] : model) out += (out.size() > 1 ? ",\"" : "\"") + name + "\":" + json(value);
    return out + "}";
  }

  // Spelt as a filter, with needless parentheses and spaces.
  std::string text(const ModelNode& node) {
    const std::string space(static_cast<std::size_t>(1 + below(2)), ' ');
    if (node.op == "and" || node.op == "or") return "(" + text(node.nodes[0]) + space + node.op + space + text(node.nodes[1]) + ")";
    if (node.op == "not") return "not" + space + text(node.nodes[0]);
    if (node.op == "exists") return "exists " + text(node.left);
    if (node.op == "" || node.op == "is null") return text(node.left) + (node.op == "" ? "" : space + node.op);
    if (node.list.empty()) return text(node.left) + space + node.op + space + text(node.right);
    std::string list;
    for (const ModelValue& item : node.list) list += (list.empty() ? "" : ",") + text(item);
    return text(node.left) + space + node.op + " (" + list + ")";
  }

 private:
  int below(std::size_t bound) { return static_cast<int>(random_() % bound); }
  std::string field() { return std::string(1, static_cast<char>('a' + below(5))); }

  ModelOperand operand() {
    ModelOperand out;
    if (below(3) != 0) out.field = field();
    out.literal = scalar();
    const int choice = below(8);
    if (choice == 0) out.function = "lower";
    if (choice == 1) out.function = "len";
    return out;
  }

  std::string json(const ModelValue& value) {
    if (value.kind == ModelValue::null) return "null";
    if (value.kind == ModelValue::yes) return "true";
    if (value.kind == ModelValue::no) return "false";
    if (value.kind == ModelValue::number) return value.text;
    if (value.kind == ModelValue::array) return "[" + json(value.elements[0]) + ", " + json(value.elements[1]) + "]";
    std::string out = "\"";
    for (const char c : value.text) {
      char escaped[8];
      const bool must = c == '"' || c == '\\' || c == '\n';
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      if (must || (static_cast<unsigned char>(c) < 0x80 && below(4) == 0))
        out += escaped;
      else
        out += c;
    }
    return out + "\"";
  }

  std::string text(const ModelValue& value) {
    if (value.kind != ModelValue::string) return json(value);
    std::string out = "'";
    for (const char c : value.text) out += c == '\'' ? std::string("''") : std::string(1, c);
    return out + "'";
  }
  std::string text(const ModelOperand& operand) {
    const std::string inner = operand.field.empty() ? text(operand.literal) : operand.field;
    return operand.function.empty() ? inner : operand.function + "(" + inner + ")";
  }

  std::mt19937 random_;
};

TEST(RandomFilter, AgreesWithTheReference) {
  constexpr unsigned seed = 20240229;
  Generator generate(seed);
  int held = 0;
  for (int i = 0; i < 4000; ++i) {
    const ModelNode node = generate.node(3);
    const std::string text = generate.text(node);
    auto parsed = parse(text);
    ASSERT_TRUE(parsed.ok()) << "seed " << seed << ": " << parsed.status().text();
    ASSERT_TRUE(parse(to_text(parsed.value())).value() == parsed.value()) << text;
    SlotTable slots;
    const Predicate predicate(std::make_shared<const Expression>(std::move(*parsed)), slots);
    Batch batch(slots);
    for (int j = 0; j < 5; ++j) {
      const Model model = generate.model();
      const std::string json = generate.json(model);
      const bool expected = evaluate(node, model);
      ASSERT_EQ(predicate.matches(batch.add(json, 0, Base::json)), expected) << "seed " << seed << "\n" << text << "\n" << json;
      held += expected;
    }
  }
  // Both outcomes are common, or the test would show little.
  EXPECT_GT(held, 4000);
  EXPECT_LT(held, 16000);
}

}  // namespace
}  // namespace penstock::filter
