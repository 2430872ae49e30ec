#include "bindings/kafka/kafka_transactions.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace penstock::kafka {

namespace {

std::string random_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Status KafkaTransactions::bind(Source source, const ClientOptions& client) {
  if (sorted(client.brokers) != sorted(client_.brokers))
    return Status(Code::invalid, "is not in the sink's cluster, and delivery = \"exactly_once\" wants one transaction for both (hint: give both the same brokers)");
  process_ = source.instance_id.empty() ? random_name() : source.instance_id;
  source_ = std::move(source);
  return {};
}

std::string KafkaTransactions::id(int worker) const { return fmt::format("penstock-{}-{}-{}-{}", source_.group, pipeline_, process_, worker); }

// Long enough for brokers that move, short enough that what a killed process left open does not hold up readers.
std::chrono::milliseconds KafkaTransactions::timeout() const { return std::max(std::chrono::milliseconds(10'000), 10 * source_.interval); }

void KafkaTransactions::enter(int worker, TransactionalOutput* output) {
  const std::lock_guard lock(mutex_);
  outputs_[worker] = output;
}

TransactionalOutput* KafkaTransactions::output(int worker) const {
  const std::lock_guard lock(mutex_);
  const auto found = outputs_.find(worker);
  return found == outputs_.end() ? nullptr : found->second;
}

}  // namespace penstock::kafka
