#include "runtime/event/value_json.h"

#include <charconv>
#include <utility>

#include "runtime/event/json_text.h"

namespace penstock {

namespace {

Value value_of(const Slice& slice, Arena& arena);

Value number_of(ByteView text) {
  std::int64_t integer;
  const char* const end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, integer); read.ec == std::errc{} && read.ptr == end) return integer;
  double real = 0;
  if (const auto read = std::from_chars(text.data(), end, real); read.ec != std::errc{} || read.ptr != end) return std::string(text);
  // 1.0 and 1 are the same number.
  if (real >= -9e15 && real <= 9e15 && real == static_cast<double>(static_cast<std::int64_t>(real))) return static_cast<std::int64_t>(real);
  return real;
}

Value map_of(ByteView text, Arena& arena) {
  ValueMap map;
  json::for_each_member(text, [&](const Slice& key, const Slice& value) {
    map.try_emplace(std::string(json::string_value(key, arena)), value_of(value, arena));
  });
  return map;
}

Value list_of(ByteView text, Arena& arena) {
  ValueList list;
  json::for_each_element(text, [&](const Slice& value) { list.push_back(value_of(value, arena)); });
  return list;
}

Value value_of(const Slice& slice, Arena& arena) {
  switch (slice.kind) {
    case Kind::null:
      return JsonNull{};
    case Kind::boolean_false:
    case Kind::boolean_true:
      return slice.kind == Kind::boolean_true;
    case Kind::number:
      return number_of(slice.view());
    case Kind::object:
      return map_of(slice.view(), arena);
    case Kind::array:
      return list_of(slice.view(), arena);
    case Kind::string:
    case Kind::string_escaped:
    case Kind::text:
      return std::string(json::string_value(slice, arena));
    case Kind::unset:
    case Kind::missing:
      break;
  }
  return {};
}

struct Write {
  Buffer& out;

  void operator()(bool v) const { out.append(v ? ByteView("true") : ByteView("false")); }
  void operator()(std::int64_t v) const { out.append(std::to_string(v)); }
  void operator()(double v) const {
    char text[32];
    out.append({text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, v).ptr - text)});
  }
  void operator()(const std::string& v) const { json::append_quoted(out, v); }
  void operator()(const ValueList& v) const {
    out.append('[');
    for (const Value& item : v) {
      if (&item != &v.front()) out.append(',');
      std::visit(*this, item.variant());
    }
    out.append(']');
  }
  void operator()(const ValueMap& v) const {
    out.append('{');
    bool first = true;
    for (const auto& [name, item] : v) {
      if (!first) out.append(',');
      first = false;
      json::append_quoted(out, name);
      out.append(':');
      std::visit(*this, item.variant());
    }
    out.append('}');
  }
  template <class Other>
  void operator()(const Other&) const {
    out.append("null");
  }
};

struct WriteIndented {
  Buffer& out;
  std::size_t depth = 0;

  void operator()(const ValueList& v) const {
    if (v.empty()) return out.append("[]");
    out.append('[');
    for (const Value& item : v) put(&item == &v.front(), "", item);
    close(']');
  }
  void operator()(const ValueMap& v) const {
    if (v.empty()) return out.append("{}");
    out.append('{');
    bool first = true;
    for (const auto& [name, item] : v) {
      Buffer quoted;
      json::append_quoted(quoted, name);
      put(std::exchange(first, false), std::string(quoted.view()) + ": ", item);
    }
    close('}');
  }
  template <class Scalar>
  void operator()(const Scalar& v) const {
    Write{out}(v);
  }

 private:
  void put(bool first, const std::string& name, const Value& item) const {
    out.append((first ? "\n" : ",\n") + std::string(2 * (depth + 1), ' ') + name);
    std::visit(WriteIndented{out, depth + 1}, item.variant());
  }
  void close(char bracket) const { out.append("\n" + std::string(2 * depth, ' ') + bracket); }
};

}  // namespace

Result<Value> value_of_json(std::string_view text) {
  // The scanners read a little past the end of what they are given.
  Buffer padded(text.size());
  padded.append(text);
  if (const json::Problem problem = json::check(padded.view()); problem.what) return Status(Code::invalid, json::to_text(problem));
  Arena arena;
  return value_of(json::classify(padded.view()), arena);
}

std::string json_of_value(const Value& value) {
  Buffer out;
  std::visit(Write{out}, value.variant());
  return std::string(out.view());
}

std::string indented_json_of_value(const Value& value) {
  Buffer out;
  std::visit(WriteIndented{out}, value.variant());
  out.append('\n');
  return std::string(out.view());
}

}  // namespace penstock
