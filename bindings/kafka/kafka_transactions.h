// What the source and the sink of a pipeline with delivery = "exactly_once" know of each other.
#pragma once
#include <map>
#include <mutex>
#include <string>

#include "bindings/kafka/client_options.h"
#include "bindings/kafka/transaction_cycle.h"
#include "runtime/plan/transactions.h"

namespace penstock::kafka {

// Made by the sink, bound by the source when the pipeline is compiled. Shared by the workers' threads.
class KafkaTransactions final : public Transactions {
 public:
  // What a source tells of itself.
  struct Source {
    std::string group;
    std::string instance_id;  // empty: the ids of its transactions are made up for each process
    std::chrono::milliseconds interval{0};
  };

  // `client`: how the sink reaches its brokers.
  KafkaTransactions(std::string pipeline, const ClientOptions& client) : pipeline_(std::move(pipeline)), client_(client) {}

  // Code::invalid when they do not go together: a transaction is of one cluster.
  Status bind(Source source, const ClientOptions& client);

  // Of the producer on a worker. With the same id, a process that comes back ends what it had left open; without an instance_id
  // that is ended by the brokers, after timeout().
  std::string id(int worker) const;
  std::chrono::milliseconds timeout() const;
  std::chrono::milliseconds interval() const { return source_.interval; }

  // The sink on a worker, as long as it is open; null leaves.
  void enter(int worker, TransactionalOutput* output);
  // Null: none.
  TransactionalOutput* output(int worker) const;

 private:
  const std::string pipeline_;
  const ClientOptions client_;
  Source source_;
  std::string process_;  // tells it from other processes
  mutable std::mutex mutex_;  // guards what follows
  std::map<int, TransactionalOutput*> outputs_;
};

}  // namespace penstock::kafka
