// Events as records (record.h): the value by the sink's format, and what a message of Kafka has beside it.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/kafka/field_text.h"
#include "runtime/plan/codec.h"

namespace penstock::kafka {

// Immutable, shared by the workers.
struct MessageParts {
  std::optional<FieldText> topic;                         // only when it is made of fields
  std::optional<FieldText> key;                           // of which a field is missing: no key
  std::vector<std::pair<std::string, FieldText>> headers;  // of which a field is missing: left out
  std::optional<Path> time;                               // a field that is no time: the moment of sending

  std::vector<std::string> reads() const;
};

// `values` is how an event becomes a message's value: its separators are left out, for each message holds one. `parts` outlives it.
std::unique_ptr<EncoderPlan> make_record_encoder(std::unique_ptr<EncoderPlan> values, const MessageParts& parts);

// Why this cannot be a topic's name; null: it can. At most 249 of the letters, digits, `.`, `_` and `-`, and not `.` or `..`
// (org.apache.kafka.common.internals.Topic).
const char* wrong_topic(ByteView name);

}  // namespace penstock::kafka
