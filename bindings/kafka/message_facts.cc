#include "bindings/kafka/message_facts.h"

#include <charconv>

#include "runtime/event/json_text.h"

namespace penstock::kafka {

namespace {

void append_number(Buffer& out, std::int64_t number) {
  constexpr std::size_t digits_max = 20;
  char* const to = out.room(digits_max);
  out.add_size(static_cast<std::size_t>(std::to_chars(to, to + digits_max, number).ptr - to));
}

void append_text(Buffer& out, const void* bytes, std::size_t size) {
  if (bytes)
    json::append_quoted(out, {static_cast<const char*>(bytes), size});
  else
    out.append("null");
}

bool comes_again(const rd_kafka_headers_t* headers, std::size_t after, std::string_view name) {
  const char* other = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = after + 1; rd_kafka_header_get_all(headers, i, &other, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    if (name == other) return true;
  return false;
}

void append_headers(Buffer& out, const rd_kafka_headers_t* headers) {
  char before = '{';
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    if (comes_again(headers, i, name)) continue;
    out.append(before);
    before = ',';
    json::append_quoted(out, name);
    out.append(':');
    append_text(out, value, size);
  }
  if (before == '{') out.append('{');
  out.append('}');
}

}  // namespace

void append_facts(const rd_kafka_message_t& message, std::string_view topic, Buffer& out) {
  out.append("{\"topic\":");
  json::append_quoted(out, topic);
  out.append(",\"partition\":");
  append_number(out, message.partition);
  out.append(",\"offset\":");
  append_number(out, message.offset);
  out.append(",\"timestamp\":");
  rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t timestamp = rd_kafka_message_timestamp(&message, &kind);
  if (kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
    out.append("null");
  else
    append_number(out, timestamp);
  out.append(",\"key\":");
  append_text(out, message.key, message.key_len);
  out.append(",\"headers\":");
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
    append_headers(out, headers);
  else
    out.append("{}");
  out.append('}');
}

}  // namespace penstock::kafka
