// The sink kafka in a pipeline with delivery = "exactly_once": what it is given becomes visible with the positions that it was made of.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "bindings/kafka/kafka_transactions.h"
#include "bindings/kafka/sink_options.h"
#include "runtime/delivery/delivery_options.h"
#include "runtime/plan/codec.h"
#include "runtime/plan/sink.h"

namespace penstock::kafka {

struct TransactionalSinkParts {
  std::string type;         // `kafka`
  std::string description;  // for `explain`
  std::shared_ptr<const SinkOptions> options;
  std::unique_ptr<EncoderPlan> encoder;  // may look into the options
  DeliveryOptions delivery;  // batch, linger and the bound of memory; brokers are tried by librdkafka itself, nothing is spooled
  std::unique_ptr<SinkPlan> plain;  // the same without transactions, which is what tries the destination
};

// Each worker has a producer and one transaction after another, which its source opens and commits (TransactionalOutput). Acks are
// settled when the transaction is: delivered, or rewound. What cannot be a message at all, or what the topic
// refuses, goes to the dead letter right before the commit; when that fails, its letter comes again.
// Code::invalid for options that have no meaning here, all of them.
Result<std::unique_ptr<SinkPlan>> make_transactional_sink(TransactionalSinkParts parts, std::string pipeline);

}  // namespace penstock::kafka
