// The value of a Kafka message as whole lines of a stream: no event goes on from one message into the next, whatever it holds.
#pragma once
#include <cstddef>
#include <string_view>

#include "runtime/base/bytes.h"

namespace penstock::kafka {

// Writes values one behind the other, each ended by a line feed, so that many are decoded at once. A UTF-8 byte order mark at a
// value's front is left out. By format:
// - `json`: a value that is one document over several lines (written to be read) becomes one line; several documents, one a
//   line, stay as they are.
// - `csv`: a value that ends inside quotes would take the next messages in: it has to be committed whole.
// - every other: as it is.
class MessageText {
 public:
  // Of `format`, an input format's name. `quote` (0: none) and `delimiter` are csv's.
  explicit MessageText(std::string_view format, char quote = '"', char delimiter = ',');

  // How much room write() needs for `value`.
  static std::size_t room(ByteView value) { return value.size() + 1; }
  // Writes `value` to `to`, where room(value) bytes are; returns how many it wrote, 0 for a value without any. `whole`: set to
  // true when the stream must be committed whole behind it.
  std::size_t write(ByteView value, char* to, bool& whole) const;

 private:
  enum class Kind { lines, json, csv };
  bool ends_inside_quotes(ByteView value) const;

  Kind kind_;
  char quote_;
  char delimiter_;
};

}  // namespace penstock::kafka
