#include "bindings/kafka/producer.h"

#include <array>
#include <utility>

#include "bindings/kafka/statistics.h"

namespace penstock::kafka {

Result<std::unique_ptr<Producer>> Producer::open(Conf conf, const std::string& component, const ClientOptions& options, Scheduler& scheduler, Calls calls) {
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS);
  if (Status status = set_property(*conf, "statistics.interval.ms", statistics_interval_ms); !status.ok()) return status;
  Result<std::unique_ptr<Client>> client = Client::open(Client::Role::producer, std::move(conf), component, options);
  if (!client.ok()) return client.take_status();
  std::unique_ptr<Producer> producer(new Producer(*std::move(client), std::move(calls)));
  Queue queue(rd_kafka_queue_get_main(producer->client_->get()));
  Result<std::unique_ptr<EventQueue>> events = EventQueue::open(std::move(queue), scheduler, [raw = producer.get()](rd_kafka_event_t& event) { raw->on_event(event); });
  if (!events.ok()) return events.take_status();
  producer->events_ = *std::move(events);
  return producer;
}

void Producer::on_event(rd_kafka_event_t& event) {
  switch (rd_kafka_event_type(&event)) {
    case RD_KAFKA_EVENT_DR:
      while (const rd_kafka_message_t* message = rd_kafka_event_message_next(&event)) {
        --outstanding_;
        calls_.on_report(*message);
      }
      return;
    case RD_KAFKA_EVENT_ERROR:
      return calls_.on_error(rd_kafka_event_error_is_fatal(&event) ? RD_KAFKA_RESP_ERR__FATAL : rd_kafka_event_error(&event), rd_kafka_event_error_string(&event));
    case RD_KAFKA_EVENT_STATS: return calls_.on_statistics(rd_kafka_event_stats(&event));
    default: return;
  }
}

rd_kafka_topic_t* Producer::topic(const std::string& name) {
  const auto known = topics_.find(name);
  if (known != topics_.end()) return known->second.get();
  rd_kafka_topic_t* const made = rd_kafka_topic_new(client_->get(), name.c_str(), nullptr);
  if (made != nullptr) topics_.emplace(name, made);
  return made;
}

// What rd_kafka_produce_batch does not take for the topic's or the producer's sake it keeps for ever, and counts as queued (librdkafka 2.0 to
// 2.12 at the least). So the first message goes by the call that does not, and says whether the rest may follow.
void Producer::produce(rd_kafka_topic_t* topic, std::span<rd_kafka_message_t> messages) {
  const rd_kafka_resp_err_t first = produce(topic, messages.front(), 0, nullptr);
  messages.front().err = first;
  const std::span<rd_kafka_message_t> rest = messages.subspan(1);
  if (first != RD_KAFKA_RESP_ERR_NO_ERROR && first != RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
    for (rd_kafka_message_t& message : rest) message.err = first;
  } else if (!rest.empty()) {
    outstanding_ += static_cast<std::size_t>(rd_kafka_produce_batch(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_PARTITION, rest.data(), static_cast<int>(rest.size())));
  }
}

rd_kafka_resp_err_t Producer::produce(rd_kafka_topic_t* topic, const rd_kafka_message_t& message, std::int64_t time_ms, const rd_kafka_headers_t* headers) {
  std::array<rd_kafka_vu_t, 7> parts{};
  std::size_t count = 0;
  const auto part = [&](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
    parts[count].vtype = type;
    return parts[count++];
  };
  part(RD_KAFKA_VTYPE_RKT).u.rkt = topic;
  part(RD_KAFKA_VTYPE_PARTITION).u.i32 = message.partition;
  part(RD_KAFKA_VTYPE_VALUE).u.mem = {message.payload, message.len};
  part(RD_KAFKA_VTYPE_KEY).u.mem = {message.key, message.key_len};
  part(RD_KAFKA_VTYPE_OPAQUE).u.ptr = message._private;
  part(RD_KAFKA_VTYPE_TIMESTAMP).u.i64 = time_ms;
  Headers own(headers ? rd_kafka_headers_copy(headers) : nullptr);
  if (own) part(RD_KAFKA_VTYPE_HEADERS).u.headers = own.get();
  const Error error(rd_kafka_produceva(client_->get(), parts.data(), count));
  if (error) return rd_kafka_error_code(error.get());
  static_cast<void>(own.release());
  ++outstanding_;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void Producer::purge() { rd_kafka_purge(client_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING); }

void Producer::give_up() {
  while (outstanding_ != 0) {
    // Again and again: a batch that is just being put together is in no queue.
    purge();
    events_->serve(std::chrono::milliseconds(100));
  }
}

}  // namespace penstock::kafka
