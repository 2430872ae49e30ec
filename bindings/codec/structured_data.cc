#include "bindings/codec/structured_data.h"

#include <algorithm>

#include "runtime/event/json_text.h"

namespace penstock {

namespace {

bool is_name_byte(char c) { return c > ' ' && c < 127 && c != '=' && c != ']' && c != '"'; }

ByteView take_name(ByteView text, std::size_t& at) {
  const std::size_t begin = at;
  while (at < text.size() && is_name_byte(text[at])) ++at;
  return text.substr(begin, at - begin);
}

bool take(ByteView text, std::size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  ++at;
  return true;
}

}  // namespace

bool StructuredDataReader::read(ByteView text, Buffer& json, std::size_t& size, const char*& what) {
  ids_.clear();
  params_seen_ = 0;
  std::size_t at = 0;
  json.append('{');
  while (at < text.size() && text[at] == '[') {
    if (!read_element(text, at, what)) {
      size = at;
      return false;
    }
    if (ids_.size() > 1) json.append(',');
    write_element(json);
  }
  json.append('}');
  size = at;
  return true;
}

bool StructuredDataReader::read_element(ByteView text, std::size_t& at, const char*& what) {
  ++at;  // the bracket
  const std::size_t begin = at;
  const ByteView id = take_name(text, at);
  what = "a structured data id";
  if (id.empty()) return false;
  if (std::find(ids_.begin(), ids_.end(), id) != ids_.end()) {
    at = begin;
    what = "another structured data id than one seen before";
    return false;
  }
  ids_.push_back(id);
  params_.clear();
  while (take(text, at, ' ')) {
    if (at < text.size() && text[at] == ']') break;  // a space before the bracket is met in life
    Param param{take_name(text, at), {}, false, false};
    what = "a parameter name";
    if (param.name.empty()) return false;
    if (!read_value(text, at, param, what)) return false;
    params_.push_back(param);
    what = "no more than 256 parameters";
    if (++params_seen_ > params_max) return false;
  }
  what = "' ' or ']'";
  return take(text, at, ']');
}

bool StructuredDataReader::read_value(ByteView text, std::size_t& at, Param& param, const char*& what) {
  what = "'=\"'";
  if (!take(text, at, '=') || !take(text, at, '"')) return false;
  const std::size_t begin = at;
  for (; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] != '\\') continue;
    param.escaped = true;
    if (at + 1 < text.size()) ++at;
  }
  param.value = text.substr(begin, at - begin);
  what = "the closing '\"'";
  return take(text, at, '"');
}

void StructuredDataReader::write_element(Buffer& json) {
  json::append_quoted(json, ids_.back());
  json.append(":{");
  for (std::size_t i = 0; i < params_.size(); ++i) {
    if (params_[i].written) continue;
    if (i != 0) json.append(',');
    json::append_quoted(json, params_[i].name);
    json.append(':');
    const auto same = [&](const Param& p) { return p.name == params_[i].name; };
    const bool repeated = std::any_of(params_.begin() + static_cast<std::ptrdiff_t>(i) + 1, params_.end(), same);
    if (!repeated) {
      write_value(params_[i], json);
      continue;
    }
    char separator = '[';
    for (std::size_t k = i; k < params_.size(); ++k) {
      if (!same(params_[k])) continue;
      json.append(separator);
      separator = ',';
      write_value(params_[k], json);
      params_[k].written = true;
    }
    json.append(']');
  }
  json.append('}');
}

// Only `"`, `\` and `]` are escaped; a backslash before anything else is an ordinary one (section 6.3.3).
void StructuredDataReader::write_value(const Param& param, Buffer& json) {
  if (!param.escaped) return json::append_quoted(json, param.value);
  unescaped_.clear();
  for (std::size_t i = 0; i < param.value.size(); ++i) {
    const char next = i + 1 < param.value.size() ? param.value[i + 1] : '\0';
    if (param.value[i] == '\\' && (next == '"' || next == '\\' || next == ']')) ++i;
    unescaped_.append(param.value[i]);
  }
  json::append_quoted(json, unescaped_.view());
}

}  // namespace penstock
