// One CSV record, found and cut into fields.
#pragma once
#include <vector>

#include "runtime/event/arena.h"

namespace penstock::csv {

struct Dialect {
  char delimiter = ',';
  char quote = '"';
  bool quoting = true;   // false: quotes are data
  bool strict = false;
};

// Keeps its memory from one record to the next.
class RecordReader {
 public:
  explicit RecordReader(const Dialect& dialect) : dialect_(dialect) {}

  enum class Found { whole, more_needed, broken };

  // Reads the record at the front of `input`. whole: fields() are its fields, record_size() its bytes without the line end,
  // size() with it. more_needed: `input` ends before the record does (never when `at_end`). broken: the record ends at the
  // same places, and what() was expected at byte broken_at(). Values are slices of `input` or of `arena`.
  Found read(ByteView input, bool at_end, Arena& arena);

  const std::vector<ByteView>& fields() const { return fields_; }
  std::size_t size() const { return size_; }
  std::size_t record_size() const { return record_size_; }
  const char* what() const { return what_; }
  std::size_t broken_at() const { return broken_at_; }

 private:
  Found read_plain(ByteView line);
  Found read_quoting(ByteView input, bool at_end, Arena& arena);
  bool read_quoted_field(ByteView input, std::size_t& at, Arena& arena);
  ByteView take_bare(ByteView input, std::size_t& at) const;
  void read_bare_field(ByteView input, std::size_t& at);
  void end_record(ByteView input, std::size_t at);
  void note_broken(const char* what, std::size_t at);

  const Dialect dialect_;
  std::vector<ByteView> fields_;
  std::size_t size_ = 0;
  std::size_t record_size_ = 0;
  const char* what_ = nullptr;
  std::size_t broken_at_ = 0;
};

}  // namespace penstock::csv
