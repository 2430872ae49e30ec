#include "runtime/filter/parser.h"

#include <optional>

#include "runtime/filter/lexer.h"
#include "runtime/filter/networks.h"
#include "runtime/filter/parse_error.h"
#include "runtime/filter/regex.h"

namespace penstock::filter {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::optional<Literal> literal_in(const Token& token) {
  if (token.kind == Token::Kind::string) return Literal{Literal::Kind::string, token.text};
  if (token.kind == Token::Kind::number) return Literal{Literal::Kind::number, token.text};
  if (token.kind != Token::Kind::path || !token.plain) return std::nullopt;
  if (token.text == "true") return Literal{Literal::Kind::boolean_true, {}};
  if (token.text == "false") return Literal{Literal::Kind::boolean_false, {}};
  if (token.text == "null") return Literal{Literal::Kind::null, {}};
  return std::nullopt;
}

std::optional<Test> test_of_symbol(std::string_view symbol) {
  if (symbol == "=") return Test::equal;
  for (const Test test : {Test::equal, Test::not_equal, Test::less, Test::less_equal, Test::greater, Test::greater_equal, Test::matches,
                          Test::not_matches}) {
    if (to_text(test) == symbol) return test;
  }
  return std::nullopt;
}

std::optional<Test> test_of_word(std::string_view word) {
  for (const Test test : {Test::contains, Test::starts_with, Test::ends_with, Test::in, Test::in_cidr}) {
    if (to_text(test) == word) return test;
  }
  return std::nullopt;
}

// Recursive descent with one token of lookahead. Where a method returns nothing or false, error_ has been set.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lexer_(text) {}

  Result<Expression> expression() {
    if (text_.size() > text_bytes_max) {
      return Status(Code::limit, "the filter has " + std::to_string(text_.size()) + " bytes; at most 65536 are allowed");
    }
    if (!advance()) return failure();
    if (token_.kind == Token::Kind::end) {
      fail(token_, "the filter is empty", "write a test, such as status >= 500");
      return failure();
    }
    std::optional<Node> root = any();
    if (!root) return failure();
    if (token_.kind != Token::Kind::end) {
      fail_after_test();
      return failure();
    }
    return Expression(std::move(*root));
  }

  Result<Operand> whole_operand() {
    Operand out;
    if (!advance() || !operand(out)) return failure();
    if (token_.kind != Token::Kind::end) {
      fail(token_, "expected only a field here, got " + shown(token_), "\"" + std::string(text_) + "\" in double quotes is a field of that name");
      return failure();
    }
    return out;
  }

 private:
  using Parse = std::optional<Node> (Parser::*)();

  // One level of nesting, for as long as it lives.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) { ++parser_.depth_; }
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    bool too_deep() {
      if (parser_.depth_ <= nesting_max) return false;
      parser_.code_ = Code::limit;
      parser_.fail(parser_.token_, "nested more than 64 deep");
      return true;
    }

