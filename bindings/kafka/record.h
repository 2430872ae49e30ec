// An event as a message of Kafka, before a partition is chosen for it: an entry of a package, in memory and in the spool.
//
// All numbers are unsigned, little endian and not aligned:
//
//   record  := flags { part } value
//   flags      1 byte: which parts follow, in this order; other bits 0
//   1 topic    2 bytes size, the topic's name; without it: the sink's own
//   2 key      4 bytes size, the key; without it: a message without a key, which is not one with an empty key
//   4 time     8 bytes, signed: milliseconds since 1970-01-01 UTC
//   8 headers  2 bytes count; of each 2 bytes size and its name, 4 bytes size and its value
//   16 refusal 2 bytes size, why this cannot be a message; it goes to the dead letter with that
//   value      what is left
#pragma once
#include <cstdint>
#include <optional>

#include "runtime/base/bytes.h"

namespace penstock::kafka {

// Marks packages whose entries are records (PackageForm::content_type).
inline constexpr const char* record_content_type = "application/vnd.penstock.kafka-records";

// Views into an entry.
struct Record {
  std::optional<ByteView> topic;
  std::optional<ByteView> key;
  std::optional<std::int64_t> time_ms;
  std::uint16_t header_count = 0;
  ByteView headers;  // as they are encoded
  std::optional<ByteView> refusal;
  ByteView value;
};

// False: `entry` is no record.
bool parse_record(ByteView entry, Record& record);

struct RecordHeader {
  ByteView name;
  ByteView value;
};
// Takes the first header off the front. Requires one.
RecordHeader take_header(ByteView& headers);

// Writes the beginning of one record: its parts in the order above, each at most once (headers: one after another). The value is
// appended behind them by the caller.
class RecordWriter {
 public:
  explicit RecordWriter(Buffer& out) : out_(out), start_(out.size()) { out.append('\0'); }

  // Requires at most 65,535 bytes, as do the names of headers and the reason.
  void topic(ByteView name);
  void key(ByteView key);
  void time(std::int64_t ms);
  void header(ByteView name, ByteView value);
  void refuse(ByteView reason);

 private:
  void begin_part(unsigned char flag);

  Buffer& out_;
  const std::size_t start_;
  std::size_t header_count_at_ = 0;
  std::uint16_t header_count_ = 0;
};

}  // namespace penstock::kafka
