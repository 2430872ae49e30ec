// What is wrong with a filter's text, and the words and operators that people meant.
#pragma once
#include <string>
#include <string_view>

namespace penstock::filter {

struct ParseError {
  std::string message;     // one line
  std::size_t column = 0;  // byte offset into the text, from 0; the text's size for its end
  std::string hint;        // one line; may be empty
};

// The error with the line of the text that it is in and a caret under its column:
//   column 8: unknown operator '=>' (hint: write >=)
//     status => 500
//            ^
// The column shown counts code points from 1. Long lines are cut around the column.
std::string show(const ParseError& error, std::string_view text);

// The operator of the language that `word` (a name or a run of symbols) seems to stand for, as it would be written; empty
// when nothing is near: `=>` gives `>=`, `startsWith` `starts_with`, `&&` `and`, `like` `contains`.
std::string_view nearest_operator(std::string_view word);

}  // namespace penstock::filter
