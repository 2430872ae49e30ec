#include "runtime/filter/expression.h"

#include <algorithm>

namespace penstock::filter {
namespace {

// Indexed by Test.
constexpr std::string_view test_texts[] = {"==",   "!=",        "<",  "<=",     ">",       ">=",     "contains", "starts_with", "ends_with",
                                           "~",    "!~",        "in", "not in", "in_cidr", "exists", "is null",  ""};

void append(std::string& out, const Node& node);

void append(std::string& out, const Literal& literal) {
  switch (literal.kind) {
    case Literal::Kind::null:
      out += "null";
      return;
    case Literal::Kind::boolean_false:
      out += "false";
      return;
    case Literal::Kind::boolean_true:
      out += "true";
      return;
    case Literal::Kind::number:
      out += literal.text;
      return;
    case Literal::Kind::string:
      out += '\'';
      for (const char c : literal.text) {
        if (c == '\'') out += '\'';
        out += c;
      }
      out += '\'';
      return;
  }
}

void append(std::string& out, const Path& path) {
  const std::string text = penstock::to_text(path);
  if (!is_keyword(path[0])) {
    out += text;
    return;
  }
  out += '"' + path[0] + '"';
  out.append(text, path[0].size());
}

void append(std::string& out, const Operand& operand) {
  for (const Function function : operand.functions) out += function == Function::lower ? "lower(" : "len(";
  std::visit([&](const auto& of) { append(out, of); }, operand.of);
  out.append(operand.functions.size(), ')');
}

void append(std::string& out, const std::vector<Literal>& list) {
  out += '(';
  for (const Literal& literal : list) {
    if (&literal != list.data()) out += ", ";
    append(out, literal);
  }
  out += ')';
}

void append_test(std::string& out, const Node& node) {
  if (node.test == Test::exists) out += "exists ";
  append(out, node.left);
  if (node.test == Test::truth || node.test == Test::exists) return;
  out += ' ';
  out += to_text(node.test);
  if (node.test == Test::is_null) return;
  out += ' ';
  const bool takes_list = node.test == Test::in || node.test == Test::not_in || node.test == Test::in_cidr;
  if (!takes_list)
    append(out, node.right);
  else if (node.test == Test::in_cidr && node.list.size() == 1)
    append(out, node.list[0]);
  else
    append(out, node.list);
}

// An operand of `and`, `or` or `not`: in parentheses where it binds less tightly.
void append_inner(std::string& out, const Node& node, bool parentheses) {
  if (parentheses) out += '(';
  append(out, node);
  if (parentheses) out += ')';
}

void append(std::string& out, const Node& node) {
  switch (node.kind) {
    case Node::Kind::test:
      append_test(out, node);
      return;
    case Node::Kind::negation: {
      const Node::Kind inner = node.nodes[0].kind;
      out += "not ";
      append_inner(out, node.nodes[0], inner == Node::Kind::all || inner == Node::Kind::any);
      return;
    }
    case Node::Kind::all:
    case Node::Kind::any:
      for (const Node& part : node.nodes) {
        if (&part != node.nodes.data()) out += node.kind == Node::Kind::all ? " and " : " or ";
        append_inner(out, part, node.kind == Node::Kind::all && part.kind == Node::Kind::any);
      }
      return;
  }
}

template <class T>
std::string text_of(const T& part) {
  std::string out;
  append(out, part);
  return out;
}

void collect(const Operand& operand, std::vector<Path>& out) {
  const Path* path = std::get_if<Path>(&operand.of);
  // The right operand of tests that have none is an empty path.
  if (path && !path->empty() && std::find(out.begin(), out.end(), *path) == out.end()) out.push_back(*path);
}

void collect(const Node& node, std::vector<Path>& out) {
  for (const Node& inner : node.nodes) collect(inner, out);
  collect(node.left, out);
  collect(node.right, out);
}

}  // namespace

Node join(Node::Kind kind, std::vector<Node> nodes) {
  if (nodes.size() == 1) return std::move(nodes[0]);
  Node out;
  out.kind = kind;
  for (Node& node : nodes) {
    if (node.kind == kind)
      std::move(node.nodes.begin(), node.nodes.end(), std::back_inserter(out.nodes));
    else
      out.nodes.push_back(std::move(node));
  }
  return out;
}

Node negate(Node node) {
  Node out;
  out.kind = Node::Kind::negation;
  out.nodes.push_back(std::move(node));
  return out;
}

std::string to_text(const Expression& expression) { return text_of(expression.root()); }
std::string to_text(const Node& node) { return text_of(node); }
std::string to_text(const Operand& operand) { return text_of(operand); }
std::string to_text(const Literal& literal) { return text_of(literal); }
std::string_view to_text(Test test) { return test_texts[static_cast<int>(test)]; }

std::vector<Path> paths(const Expression& expression) {
  std::vector<Path> out;
  collect(expression.root(), out);
  return out;
}

bool is_keyword(std::string_view word) {
  constexpr std::string_view keywords[] = {"and",     "or",     "not", "in",   "contains", "starts_with", "ends_with",
                                           "in_cidr", "exists", "is",  "null", "true",     "false"};
  return std::find(std::begin(keywords), std::end(keywords), word) != std::end(keywords);
}

}  // namespace penstock::filter
