// A message as librdkafka gives it, made by a test.
#pragma once
#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <string_view>

namespace penstock::kafka {

// Its bytes are the test's. Only what stands in the structure itself may be asked of it: not the time, not the headers.
class FakeMessage {
 public:
  FakeMessage(std::int64_t offset, std::string_view value) {
    message_.offset = offset;
    message_.payload = const_cast<char*>(value.data());
    message_.len = value.size();
  }
  static FakeMessage without_value(std::int64_t offset) { return {offset, std::string_view()}; }
  operator const rd_kafka_message_t&() const { return message_; }

 private:
  rd_kafka_message_t message_{};
};

}  // namespace penstock::kafka
