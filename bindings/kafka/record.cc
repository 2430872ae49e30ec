#include "bindings/kafka/record.h"

namespace penstock::kafka {

namespace {

constexpr unsigned char topic_flag = 1, key_flag = 2, time_flag = 4, headers_flag = 8, refusal_flag = 16;
constexpr unsigned char known_flags = 31;

template <class Number>
void put(char* to, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i) to[i] = static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i));
}

template <class Number>
void append_number(Buffer& out, Number number) {
  put(out.room(sizeof number), number);
  out.add_size(sizeof number);
}

// Takes parts off the front of bytes that may end anywhere.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  template <class Number>
  bool number(Number& out) {
    if (rest_.size() < sizeof(Number)) return false;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) value |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    out = static_cast<Number>(value);
    rest_.remove_prefix(sizeof(Number));
    return true;
  }
  template <class Size>
  bool sized(ByteView& out) {
    Size size = 0;
    if (!number(size) || rest_.size() < size) return false;
    out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  template <class Size>
  bool sized(std::optional<ByteView>& out) { return sized<Size>(out.emplace()); }
  ByteView rest() const { return rest_; }

 private:
  ByteView rest_;
};

bool skip_header(Reader& reader) {
  ByteView name, value;
  return reader.sized<std::uint16_t>(name) && reader.sized<std::uint32_t>(value);
}

bool read_headers(Reader& reader, Record& record) {
  if (!reader.number(record.header_count)) return false;
  const ByteView from = reader.rest();
  for (std::uint16_t i = 0; i < record.header_count; ++i)
    if (!skip_header(reader)) return false;
  record.headers = from.substr(0, from.size() - reader.rest().size());
  return true;
}

}  // namespace

bool parse_record(ByteView entry, Record& record) {
  record = {};
  Reader reader(entry);
  unsigned char flags = 0;
  if (!reader.number(flags) || (flags & ~known_flags) != 0) return false;
  if ((flags & topic_flag) && !reader.sized<std::uint16_t>(record.topic)) return false;
  if ((flags & key_flag) && !reader.sized<std::uint32_t>(record.key)) return false;
  if ((flags & time_flag) && !reader.number(record.time_ms.emplace())) return false;
  if ((flags & headers_flag) && !read_headers(reader, record)) return false;
  if ((flags & refusal_flag) && !reader.sized<std::uint16_t>(record.refusal)) return false;
  record.value = reader.rest();
  return true;
}

RecordHeader take_header(ByteView& headers) {
  Reader reader(headers);
  RecordHeader header;
  reader.sized<std::uint16_t>(header.name);
  reader.sized<std::uint32_t>(header.value);
  headers = reader.rest();
  return header;
}

void RecordWriter::begin_part(unsigned char flag) { out_.data()[start_] = static_cast<char>(static_cast<unsigned char>(out_.data()[start_]) | flag); }

void RecordWriter::topic(ByteView name) {
  begin_part(topic_flag);
  append_number(out_, static_cast<std::uint16_t>(name.size()));
  out_.append(name);
}

void RecordWriter::key(ByteView key) {
  begin_part(key_flag);
  append_number(out_, static_cast<std::uint32_t>(key.size()));
  out_.append(key);
}

void RecordWriter::time(std::int64_t ms) {
  begin_part(time_flag);
  append_number(out_, ms);
}

void RecordWriter::header(ByteView name, ByteView value) {
  if (header_count_ == 0) {
    begin_part(headers_flag);
    header_count_at_ = out_.size();
    append_number(out_, header_count_);
  }
  put(out_.data() + header_count_at_, ++header_count_);
  append_number(out_, static_cast<std::uint16_t>(name.size()));
  out_.append(name);
  append_number(out_, static_cast<std::uint32_t>(value.size()));
  out_.append(value);
}

void RecordWriter::refuse(ByteView reason) {
  begin_part(refusal_flag);
  append_number(out_, static_cast<std::uint16_t>(reason.size()));
  out_.append(reason);
}

}  // namespace penstock::kafka
