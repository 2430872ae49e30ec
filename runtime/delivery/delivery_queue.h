// The packages of one sink on one worker, from the moment they are made until each of their events has a verdict.
//
// A package that the destination does not take now is tried again for as long as it takes (or max_attempts, then its events go to
// the dead letter). One that has to be mended by a person pauses the sink. One whose data is refused is halved until the culprit
// stands alone, which goes to the dead letter with the destination's answer. See Destination for when requests are made.
//
// Order: with `ordered` one request at a time, the oldest package first, always. Else the oldest that is due, and packages that
// wait for a retry are overtaken.
//
// Memory: packages up to memory_bytes_max and the one that goes beyond. At the bound ready() is false until there is room, or
// (on_full drop) the newest package is dropped.
//
// One worker's thread. Never throws.
#pragma once
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/delivery/delivery_options.h"
#include "runtime/delivery/destination.h"
#include "runtime/delivery/halves.h"
#include "runtime/delivery/package.h"
#include "runtime/delivery/sink_counters.h"
#include "runtime/delivery/transport.h"
#include "runtime/loop/scheduler.h"

namespace penstock {

// What the queue needs of its sink; all of it outlives the queue.
struct DeliveryEnvironment {
  Scheduler& scheduler;
  Transport& transport;
  BodyCodec& codec;
  SinkCounters& counters;
  TroubleNotice& notice;
  // As SinkContext has them; on_ready and on_message may be empty.
  std::function<void()> on_ready;
  std::function<Verdict(const std::string& reason, std::span<const ByteView> events)> bury;
  std::function<void(const std::string&)> on_message;
  std::uint32_t seed = 0;  // of the jitter
};

class DeliveryQueue {
 public:
  DeliveryQueue(const DeliveryOptions& options, DeliveryEnvironment environment);
  // Requires close() when packages were pushed.
  ~DeliveryQueue();
  DeliveryQueue(const DeliveryQueue&) = delete;
  DeliveryQueue& operator=(const DeliveryQueue&) = delete;

  // Takes events from the pipeline that will come with a push: they count as queued from now on.
  void count_taken(std::uint32_t events);
  // Of those, events that turned out to be nothing: they were acked as delivered.
  void count_nothing_to_send(std::uint32_t events);
  // Queues a package whose events were counted. Requires acks for exactly its events, sizes_agree() and at least one event.
  void push(Package package);

  // False: at its bound, until on_ready.
  bool ready() const { return !full_ || options_.on_full == OnFull::drop; }
  // Nothing is left to do: every package has a verdict.
  bool idle() const { return items_.empty(); }
  // Settles what is left as undelivered and gives up its requests. Nothing may follow.
  void close();

 private:
  using Milliseconds = std::chrono::milliseconds;

  struct Item {
    std::shared_ptr<Package> package;  // without acks
    std::vector<Ack> acks;
    std::size_t bytes = 0;             // of memory
    Milliseconds due{0};               // not before, unless it probes
    std::unique_ptr<Transport::Request> request;
    std::optional<Answer> answer;      // to the request, until it is looked at
    Milliseconds started{0};           // of the request
    std::chrono::nanoseconds latency{0};
  };
  using Items = std::list<Item>;

  Items::iterator add(Items::iterator before, Package package, std::vector<Ack> acks);
  void drop_newest(Package package);

  void pump();
  Items::iterator next_to_send(Milliseconds now);
  void send(Items::iterator item, Milliseconds now);
  void wake_later(Milliseconds now);

  void on_answer(Items::iterator item, Answer answer);
  void look_at_answers();
  void apply(Items::iterator item, const Answer& answer);
  void delivered(Items::iterator item);
  void failed(Items::iterator item, const Answer& answer);
  void refused(Items::iterator item, const Answer& answer);
  void bury(Items::iterator item, const std::string& reason);
  void settle(Items::iterator item, Verdict verdict);
  void note_room();
  void tell(const std::string& text);

  const DeliveryOptions options_;
  DeliveryEnvironment environment_;
  SinkCounters& counters_;
  Destination destination_;
  Items items_;  // oldest first
  int in_flight_ = 0;
  std::size_t bytes_ = 0;  // of items_
  bool full_ = false;
  bool dropping_ = false;  // told that newest events are dropped
  std::uint64_t dropped_ = 0;  // since then
  std::vector<Items::iterator> answered_;
  std::unique_ptr<Scheduled> answers_call_;
  std::unique_ptr<Scheduled> wake_;
  Milliseconds wake_at_{0};
};

}  // namespace penstock
