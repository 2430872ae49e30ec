#include "runtime/filter/lexer.h"

#include <algorithm>

#include "runtime/event/json_text.h"
#include "runtime/filter/expression.h"

namespace penstock::filter {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@'; }
bool continues_name(char c) { return starts_name(c) || is_digit(c) || c == '-'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_symbol(char c) { return c != '\0' && std::string_view("=<>!~&|").find(c) != std::string_view::npos; }

bool fail(ParseError& error, std::size_t column, std::string message, std::string hint = {}) {
  error = {std::move(message), column, std::move(hint)};
  return false;
}

std::string shown_byte(char c) {
  constexpr char hex[] = "0123456789abcdef";
  if (c > ' ' && c < 0x7f) return std::string("'") + c + "'";
  const auto byte = static_cast<unsigned char>(c);
  return std::string("byte 0x") + hex[byte >> 4] + hex[byte & 15];
}

std::string hint_for_byte(char c) {
  if (c == ';') return "a filter is one expression; join tests with and";
  if (c == '`') return "text is written in 'single quotes', an odd field name in \"double quotes\"";
  if (c == '[' || c == '{') return "lists are written in parentheses: (1, 2)";
  if (static_cast<unsigned char>(c) >= 0x80) return "quote it: \"a field's name\" or 'text'";
  return {};
}

}  // namespace

bool Lexer::next(Token& token, ParseError& error) {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  token = Token{};
  token.column = at_;
  bool ok = true;
  if (at_ == text_.size()) {
    token.kind = Token::Kind::end;
  } else if (starts_name(peek()) || peek() == '"') {
    ok = read_path(token, error);
  } else if (peek() == '\'') {
    token.kind = Token::Kind::string;
    ok = read_quoted('\'', token.text, error);
  } else if (is_digit(peek()) || ((peek() == '-' || peek() == '+' || peek() == '.') && (is_digit(peek(1)) || peek(1) == '.'))) {
    ok = read_number(token, error);
  } else {
    ok = read_symbol(token, error);
  }
  token.column_end = at_;
  return ok;
}

bool Lexer::read_path(Token& token, ParseError& error) {
  token.kind = Token::Kind::path;
  token.plain = peek() != '"';
  if (!read_name(token, error)) return false;
  while (peek() == '.' || peek() == '[') {
    token.plain = false;
    if (token.path.size() == static_cast<std::size_t>(nesting_max)) return fail(error, at_, "a path has at most 64 names");
    if (text_[at_++] == '.') {
      if (!read_name(token, error)) return false;
      continue;
    }
    if (peek() != '\'' && peek() != '"') return fail(error, at_, "expected a quoted name after '['", "write headers['x-id']");
    if (!read_quoted(peek(), token.path.emplace_back(), error)) return false;
    if (peek() != ']') return fail(error, at_, "expected ']'");
    ++at_;
  }
  return true;
}

bool Lexer::read_name(Token& token, ParseError& error) {
  if (peek() == '"') return read_quoted('"', token.path.emplace_back(), error);
  const std::size_t begin = at_;
  if (!starts_name(peek())) return fail(error, at_, "expected a name after '.'", "quote names of other characters: a.\"1st\"");
  while (continues_name(peek())) ++at_;
  token.path.emplace_back(text_.substr(begin, at_ - begin));
  token.text = token.path.back();
  return true;
}

bool Lexer::read_number(Token& token, ParseError& error) {
  const std::size_t begin = at_++;
  // As far as it could be meant as one, so that 12ab or 1.2.3 are one mistake.
  while (continues_name(peek()) || peek() == '.' || (peek() == '+' && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E'))) ++at_;
  token.kind = Token::Kind::number;
  token.text = text_.substr(begin, at_ - begin);
  if (json::valid_number(token.text)) return true;
  const bool address = std::count(token.text.begin(), token.text.end(), '.') > 1;
  return fail(error, begin, "'" + token.text + "' is not a number",
              address ? "an address is text: '" + token.text + "'" : "numbers are written as in JSON: 12, -0.5, 1e9; text in 'single quotes'");
}

bool Lexer::read_symbol(Token& token, ParseError& error) {
  constexpr std::string_view known[] = {"==", "=", "!=", "<", "<=", ">", ">=", "~", "!~"};
  token.kind = Token::Kind::symbol;
  const std::size_t begin = at_;
  const char first = text_[at_++];
  if (first == '(' || first == ')' || first == ',') {
    token.text = first;
    return true;
  }
  if (!is_symbol(first)) return fail(error, begin, "unexpected " + shown_byte(first), hint_for_byte(first));
  while (is_symbol(peek())) ++at_;
  token.text = text_.substr(begin, at_ - begin);
  if (std::find(std::begin(known), std::end(known), token.text) != std::end(known)) return true;
  const std::string_view meant = nearest_operator(token.text);
  return fail(error, begin, "unknown operator '" + token.text + "'", meant.empty() ? std::string{} : "write " + std::string(meant));
}

bool Lexer::read_quoted(char quote, std::string& value, ParseError& error) {
  const std::size_t begin = at_++;
  for (; at_ < text_.size(); ++at_) {
    if (text_[at_] != quote) {
      value += text_[at_];
    } else if (peek(1) == quote) {
      value += quote;
      ++at_;
    } else {
      ++at_;
      return true;
    }
  }
  const bool backslash = text_.substr(begin).find(std::string("\\") + quote) != std::string_view::npos;
  return fail(error, begin, quote == '\'' ? "the string does not end" : "the quoted name does not end",
              backslash ? std::string("a backslash is an ordinary character here; write a quote in quotes as ") + quote + quote : std::string{});
}

}  // namespace penstock::filter
