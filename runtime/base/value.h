// Plain data as scripts give it: the options of a stage, after the Lua side has checked them and filled in defaults.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace penstock {

class Value;
using ValueList = std::vector<Value>;
using ValueMap = std::map<std::string, Value, std::less<>>;

// A Lua function of the script, by its number in the order of declaration; the same number names it in every worker's
// Lua state, because each state runs the same script.
struct FunctionRef {
  int number = -1;
  bool operator==(const FunctionRef&) const = default;
};

// A secret's text. Prints as [secret]; only `reveal` gives the text away.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  const std::string& reveal() const { return text_; }
  bool operator==(const Secret&) const = default;

 private:
  std::string text_;
};

struct JsonNull {
  bool operator==(const JsonNull&) const = default;
};

class Value {
 public:
  using Variant = std::variant<std::monostate, bool, std::int64_t, double, std::string, ValueList, ValueMap, FunctionRef, Secret, JsonNull>;

  Value() = default;
  Value(bool v) : v_(v) {}
  Value(int v) : v_(std::int64_t{v}) {}
  Value(std::int64_t v) : v_(v) {}
  Value(double v) : v_(v) {}
  Value(const char* v) : v_(std::string(v)) {}
  Value(std::string v) : v_(std::move(v)) {}
  Value(ValueList v) : v_(std::move(v)) {}
  Value(ValueMap v) : v_(std::move(v)) {}
  Value(FunctionRef v) : v_(v) {}
  Value(Secret v) : v_(std::move(v)) {}
  Value(JsonNull v) : v_(v) {}

  bool is_nil() const { return std::holds_alternative<std::monostate>(v_); }
  bool is_string() const { return std::holds_alternative<std::string>(v_); }
  bool is_number() const { return std::holds_alternative<std::int64_t>(v_) || std::holds_alternative<double>(v_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(v_); }
  bool is_bool() const { return std::holds_alternative<bool>(v_); }
  bool is_list() const { return std::holds_alternative<ValueList>(v_); }
  bool is_map() const { return std::holds_alternative<ValueMap>(v_); }
  bool is_function() const { return std::holds_alternative<FunctionRef>(v_); }
  bool is_secret() const { return std::holds_alternative<Secret>(v_); }
  bool is_null() const { return std::holds_alternative<JsonNull>(v_); }

  // Each requires the matching kind.
  bool boolean() const { return std::get<bool>(v_); }
  const std::string& string() const { return std::get<std::string>(v_); }
  const ValueList& list() const { return std::get<ValueList>(v_); }
  const ValueMap& map() const { return std::get<ValueMap>(v_); }
  FunctionRef function() const { return std::get<FunctionRef>(v_); }
  const Secret& secret() const { return std::get<Secret>(v_); }
  std::int64_t integer() const {
    const double* d = std::get_if<double>(&v_);
    return d ? static_cast<std::int64_t>(*d) : std::get<std::int64_t>(v_);
  }
  double number() const {
    const std::int64_t* i = std::get_if<std::int64_t>(&v_);
    return i ? static_cast<double>(*i) : std::get<double>(v_);
  }

  // The value of `key` in a map; nil when this is no map or has no such key.
  const Value& operator[](std::string_view key) const;

  // Short forms for options that may be left out.
  std::string string_or(std::string_view key, std::string_view fallback) const;
  std::int64_t integer_or(std::string_view key, std::int64_t fallback) const;
  double number_or(std::string_view key, double fallback) const;
  bool bool_or(std::string_view key, bool fallback) const;
  // A list of strings from a list, or from one string; empty when missing.
  std::vector<std::string> strings(std::string_view key) const;

  const Variant& variant() const { return v_; }
  bool operator==(const Value&) const = default;

 private:
  Variant v_;
};

// One line for people: strings quoted, secrets as [secret], functions as [function].
std::string to_text(const Value& value);

}  // namespace penstock
