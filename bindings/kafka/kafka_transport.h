// The transport of the sinks kafka and ckafka: each entry of a package is produced as one message, or the whole package is (mode
// batch), and the package is answered when the last delivery report is in.
#pragma once
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/kafka/balancer.h"
#include "bindings/kafka/producer.h"
#include "bindings/kafka/record.h"
#include "bindings/kafka/sink_options.h"
#include "bindings/kafka/topic_table.h"
#include "runtime/base/own_metrics.h"
#include "runtime/delivery/transport.h"

namespace penstock::kafka {

// Of a producer with transactions, which somebody else begins and ends.
struct TransactionHooks {
  // It is of no more use; nothing is delivered then until renew().
  std::function<void(const std::string& why)> on_ended;
  // Brokers refused an entry, and that ends the transaction: they refuse whole batches, so it may be for another one's sake. As soon as it
  // is known; the package may be answered later, or given up.
  std::function<void(ByteView entry, const std::string& why)> on_refused;
};

// What a transport is given; what is referred to outlives it.
struct TransportContext {
  Scheduler& scheduler;
  OwnMetrics& metrics;
  std::string component;  // who speaks in the log: `sink.kafka`
  std::uint32_t seed = 0;  // of balancers that choose at random
  // Of a producer with transactions. Empty: one without, which is replaced by itself.
  std::optional<TransactionHooks> transactions = std::nullopt;
};

// One worker's. Messages are produced in the order of their packages, and partitions chosen in that order: a package whose topic is
// not known yet, or for which librdkafka has no room, holds up those behind it.
//
// Messages that brokers refuse (too large, a timestamp that the topic does not take) may have been refused for their company in a batch:
// without transactions each is tried once more alone, so that only the culprits are refused.
//
// In memory beside the packages: what librdkafka holds for each message on its way (about 200 bytes and its key).
class KafkaTransport final : public Transport {
 public:
  KafkaTransport(const SinkOptions& options, TransportContext context);
  ~KafkaTransport() override;

  // Starts librdkafka's threads, which begin to connect.
  Status open() override;
  // Opens another producer in the place of the one there is; `alone`: one that sends each message in a batch of its own.
  Status renew(bool alone = false);
  // Requires that it was opened.
  const Producer& producer() const { return *producer_; }
  // To give a request up takes back all messages that are on their way, also other packages', which are answered as transient.
  std::unique_ptr<Request> send(const Package& package, std::function<void(Answer)> done) override;
  ByteView event_of(const Package& package, ByteView entry) const override;

 private:
  class Sending;
  enum class Found : std::uint8_t { ready, not_yet, refused };

  // Producers.
  Result<std::unique_ptr<Producer>> open_producer(bool alone);
  void on_error(rd_kafka_resp_err_t error, const std::string& text);
  void on_fatal();
  void note_trouble(rd_kafka_resp_err_t error, const std::string& text);
  bool has_transactions() const { return context_.transactions.has_value(); }
  bool replace_producers();
  void retire(std::unique_ptr<Producer> producer);
  void bury_retired();

  // Messages out, in order.
  void produce_waiting();
  bool produce(Sending& sending);
  bool produce_records(Sending& sending);
  bool produce_record(Sending& sending, const Record& record);
  bool produce_body(Sending& sending);
  bool produce_ready(Sending& sending);
  void blame_topic(const std::string& topic, rd_kafka_resp_err_t error);
  void count_produced(Sending& sending, std::uint32_t entry, rd_kafka_resp_err_t error);
  bool wait_for_room();
  Found find_topic(ByteView name);
  rd_kafka_message_t message_of(Sending& sending, const Record& record) const;
  rd_kafka_resp_err_t produce_one(Producer& producer, rd_kafka_topic_t* topic, const rd_kafka_message_t& message, const Record& record);
  const rd_kafka_headers_t* headers_of(const Record& record);
  void fail_waiting(rd_kafka_resp_err_t error);

  // Reports in.
  void on_report(const rd_kafka_message_t& message);
  bool try_alone(Sending& sending);
  void finish(Sending& sending);
  void tell_refused(Sending& sending, const rd_kafka_message_t& message);
  Answer answer_for(Sending& sending) const;
  Outcome meaning_of(rd_kafka_resp_err_t error) const;
  std::string reason_of(rd_kafka_resp_err_t error, ByteView topic) const;
  void give_up(Sending& sending);

  const SinkOptions& options_;
  const TransportContext context_;
  const std::unique_ptr<Balancer> balancer_;

  std::unique_ptr<Producer> producer_;
  std::unique_ptr<Producer> alone_;               // of one message in each batch; opened when it is needed
  std::list<std::unique_ptr<Producer>> retired_;  // ended, with messages left
  std::list<std::unique_ptr<Scheduled>> burials_;
  std::unique_ptr<Scheduled> bury_later_;
  bool ended_ = false;  // a producer came to a fatal end: both are replaced when something is to be sent
  TopicTable topics_;

  std::deque<Sending*> waiting_;  // whose messages are not all produced; the first is at it, and what follows is of it
  std::vector<rd_kafka_message_t> ready_;   // to topic_, their partitions chosen
  std::optional<std::int32_t> chosen_;      // the partition of the next record, for which there was no room
  bool waits_for_topic_ = false;
  std::unique_ptr<Scheduled> again_later_;

  std::string topic_;                // looked up last
  std::int32_t partitions_ = 0;      // of it
  rd_kafka_resp_err_t topic_error_ = RD_KAFKA_RESP_ERR_NO_ERROR;  // why it is refused
  Headers headers_;

  // The latest word on why brokers cannot be reached, since something went well.
  struct Trouble {
    rd_kafka_resp_err_t error;
    std::string text;
  };
  std::optional<Trouble> trouble_;
  bool alone_told_ = false;
  bool down_told_ = false;  // that no broker can be reached, since something went well
};

}  // namespace penstock::kafka
