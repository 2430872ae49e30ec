// What is known of a message beside its value, as a JSON object for the events that it brings.
#pragma once
#include <librdkafka/rdkafka.h>

#include <string_view>

#include "runtime/base/bytes.h"

namespace penstock::kafka {

// Appends `{"topic":"orders","partition":3,"offset":1207,"timestamp":1763720000000,"key":"u-17","headers":{"trace":"4bf9"}}`.
// The timestamp is in milliseconds since 1970, of the producer or the broker as the topic says; null when the message has none, as
// is the key. Of headers with one name the last is taken; a header without a value is null. Bytes of a key or header that are no
// UTF-8 become U+FFFD.
void append_facts(const rd_kafka_message_t& message, std::string_view topic, Buffer& out);

}  // namespace penstock::kafka
