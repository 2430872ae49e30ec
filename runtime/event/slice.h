// One value of an event, as a view of its bytes. Nothing is decoded until somebody asks.
#pragma once
#include <cstdint>

#include "runtime/base/bytes.h"

namespace penstock {

enum class Kind : std::uint8_t {
  unset,    // a slot that nobody has looked up yet
  missing,  // looked up: the event has no such field
  null,
  boolean_false,
  boolean_true,
  number,           // a JSON number's own text, of any size and precision
  string,           // the bytes between a JSON string's quotes, no escape among them; data[-1] and data[size] are the quotes
  string_escaped,   // the same, with at least one backslash escape: unescape before comparing
  object,           // a JSON object's own text, braces included
  array,            // a JSON array's own text, brackets included
  text,             // the value itself, any bytes, not between quotes: from a text format or a transform; a string to users
};

// Who put a slice into its slot.
enum class Origin : std::uint8_t { base, edited };

struct Slice {
  const char* data = nullptr;
  std::uint32_t size = 0;
  Kind kind = Kind::unset;
  Origin origin = Origin::base;
  std::uint16_t write_order = 0;  // edited slots: their place among the event's writes, from 1

  ByteView view() const { return {data, size}; }
  bool present() const { return kind > Kind::missing; }
  bool is_string() const { return kind == Kind::string || kind == Kind::string_escaped || kind == Kind::text; }
  // The JSON text of this value. Requires present() and kind != text.
  ByteView json() const {
    if (kind == Kind::string || kind == Kind::string_escaped) return {data - 1, std::size_t{size} + 2};
    return {data, size};
  }

  static Slice missing() { return {nullptr, 0, Kind::missing, Origin::base, 0}; }
  static Slice null() { return {"null", 4, Kind::null, Origin::base, 0}; }
  static Slice boolean(bool v) {
    return v ? Slice{"true", 4, Kind::boolean_true, Origin::base, 0} : Slice{"false", 5, Kind::boolean_false, Origin::base, 0};
  }
  static Slice text(ByteView v) { return {v.data(), static_cast<std::uint32_t>(v.size()), Kind::text, Origin::base, 0}; }
  static Slice number(ByteView v) { return {v.data(), static_cast<std::uint32_t>(v.size()), Kind::number, Origin::base, 0}; }
  static Slice object(ByteView v) { return {v.data(), static_cast<std::uint32_t>(v.size()), Kind::object, Origin::base, 0}; }
};
static_assert(sizeof(Slice) == 16);

}  // namespace penstock
