#include "bindings/kafka/record.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock::kafka {
namespace {

Buffer whole_record() {
  Buffer out;
  RecordWriter record(out);
  record.topic("logs");
  record.key("k");
  record.time(-5);
  record.header("a", "1");
  record.header("b", "");
  record.refuse("why");
  out.append("value");
  return out;
}

TEST(KafkaRecord, ReadsAsItWasWritten) {
  const Buffer bytes = whole_record();
  Record record;
  ASSERT_TRUE(parse_record(bytes.view(), record));
  EXPECT_EQ(record.topic, "logs");
  EXPECT_EQ(record.key, "k");
  EXPECT_EQ(record.time_ms, -5);
  EXPECT_EQ(record.refusal, "why");
  EXPECT_EQ(record.value, "value");
  ASSERT_EQ(record.header_count, 2);
  ByteView headers = record.headers;
  const RecordHeader first = take_header(headers), second = take_header(headers);
  EXPECT_EQ(first.name, "a");
  EXPECT_EQ(first.value, "1");
  EXPECT_EQ(second.name, "b");
  EXPECT_EQ(second.value, "");
  EXPECT_TRUE(headers.empty());
}

TEST(KafkaRecord, OfAValueAloneIsOneByteLonger) {
  Buffer bytes;
  RecordWriter writer(bytes);
  bytes.append("value");
  EXPECT_EQ(bytes.view(), ByteView("\0value", 6));
  Record record;
  ASSERT_TRUE(parse_record(bytes.view(), record));
  EXPECT_FALSE(record.topic || record.key || record.time_ms || record.refusal);
  EXPECT_EQ(record.value, "value");
}

TEST(KafkaRecord, TellsAnEmptyKeyFromNone) {
  Buffer bytes;
  RecordWriter writer(bytes);
  writer.key("");
  Record record;
  ASSERT_TRUE(parse_record(bytes.view(), record));
  EXPECT_EQ(record.key, "");
}

TEST(KafkaRecord, ThatEndsTooEarlyIsNone) {
  const Buffer bytes = whole_record();
  const std::size_t head = bytes.size() - std::string("value").size();
  Record record;
  for (std::size_t size = 0; size < head; ++size) EXPECT_FALSE(parse_record(bytes.view().substr(0, size), record)) << size;
  EXPECT_TRUE(parse_record(bytes.view().substr(0, head), record));
  EXPECT_FALSE(parse_record(ByteView("\x20", 1), record)) << "an unknown flag";
}

}  // namespace
}  // namespace penstock::kafka
