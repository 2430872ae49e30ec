#include "runtime/filter/parse_error.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace penstock::filter {
namespace {

struct Meaning {
  std::string_view word;
  std::string_view written;
};

// Spellings of other languages, lower case, without underscores.
constexpr Meaning meanings[] = {
    {"=>", ">="},          {"=<", "<="},           {"<>", "!="},          {"===", "=="},          {"!==", "!="},
    {"=!", "!="},          {">>", ">"},            {"<<", "<"},            {"=~", "~"},            {"~=", "~"},
             {"!=~", "!~"},          {"&&", "and"},
    {"&", "and"},          {"||", "or"},           {"|", "or"},           {"!", "not"},           {"~~", "~"},
    {"eq", "=="},          {"equals", "=="},       {"equal", "=="},       {"ne", "!="},           {"neq", "!="},
    {"lt", "<"},           {"le", "<="},           {"lte", "<="},         {"leq", "<="},          {"gt", ">"},
    {"ge", ">="},          {"gte", ">="},          {"geq", ">="},         {"like", "contains"},   {"has", "contains"},
    {"include", "contains"},                       {"includes", "contains"},                      {"beginswith", "starts_with"},
    {"hasprefix", "starts_with"},                  {"prefix", "starts_with"},                     {"hassuffix", "ends_with"},
    {"suffix", "ends_with"},                       {"match", "~"},        {"matches", "~"},       {"regex", "~"},
    {"regexp", "~"},       {"rlike", "~"},         {"oneof", "in"},       {"anyof", "in"},        {"cidr", "in_cidr"},
    {"insubnet", "in_cidr"},                       {"innetwork", "in_cidr"},
};

constexpr std::string_view operators[] = {"and", "or", "not", "in", "contains", "starts_with", "ends_with", "in_cidr", "is", "exists"};

std::string folded(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (c != '_') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

bool continues_code_point(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

std::size_t code_points(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_code_point));
}

}  // namespace

std::string_view nearest_operator(std::string_view word) {
  if (word.size() > 24) return {};
  const std::string meant = folded(word);
  for (const Meaning& meaning : meanings) {
    if (meaning.word == meant) return meaning.written;
  }
  std::string_view best;
  // One slip in three letters, two at most: else short names would all be near `in` and `or`.
  std::size_t best_distance = std::min<std::size_t>(meant.size() / 3, 2) + 1;
  for (const std::string_view candidate : operators) {
    const std::size_t d = distance(meant, folded(candidate));
    if (d >= best_distance) continue;
    best = candidate;
    best_distance = d;
  }
  return best;
}

std::string show(const ParseError& error, std::string_view text) {
  constexpr std::size_t context = 70;
  const std::size_t column = std::min(error.column, text.size());
  std::size_t begin = column == 0 ? 0 : text.rfind('\n', column - 1);
  begin = begin == std::string_view::npos ? 0 : column == 0 ? 0 : begin + 1;
  std::size_t end = std::min(text.find('\n', column), text.size());
  if (column - begin > context) begin = column - context;
  while (begin < column && continues_code_point(text[begin])) ++begin;
  if (end - column > context) end = column + context;
  while (end < text.size() && continues_code_point(text[end])) ++end;

  std::string out = "column " + std::to_string(code_points(text.substr(0, column)) + 1) + ": " + error.message;
  if (!error.hint.empty()) out += " (hint: " + error.hint + ")";
  out += "\n  ";
  for (const char c : text.substr(begin, end - begin)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  out += "\n  ";
  out.append(code_points(text.substr(begin, column - begin)), ' ');
  return out + '^';
}

}  // namespace penstock::filter
