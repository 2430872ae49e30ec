// `p.source.kafka`: topics of Kafka, as a member of a consumer group. Schema: scripts/stdlib/penstock/schema/source/kafka.lua.
//
// Every worker is a member of its own, every partition that it has a stream. A position is committed when everything before it is
// acked by every sink; after a crash, or when a partition goes elsewhere with events under way, those come again. With follow = false
// the source shares with nobody: it reads every partition, spread over the workers, to where it ended at the start.
#pragma once
#include <memory>

#include "bindings/kafka/kafka_source_options.h"
#include "bindings/kafka/kafka_transactions.h"
#include "runtime/plan/components.h"

namespace penstock {

namespace kafka {

class KafkaSourcePlan final : public SourcePlan {
 public:
  explicit KafkaSourcePlan(KafkaSourceOptions options) : options_(std::move(options)) {}

  std::unique_ptr<Source> open(SourceContext& context) override;
  bool finite() const override { return !options_.follow; }
  bool replayable() const override { return true; }
  bool keeps_positions() const override { return true; }
  Status commit_in(std::shared_ptr<Transactions> transactions) override;
  std::string describe() const override { return options_.describe(); }

 private:
  KafkaSourceOptions options_;
  std::shared_ptr<KafkaTransactions> transactions_;  // null: at least once
};

}  // namespace kafka

Result<std::unique_ptr<SourcePlan>> make_kafka_source(const Value& options, const PlanContext& context);

}  // namespace penstock
