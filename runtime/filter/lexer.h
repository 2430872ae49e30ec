// A filter's text as tokens.
#pragma once
#include <string>
#include <string_view>

#include "runtime/event/slot_table.h"
#include "runtime/filter/parse_error.h"

namespace penstock::filter {

struct Token {
  enum class Kind {
    end,
    path,     // `path`; a keyword is a path of one plain name
    string,   // `text` is its value
    number,   // `text` is a JSON number
    symbol,   // `text` is one of == = != < <= > >= ~ !~ ( ) ,
  };
  Kind kind = Kind::end;
  std::size_t column = 0;      // of its first byte
  std::size_t column_end = 0;  // behind its last byte
  std::string text;
  Path path;
  bool plain = false;          // path: one name, without quotes
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // Reads the next token; the end is a token too, again and again. False: `error` says what stands there instead.
  bool next(Token& token, ParseError& error);

 private:
  bool read_path(Token& token, ParseError& error);
  bool read_name(Token& token, ParseError& error);
  bool read_number(Token& token, ParseError& error);
  bool read_symbol(Token& token, ParseError& error);
  bool read_quoted(char quote, std::string& value, ParseError& error);
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace penstock::filter
