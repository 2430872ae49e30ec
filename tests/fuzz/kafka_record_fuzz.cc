// Entries of spooled packages for Kafka: any bytes are a record whose parts lie within them, or none.
#include <cstdlib>

#include "bindings/kafka/record.h"

using namespace penstock;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void require_within(ByteView part, ByteView whole) {
  if (!part.empty()) require(part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(reinterpret_cast<const char*>(data), size);
  kafka::Record record;
  if (!kafka::parse_record(input, record)) return 0;
  for (const auto& part : {record.topic, record.key, record.refusal})
    if (part) require_within(*part, input);
  require(record.value.data() + record.value.size() == input.data() + input.size());
  ByteView headers = record.headers;
  for (std::uint16_t i = 0; i < record.header_count; ++i) {
    const kafka::RecordHeader header = kafka::take_header(headers);
    require_within(header.name, input);
    require_within(header.value, input);
  }
  require(headers.empty());

  Buffer again;
  kafka::RecordWriter writer(again);
  if (record.topic) writer.topic(*record.topic);
  if (record.key) writer.key(*record.key);
  if (record.time_ms) writer.time(*record.time_ms);
  for (ByteView rest = record.headers; !rest.empty();) {
    const kafka::RecordHeader header = kafka::take_header(rest);
    writer.header(header.name, header.value);
  }
  if (record.refusal) writer.refuse(*record.refusal);
  again.append(record.value);
  kafka::Record same;
  require(kafka::parse_record(again.view(), same) && same.key == record.key && same.value == record.value && same.header_count == record.header_count);
  return 0;
}
