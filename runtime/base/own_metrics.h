// Numbers that a component has of its own, beside those that every component counts: what a client library tells about its
// connections now and then, for the metrics.
#pragma once
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace penstock {

struct OwnMetric {
  enum class Type : unsigned char { counter, gauge };
  // By Prometheus' rules for names; a literal: `penstock_kafka_broker_up`. One name has one type and one help everywhere.
  const char* name;
  Type type;
  const char* help;
  std::vector<std::pair<std::string, std::string>> labels;  // beside those that say whose it is: pipeline, component, worker
  double value;
};

// Of one component on one worker. Thread-safe.
class OwnMetrics {
 public:
  // In the place of what was published before. Bounded by whoever publishes.
  void publish(std::vector<OwnMetric> metrics) {
    const std::lock_guard lock(mutex_);
    metrics_ = std::move(metrics);
  }
  std::vector<OwnMetric> read() const {
    const std::lock_guard lock(mutex_);
    return metrics_;
  }

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::vector<OwnMetric> metrics_;
};

}  // namespace penstock
