// A producer of librdkafka on a worker's loop: messages in, a report for each of them out.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bindings/kafka/client.h"
#include "bindings/kafka/event_queue.h"

namespace penstock::kafka {

// One worker's thread. Bodies are not copied: a message's value must stay where it is until its report came. Every message that was
// taken gets one report, by whatever end.
class Producer {
 public:
  // Called from the loop, and from give_up().
  struct Calls {
    // Its `err` says what became of it, `_private` is the message's own.
    std::function<void(const rd_kafka_message_t&)> on_report;
    // Of a broker or of the client, in librdkafka's words. RD_KAFKA_RESP_ERR__FATAL: nothing will come of this producer any more.
    std::function<void(rd_kafka_resp_err_t, const std::string&)> on_error;
    std::function<void(std::string_view json)> on_statistics;
  };

  // `conf` is complete. Failures are those of Client::open and EventQueue::open.
  static Result<std::unique_ptr<Producer>> open(Conf conf, const std::string& component, const ClientOptions& options, Scheduler& scheduler, Calls calls);
  // Requires outstanding() == 0. Waits for librdkafka's threads unless somebody else holds the client.
  ~Producer() = default;

  const std::shared_ptr<Client>& client() const { return client_; }
  // Messages whose report has not come.
  std::size_t outstanding() const { return outstanding_; }

  // The handle of a topic, which lives as long as the producer. Null: librdkafka does not take the name.
  rd_kafka_topic_t* topic(const std::string& name);

  // Each to its own partition, in order. Requires one. What was not taken has its reason in `err`; RD_KAFKA_RESP_ERR__QUEUE_FULL: nothing
  // behind it was taken either; try again once reports have come.
  void produce(rd_kafka_topic_t* topic, std::span<rd_kafka_message_t> messages);
  // One with headers or a time; null `headers`: none. They are copied.
  rd_kafka_resp_err_t produce(rd_kafka_topic_t* topic, const rd_kafka_message_t& message, std::int64_t time_ms, const rd_kafka_headers_t* headers);

  // Every message that is left gets its report soon, as not sent or not known to be.
  void purge();
  // The same, and waits for the reports.
  void give_up();

 private:
  Producer(std::shared_ptr<Client> client, Calls calls) : client_(std::move(client)), calls_(std::move(calls)) {}
  void on_event(rd_kafka_event_t& event);

  // Each to be gone before those above it.
  std::shared_ptr<Client> client_;
  Calls calls_;
  std::map<std::string, Topic, std::less<>> topics_;
  std::unique_ptr<EventQueue> events_;
  std::size_t outstanding_ = 0;
};

}  // namespace penstock::kafka
