// A client's queue of events (delivery reports, errors, statistics, messages, rebalances) on a worker's loop.
#pragma once
#include <chrono>
#include <functional>
#include <memory>

#include "bindings/kafka/handles.h"
#include "bindings/net/descriptor.h"
#include "runtime/base/status.h"
#include "runtime/loop/scheduler.h"

namespace penstock::kafka {

// One worker's thread. To be gone before its client is.
//
// librdkafka writes to a descriptor when an event enters the queue while it is empty; so the queue is then served until it is empty,
// in portions, so that others of the loop get their turn.
class EventQueue {
 public:
  // The event is the callee's for the length of the call. It must not destroy the queue, and must not throw.
  using OnEvent = std::function<void(rd_kafka_event_t&)>;

  // A producer's events: rd_kafka_queue_get_main; a consumer's: rd_kafka_queue_get_consumer. Events that are there already are served
  // soon. Code::limit: no descriptors left.
  static Result<std::unique_ptr<EventQueue>> open(Queue queue, Scheduler& scheduler, OnEvent on_event);
  ~EventQueue();
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  // Serves what is there now, and waits up to `wait` for the first event. For the end, when the loop does not.
  void serve(std::chrono::milliseconds wait);

 private:
  EventQueue(Queue queue, Scheduler& scheduler, OnEvent on_event, net::Descriptor wake);
  void serve_portion();
  bool serve_one(std::chrono::milliseconds wait);

  Queue queue_;
  Scheduler& scheduler_;
  OnEvent on_event_;
  net::Descriptor wake_;
  std::unique_ptr<Scheduled> watch_;
  std::unique_ptr<Scheduled> more_;
};

}  // namespace penstock::kafka
