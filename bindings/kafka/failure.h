// What an error means, of a broker or of librdkafka itself, in the words that all sinks and sources have.
#pragma once
#include <librdkafka/rdkafka.h>

#include <string>

#include "runtime/delivery/transport.h"

namespace penstock::kafka {

// data for what is wrong with the message itself (too large, a timestamp that the topic does not take); configuration for what a
// person has to mend (authentication, authorization, an unknown topic, a host that has no address, TLS that does not come about);
// transient for everything else, errors of the future too. https://kafka.apache.org/protocol#protocol_error_codes and
// librdkafka's rd_kafka_resp_err_t.
Outcome outcome_of(rd_kafka_resp_err_t error);

// `Broker: Topic authorization failed`, and for what a person can mend a hint.
std::string text_of(rd_kafka_resp_err_t error);

// `text` of librdkafka's about an error, with the error's hint.
std::string hinted(rd_kafka_resp_err_t error, std::string text);

// Requires an error. `where`: what it is about, put before it: `topic edge-logs`; may be empty.
Answer answer_of(rd_kafka_resp_err_t error, const std::string& where);

}  // namespace penstock::kafka
