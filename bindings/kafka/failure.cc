#include "bindings/kafka/failure.h"

namespace penstock::kafka {

Outcome outcome_of(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return Outcome::delivered;

    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD: return Outcome::data;

    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
    case RD_KAFKA_RESP_ERR_SECURITY_DISABLED:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR__INVALID_ARG: return Outcome::configuration;

    default: return Outcome::transient;
  }
}

namespace {

const char* hint_of(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC: return "make the topic, or correct the option that names it; without the right to describe it, it looks the same";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return "this user needs an ACL for the topic";
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED: return "this user needs an ACL for the group";
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return "this user needs an ACL for the cluster; an idempotent producer on brokers before 3.0 needs IDEMPOTENT_WRITE";
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION: return "see options sasl.user, sasl.password and sasl.mechanism, and that this is the right listener";
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM: return "see option sasl.mechanism";
    case RD_KAFKA_RESP_ERR__SSL: return "see option tls, and that this is a listener with TLS";
    case RD_KAFKA_RESP_ERR__RESOLVE: return "see option brokers, and the addresses that the brokers advertise";
    default: return nullptr;
  }
}

// Whether this library's SCRAM is the one that brokers of Kafka 3.7.2 and later refuse.
bool has_old_scram() { return PENSTOCK_RDKAFKA_MENDED == 0 && rd_kafka_version() < 0x02060100; }

}  // namespace

std::string hinted(rd_kafka_resp_err_t error, std::string text) {
  const char* const hint = hint_of(error);
  if (hint == nullptr) return text;
  text += std::string(" (hint: ") + hint;
  if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION && text.find("SCRAM") != text.npos && has_old_scram())
    text += std::string("; librdkafka ") + rd_kafka_version_str() + " cannot do SCRAM with brokers of Kafka 3.7.2 or later, 2.6.1 can";
  return text + ")";
}

std::string text_of(rd_kafka_resp_err_t error) { return hinted(error, rd_kafka_err2str(error)); }

Answer answer_of(rd_kafka_resp_err_t error, const std::string& where) {
  return {outcome_of(error), (where.empty() ? "" : where + ": ") + text_of(error), {}};
}

}  // namespace penstock::kafka
