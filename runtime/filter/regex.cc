#include "runtime/filter/regex.h"

#include <re2/re2.h>

#include <algorithm>

namespace penstock {
namespace {

// How long the piece at the front of `rest` is that has no groups in it: an escape, a \Q...\E, a class, or one byte.
std::size_t piece_size(std::string_view rest) {
  if (rest.starts_with("\\Q")) {
    const std::size_t end = rest.find("\\E", 2);
    return end == std::string_view::npos ? rest.size() : end + 2;
  }
  if (rest[0] == '\\') return std::min<std::size_t>(2, rest.size());
  if (rest[0] != '[') return 1;
  std::size_t at = 1;
  if (at < rest.size() && rest[at] == '^') ++at;
  if (at < rest.size() && rest[at] == ']') ++at;  // a ] that comes first is an ordinary member
  while (at < rest.size() && rest[at] != ']') {
    if (rest[at] == '\\') {
      at += 2;
    } else if (rest.substr(at).starts_with("[:")) {
      const std::size_t end = rest.find(":]", at + 2);
      at = end == std::string_view::npos ? at + 1 : end + 2;
    } else {
      ++at;
    }
  }
  return std::min(at + 1, rest.size());
}

bool opens_named_group(std::string_view rest) {
  return rest.starts_with("(?<") && !rest.starts_with("(?<=") && !rest.starts_with("(?<!");
}

struct Omission {
  std::string_view sign;
  std::string_view hint;
};

// What people bring from other engines and RE2 refuses, since it would cost linear time.
constexpr Omission omissions[] = {
    {"(?<=", "RE2 has no lookbehind; match the text before it and take a group"},
    {"(?<!", "RE2 has no lookbehind; negate a second pattern instead: not field ~ '...'"},
    {"(?=", "RE2 has no lookahead; test two patterns with and"},
    {"(?!", "RE2 has no lookahead; negate a second pattern instead: not field ~ '...'"},
    {"(?>", "RE2 has no atomic groups and needs none: (?:...) does not backtrack"},
    {"++", "RE2 has no possessive repetition and needs none: + does not backtrack"},
    {"*+", "RE2 has no possessive repetition and needs none: * does not backtrack"},
    {"(?#", "RE2 has no comments in patterns"},
    {"\\1", "RE2 has no back-references"},
    {"\\Z", "write \\z for the end of the text"},
    {"\\h", "write [ \\t] for horizontal white space"},
};

// RE2 names the offending piece by its text only: the first place where it stands outside of an escape.
std::size_t offence_at(std::string_view pattern, std::string_view offence) {
  if (offence.empty()) return 0;
  for (std::size_t at = 0; at < pattern.size(); at += piece_size(pattern.substr(at))) {
    if (pattern.substr(at).starts_with(offence)) return at;
  }
  const std::size_t inside = pattern.find(offence);
  return inside == std::string_view::npos ? 0 : inside;
}

std::string_view hint_for(std::string_view pattern_from_offence) {
  for (const Omission& omission : omissions) {
    if (pattern_from_offence.starts_with(omission.sign)) return omission.hint;
  }
  return {};
}

// Shows the pattern around `at` with a caret that stands right under UTF-8 text too; control bytes show as a question mark.
std::string caret_lines(std::string_view pattern, std::size_t at) {
  constexpr std::size_t context = 60;
  const std::size_t from = at > context ? at - context : 0;
  const std::string_view shown = pattern.substr(from, 2 * context);
  std::string lines = "\n  ";
  std::string spaces = "\n  ";
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto byte = static_cast<unsigned char>(shown[i]);
    lines += byte < 0x20 || byte == 0x7f ? '?' : shown[i];
    if (from + i < at && (byte & 0xc0) != 0x80) spaces += ' ';
  }
  return lines + spaces + '^';
}

RegexMistake mistake_in(std::string_view pattern, const re2::RE2& compiled) {
  const std::string offence = compiled.error_arg();
  RegexMistake mistake{compiled.error(), offence_at(pattern, offence), {}};
  // Our own spelling of groups must not show in the message.
  if (offence.starts_with("(?P<") && pattern.find(offence) == std::string_view::npos)
    mistake.offset = offence_at(pattern, "(?<" + offence.substr(4));
  if (compiled.error_code() == re2::RE2::ErrorPatternTooLarge) mistake.message = "the compiled pattern would be larger than 8 MiB; repeat less";
  mistake.hint = hint_for(pattern.substr(mistake.offset));
  return mistake;
}

}  // namespace

std::string spell_groups_for_re2(std::string_view pattern) {
  std::string out;
  out.reserve(pattern.size() + 8);
  for (std::size_t at = 0; at < pattern.size();) {
    const std::string_view rest = pattern.substr(at);
    if (opens_named_group(rest)) {
      out += "(?P<";
      at += 3;
      continue;
    }
    const std::size_t size = piece_size(rest);
    out += rest.substr(0, size);
    at += size;
  }
  return out;
}

std::shared_ptr<const re2::RE2> compile_regex(std::string_view pattern, RegexMistake& mistake) {
  if (pattern.size() > regex_pattern_bytes_max) {
    mistake = {"the pattern has " + std::to_string(pattern.size()) + " bytes; at most 65536 are allowed", 0, {}};
    return nullptr;
  }
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(regex_memory_bytes_max);
  auto compiled = std::make_shared<const re2::RE2>(spell_groups_for_re2(pattern), options);
  if (compiled->ok()) return compiled;
  mistake = mistake_in(pattern, *compiled);
  return nullptr;
}

Result<std::shared_ptr<const re2::RE2>> compile_regex(std::string_view pattern) {
  RegexMistake mistake;
  if (auto compiled = compile_regex(pattern, mistake)) return compiled;
  std::string text = mistake.message + caret_lines(pattern, mistake.offset);
  if (!mistake.hint.empty()) text += "\nhint: " + mistake.hint;
  return Status(Code::invalid, std::move(text));
}

}  // namespace penstock
