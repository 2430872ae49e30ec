#include "runtime/base/value.h"

#include <fmt/format.h>

namespace penstock {

const Value& Value::operator[](std::string_view key) const {
  static const Value nil;
  const ValueMap* map = std::get_if<ValueMap>(&v_);
  if (!map) return nil;
  const auto found = map->find(key);
  return found == map->end() ? nil : found->second;
}

std::string Value::string_or(std::string_view key, std::string_view fallback) const {
  const Value& v = (*this)[key];
  return v.is_string() ? v.string() : std::string(fallback);
}

std::int64_t Value::integer_or(std::string_view key, std::int64_t fallback) const {
  const Value& v = (*this)[key];
  return v.is_number() ? v.integer() : fallback;
}

double Value::number_or(std::string_view key, double fallback) const {
  const Value& v = (*this)[key];
  return v.is_number() ? v.number() : fallback;
}

bool Value::bool_or(std::string_view key, bool fallback) const {
  const Value& v = (*this)[key];
  return v.is_bool() ? v.boolean() : fallback;
}

std::vector<std::string> Value::strings(std::string_view key) const {
  std::vector<std::string> out;
  const Value& v = (*this)[key];
  if (v.is_string()) out.push_back(v.string());
  if (v.is_list())
    for (const Value& item : v.list())
      if (item.is_string()) out.push_back(item.string());
  return out;
}

namespace {

struct ToText {
  std::string operator()(std::monostate) const { return "nil"; }
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(std::int64_t v) const { return std::to_string(v); }
  std::string operator()(double v) const { return fmt::format("{}", v); }
  std::string operator()(const std::string& v) const { return "\"" + v + "\""; }
  std::string operator()(FunctionRef) const { return "[function]"; }
  std::string operator()(const Secret&) const { return "[secret]"; }
  std::string operator()(JsonNull) const { return "null"; }
  std::string operator()(const ValueList& v) const {
    std::string out = "{";
    for (const Value& item : v) out += (out.size() > 1 ? ", " : " ") + to_text(item);
    return out + (v.empty() ? "}" : " }");
  }
  std::string operator()(const ValueMap& v) const {
    std::string out = "{";
    for (const auto& [key, item] : v) out += (out.size() > 1 ? ", " : " ") + key + " = " + to_text(item);
    return out + (v.empty() ? "}" : " }");
  }
};

}  // namespace

std::string to_text(const Value& value) { return std::visit(ToText{}, value.variant()); }

}  // namespace penstock
