#include "bindings/kafka/failure.h"

#include <gtest/gtest.h>

namespace penstock::kafka {
namespace {

TEST(KafkaFailure, MeansWhatSomebodyCanDoAboutIt) {
  struct Case {
    rd_kafka_resp_err_t error;
    Outcome outcome;
  };
  for (const auto& [error, outcome] : {
           Case{RD_KAFKA_RESP_ERR_NO_ERROR, Outcome::delivered},
           Case{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Outcome::data},
           Case{RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, Outcome::data},
           Case{RD_KAFKA_RESP_ERR_INVALID_RECORD, Outcome::data},
           Case{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Outcome::configuration},
           Case{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, Outcome::configuration},
           Case{RD_KAFKA_RESP_ERR__AUTHENTICATION, Outcome::configuration},
           Case{RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, Outcome::configuration},
           Case{RD_KAFKA_RESP_ERR__SSL, Outcome::configuration},
           Case{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Outcome::configuration},
           Case{RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, Outcome::configuration},
           Case{RD_KAFKA_RESP_ERR__RESOLVE, Outcome::configuration},
           Case{RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, Outcome::transient},
           Case{RD_KAFKA_RESP_ERR__TRANSPORT, Outcome::transient},
           Case{RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, Outcome::transient},
           Case{RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, Outcome::transient},
           Case{RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, Outcome::transient},
           Case{RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, Outcome::transient},
           Case{static_cast<rd_kafka_resp_err_t>(200), Outcome::transient},  // that nobody knows yet
       })
    EXPECT_EQ(outcome_of(error), outcome) << rd_kafka_err2str(error);
}

TEST(KafkaFailure, IsToldWithItsPlaceAndAHint) {
  const Answer answer = answer_of(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "topic audit");
  EXPECT_EQ(answer.outcome, Outcome::configuration);
  EXPECT_EQ(answer.text, "topic audit: Broker: Topic authorization failed (hint: this user needs an ACL for the topic)");
  EXPECT_EQ(answer_of(RD_KAFKA_RESP_ERR__TIMED_OUT, "").text, "Local: Timed out");
}

}  // namespace
}  // namespace penstock::kafka
