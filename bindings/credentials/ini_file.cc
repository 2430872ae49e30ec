#include "bindings/credentials/ini_file.h"

#include "bindings/credentials/credential_source.h"

namespace penstock::credentials {

namespace {

constexpr std::string_view spaces = " \t\r";

std::string_view without_comment(std::string_view value) {
  for (std::size_t i = 1; i < value.size(); ++i) {
    if ((value[i] == '#' || value[i] == ';') && (value[i - 1] == ' ' || value[i - 1] == '\t')) return value.substr(0, i);
  }
  return value;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// One blank between words: `[ profile   logs ]` is `profile logs`.
std::string section_name(std::string_view text) {
  std::string name;
  for (const char c : trimmed(text)) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank) name += c;
    else if (name.back() != ' ') name += ' ';
  }
  return name;
}

}  // namespace

IniFile parse_ini(std::string_view text) {
  IniFile file;
  IniSection* section = nullptr;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#' || line.front() == ';' || spaces.find(line.front()) != std::string_view::npos) continue;
    if (line.front() == '[') {
      const std::size_t close = line.find(']');
      section = close == std::string_view::npos ? nullptr : &file[section_name(line.substr(1, close - 1))];
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!section || equals == std::string_view::npos) continue;
    const std::string key = lower(trimmed(line.substr(0, equals)));
    if (!key.empty()) (*section)[key] = trimmed(without_comment(line.substr(equals + 1)));
  }
  return file;
}

}  // namespace penstock::credentials