   private:
    Parser& parser_;
  };

  std::optional<Node> any() { return chain(Node::Kind::any, "or", &Parser::all); }
  std::optional<Node> all() { return chain(Node::Kind::all, "and", &Parser::unary); }

  std::optional<Node> chain(Node::Kind kind, std::string_view word, Parse part) {
    std::vector<Node> nodes;
    do {
      std::optional<Node> node = (this->*part)();
      if (!node) return std::nullopt;
      nodes.push_back(std::move(*node));
      if (!at_word(word)) break;
    } while (advance());
    if (failed_) return std::nullopt;
    return join(kind, std::move(nodes));
  }

  std::optional<Node> unary() {
    Level level(*this);
    if (level.too_deep()) return std::nullopt;
    if (at_word("not")) {
      if (!advance()) return std::nullopt;
      std::optional<Node> inner = unary();
      if (!inner) return std::nullopt;
      return negate(std::move(*inner));
    }
    if (at_symbol("(")) {
      if (!advance()) return std::nullopt;
      std::optional<Node> inner = any();
      if (!inner) return std::nullopt;
      if (!at_symbol(")")) return fail_after_test();
      if (!advance()) return std::nullopt;
      return inner;
    }
    return test();
  }

  std::optional<Node> test() {
    if (++tests_ > tests_max) {
      code_ = Code::limit;
      return fail(token_, "more than 10000 tests in one filter");
    }
    if (at_word("exists")) return existence();
    const Token first = token_;
    Node node;
    if (!operand(node.left)) return std::nullopt;
    if (token_.kind == Token::Kind::symbol) {
      if (const std::optional<Test> test = test_of_symbol(token_.text)) return comparison(*test, std::move(node));
    }
    if (at_word("is")) return null_test(std::move(node));
    const Token negation = token_;
    const bool negated = at_word("not");
    if (negated && !deepen()) return std::nullopt;
    if (token_.kind == Token::Kind::path && token_.plain) {
      if (const std::optional<Test> test = test_of_word(token_.text)) return word_test(*test, negated, std::move(node));
    }
    if (negated) return fail(negation, "expected in, contains, starts_with, ends_with or in_cidr after 'not'");
    return path_alone(first, std::move(node));
  }

  // Takes the `not` within a test, which counts as the one before a test that it stands for.
  bool deepen() {
    Level level(*this);
    return !level.too_deep() && advance();
  }

  std::optional<Node> existence() {
    if (!advance()) return std::nullopt;
    if (token_.kind != Token::Kind::path) return fail(token_, "expected a field after 'exists', got " + shown(token_));
    Node node;
    node.test = Test::exists;
    if (!operand(node.left)) return std::nullopt;
    if (!node.left.functions.empty() || !std::holds_alternative<Path>(node.left.of)) return fail(token_, "exists takes a field, nothing else");
    return node;
  }

  std::optional<Node> null_test(Node node) {
    if (!advance()) return std::nullopt;
    const bool negated = at_word("not");
    if (negated && !deepen()) return std::nullopt;
    if (!at_word("null")) return fail(token_, "expected null after 'is', got " + shown(token_), "compare with == or !=");
    if (!advance()) return std::nullopt;
    node.test = Test::is_null;
    return negated ? negate(std::move(node)) : std::move(node);
  }

  std::optional<Node> comparison(Test test, Node node) {
    node.test = test;
    if (!advance()) return std::nullopt;
    if (test == Test::matches || test == Test::not_matches) return pattern_test(std::move(node));
    if (!right_operand(node)) return std::nullopt;
    return node;
  }

  std::optional<Node> pattern_test(Node node) {
    if (token_.kind != Token::Kind::string) {
      return fail(token_, "expected a pattern after '" + std::string(to_text(node.test)) + "', got " + shown(token_), text_hint());
    }
    if (++patterns_ > patterns_max) {
      code_ = Code::limit;
      return fail(token_, "more than 256 patterns in one filter", "join patterns with |");
    }
    RegexMistake mistake;
    if (!compile_regex(token_.text, mistake)) {
      Token at = token_;
      at.column = column_inside(token_, mistake.offset);
      return fail(at, "the pattern is wrong: " + mistake.message, mistake.hint);
    }
    node.right.of = *literal_in(token_);
    if (!advance()) return std::nullopt;
    return node;
  }

  std::optional<Node> word_test(Test test, bool negated, Node node) {
    if (!advance()) return std::nullopt;
    node.test = test;
    if (test == Test::in) {
      if (negated) node.test = Test::not_in;
      if (!list(node)) return std::nullopt;
      return node;
    }
    if (test == Test::in_cidr) {
      const bool one = token_.kind == Token::Kind::string;
      if (one ? !item(node) : !list(node)) return std::nullopt;
    } else if (!right_operand(node)) {
      return std::nullopt;
    }
    return negated ? negate(std::move(node)) : std::move(node);
  }

  std::optional<Node> path_alone(const Token& first, Node node) {
    const bool ends = token_.kind == Token::Kind::end || at_symbol(")") || at_word("and") || at_word("or");
    const bool path = node.left.functions.empty() && std::holds_alternative<Path>(node.left.of);
    if (ends && path) return node;
    if (ends) return fail(token_, "a comparison is missing after " + quoted(to_text(node.left)));
    if (at_symbol("(") && first.plain) return fail(first, "unknown function " + quoted(first.text), "there are lower(...) and len(...)");
    if (at_word("exists")) return fail(token_, "'exists' stands before its field", "write exists " + to_text(node.left));
    if (token_.kind == Token::Kind::path && first.plain && first.kind == Token::Kind::path && !nearest_unary(first.text).empty()) {
      return fail(first, "expected an operator after " + quoted(first.text), "did you mean " + std::string(nearest_unary(first.text)) + "?");
    }
    return fail(token_, "expected an operator after " + quoted(to_text(node.left)) + ", got " + shown(token_), operator_hint());
  }

  bool right_operand(Node& node) {
    const Token right = token_;
    if (!operand(node.right)) return false;
    const bool alone = right.kind == Token::Kind::path && !right.plain && right.path.size() == 1 && node.right.functions.empty();
    if (!alone || to_text(node.left).starts_with('"')) return true;
    const std::string& name = right.path[0];
    fail(right, "text is written in single quotes", "write '" + name + "'; if the field of that name is meant, put it on the left");
    return false;
  }

  bool operand(Operand& out) {
    if (std::optional<Literal> literal = literal_in(token_)) {
      out.of = std::move(*literal);
      return advance();
    }
    if (token_.kind != Token::Kind::path) {
      fail(token_, "expected a field or a value, got " + shown(token_), token_.kind == Token::Kind::symbol ? operator_hint() : std::string{});
      return false;
    }
    if (token_.plain && is_keyword(token_.text)) {
      fail(token_, "expected a field or a value, got " + shown(token_), "a field of that name is written \"" + token_.text + "\"");
      return false;
    }
    Token name = std::move(token_);
    if (!advance()) return false;
    const bool function = name.plain && (name.text == "lower" || name.text == "len");
    if (function && at_symbol("(")) return call(name.text == "lower" ? Function::lower : Function::len, out);
    out.of = std::move(name.path);
    return true;
  }

  bool call(Function function, Operand& out) {
    if (out.functions.size() == static_cast<std::size_t>(nesting_max)) {
      code_ = Code::limit;
      fail(token_, "nested more than 64 deep");
      return false;
    }
    out.functions.push_back(function);
    if (!advance() || !operand(out)) return false;
    if (!at_symbol(")")) {
      fail(token_, "expected ')', got " + shown(token_));
      return false;
    }
    return advance();
  }

  bool list(Node& node) {
    if (!at_symbol("(")) {
      fail(token_, "expected a list after '" + std::string(to_text(node.test)) + "', got " + shown(token_), "write (1, 2) or ('a', 'b')");
      return false;
    }
    do {
      if (!advance() || !item(node)) return false;
    } while (at_symbol(","));
    if (!at_symbol(")")) {
      fail(token_, "expected ',' or ')' in the list, got " + shown(token_));
      return false;
    }
    return advance();
  }

  bool item(Node& node) {
    if (node.list.size() == list_items_max) {
      code_ = Code::limit;
      fail(token_, "more than 10000 items in one list");
      return false;
    }
    std::optional<Literal> literal = literal_in(token_);
    if (!literal) {
      fail(token_, "expected a value in the list, got " + shown(token_), text_hint());
      return false;
    }
    std::string problem;
    if (node.test == Test::in_cidr && literal->kind != Literal::Kind::string) {
      fail(token_, "expected a network, got " + shown(token_), "write '10.0.0.0/8'");
      return false;
    }
    if (node.test == Test::in_cidr && !AddressRange::read(literal->text, problem)) {
      fail(token_, problem);
      return false;
    }
    node.list.push_back(std::move(*literal));
    return advance();
  }

  bool advance() {
    if (lexer_.next(token_, error_)) return true;
    failed_ = true;
    return false;
  }
  bool at_word(std::string_view word) const { return token_.kind == Token::Kind::path && token_.plain && token_.text == word; }
  bool at_symbol(std::string_view symbol) const { return token_.kind == Token::Kind::symbol && token_.text == symbol; }

  std::string shown(const Token& token) const {
    if (token.kind == Token::Kind::end) return "the end";
    const std::string_view source = text_.substr(token.column, token.column_end - token.column);
    if (token.kind == Token::Kind::string) return "the text " + std::string(source.substr(0, 60));
    return quoted(source.substr(0, 60));
  }

  // What a misspelt operator at the current token may have been.
  std::string operator_hint() const {
    if (token_.kind == Token::Kind::number || token_.kind == Token::Kind::string) return "an operator such as == is missing before it";
    const std::string_view meant = nearest_operator(token_.text);
    return meant.empty() || token_.text == meant ? std::string{} : "write " + std::string(meant);
  }
  // The current token is a name where a value has to stand.
  std::string text_hint() const {
    if (token_.kind != Token::Kind::path || token_.path.size() != 1) return {};
    return "text is written in single quotes: " + to_text(Literal{Literal::Kind::string, token_.path[0]});
  }
  static std::string_view nearest_unary(std::string_view word) {
    const std::string_view meant = nearest_operator(word);
    return meant == "not" || meant == "exists" ? meant : std::string_view{};
  }

  // The column of byte `offset` of a string's value.
  std::size_t column_inside(const Token& string, std::size_t offset) const {
    std::size_t column = string.column + 1;
    for (; offset > 0; --offset) column += text_[column] == '\'' ? 2 : 1;
    return column;
  }

  std::nullopt_t fail_after_test() {
    if (token_.kind == Token::Kind::end) return fail(token_, "expected ')' at the end", "a '(' is not closed");
    if (at_symbol(")")) return fail(token_, "')' closes nothing");
    const bool compared = token_.kind == Token::Kind::symbol && test_of_symbol(token_.text);
    return fail(token_, "expected and, or" + std::string(depth_ > 0 ? ", ')'" : "") + " or the end, got " + shown(token_),
                compared ? "one comparison for each test; parentheses go around whole tests" : joint_hint());
  }
  std::string joint_hint() const {
    if (text_.substr(0, token_.column).ends_with("\\'")) return "a backslash is an ordinary character here; write a quote in quotes as ''";
    const std::string_view meant = nearest_operator(token_.text);
    return meant == "and" || meant == "or" ? "write " + std::string(meant) : std::string{};
  }

  std::nullopt_t fail(const Token& at, std::string message, std::string hint = {}) {
    if (!failed_) error_ = {std::move(message), at.column, std::move(hint)};
    failed_ = true;
    return std::nullopt;
  }
  Status failure() const { return Status(code_, show(error_, text_)); }

  std::string_view text_;
  Lexer lexer_;
  Token token_;
  ParseError error_;
  bool failed_ = false;
  Code code_ = Code::invalid;
  int depth_ = 0;
  std::size_t tests_ = 0;
  std::size_t patterns_ = 0;
};

}  // namespace

Result<Expression> parse(std::string_view text) { return Parser(text).expression(); }

Result<Operand> parse_operand(std::string_view text) { return Parser(text).whole_operand(); }

}  // namespace penstock::filter
