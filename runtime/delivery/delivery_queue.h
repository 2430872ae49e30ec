// The packages of one sink on one worker, from the moment they are made until each of their events has a verdict.
//
// A package that the destination does not take now is tried again for as long as it takes (or max_attempts, then its events go to
// the dead letter). One that has to be mended by a person pauses the sink. One whose data is refused is halved until the culprit
// stands alone, which goes to the dead letter with the destination's answer. From a destination that answers for each entry the
// package is left with what it did not take. See Destination for when requests are made.
//
// Order: with `ordered` one request at a time, the oldest package first, always. Else the oldest that is due, and packages that
// wait for a retry are overtaken; new ones do not wait until all of the spool is gone.
//
// Memory: packages up to memory_bytes_max and the one that goes beyond, and of those on disk what is about to be sent: up to
// `concurrency` and one. At the bound ready() is false until there is room, or (on_full drop) the newest package is dropped.
//
// With a spool, what is stored there is acked as spooled. Stored is everything before it is sent (`disk`), or (on_full spool)
// the newest from half of memory_bytes_max on, and everything that the destination does not take now: when it is down or paused,
// when the package has failed `breaker_failures` times, when the run is to end. A spool that is full or cannot be written stores
// nothing, and is told once; memory then fills up to its bound. While it cannot be written, `disk` too sends from memory, so that a
// broken disk does not stop a destination that is well.
// With `ordered` the oldest is stored first, one at a time and the one in flight too: what is on disk comes before what is in memory
// alone, also after a crash.
// A file that cannot be read is tried again for ever, every 5 s, which is told once; others go on meanwhile (not when ordered).
// Only one whose bytes are damaged is given up.
//
// One worker's thread. Never throws.
#pragma once
#include <deque>
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
#include "runtime/delivery/spool.h"
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
  std::optional<SpoolOptions> spool = std::nullopt;
  FileSystem* files = nullptr;  // of the spool; null: the real ones
};

class DeliveryQueue {
 public:
  DeliveryQueue(const DeliveryOptions& options, DeliveryEnvironment environment);
  // Requires close() when packages were pushed.
  ~DeliveryQueue();
  DeliveryQueue(const DeliveryQueue&) = delete;
  DeliveryQueue& operator=(const DeliveryQueue&) = delete;

  // Finds what is spooled. Without a spool there is nothing to do. On failure the spool cannot be used at all.
  Status open();
  // Takes events from the pipeline that will come with a push: they count as queued from now on.
  void count_taken(std::uint32_t events);
  // Of those, events that turned out to be nothing: they were acked as delivered.
  void count_nothing_to_send(std::uint32_t events);
  // Queues a package whose events were counted. Requires acks for exactly its events, sizes_agree() and at least one event.
  void push(Package package);

  // False: at its bound, until on_ready.
  bool ready() const { return !full_ || options_.on_full == OnFull::drop; }
  // Nothing is left to do: every package has a verdict, those in the spool too. After drain(): nothing is left that is not safe.
  bool idle() const;
  // The run is to end (a signal, a reload): what fails is left in the spool, if there is one, and what is there stays.
  void drain();
  // Settles what is left in memory alone as undelivered and gives up its requests. Nothing may follow.
  void close();

 private:
  using Milliseconds = std::chrono::milliseconds;

  // A file whose package is in memory, as a whole or in parts.
  struct Stored {
    Spooled file;
    std::uint32_t events_left = 0;  // without a verdict; when there are none the file is removed
  };

  struct Item {
    SpoolKey key;
    std::uint64_t key_span = std::uint64_t{1} << 32;  // keys from this one's part on that belong to it, for its halves
    std::shared_ptr<Package> package;  // without acks; null while it is read
    std::vector<Ack> acks;             // none once it is stored
    std::shared_ptr<Stored> stored;    // null: in memory alone
    std::size_t bytes = 0;             // of memory
    Milliseconds due{0};               // not before, unless it probes
    std::unique_ptr<Transport::Request> request;
    std::optional<Answer> answer;      // to the request, until it is looked at
    Milliseconds started{0};           // of the request
    std::chrono::nanoseconds latency{0};
    bool writing = false;              // to the spool
    bool leftover = false;             // a write failed: its file may be there all the same
    bool read_again = false;           // after it could not be read

    bool waits() const { return package && !request && !writing; }
  };
  using Items = std::list<Item>;

  Items::iterator add(Items::iterator before, Package package, std::vector<Ack> acks);
  void drop_newest(Package package);
  SpoolKey next_key();

  void pump();
  Items::iterator next_to_send(Milliseconds now);
  bool may_send(const Item& item, Milliseconds now) const;
  bool older_waits_on_disk(const Item& item) const;
  bool works_off_spool() const;
  bool is_stored_first() const;
  void send(Items::iterator item, Milliseconds now);
  void wake_later(Milliseconds now);

  void on_answer(Items::iterator item, Answer answer);
  void look_at_answers();
  void apply(Items::iterator item, const Answer& answer);
  void delivered(Items::iterator item);
  void failed(Items::iterator item, const Answer& answer);
  void refused(Items::iterator item, const Answer& answer);
  void taken_in_part(Items::iterator item, const Answer& answer);
  bool bury_entries(const Package& package, std::span<const EntryFailure> failures, EntryVerdicts& verdicts);
  bool leave_with_rest(Items::iterator item, const EntryVerdicts& verdicts);
  void settle_entries(Items::iterator item, const EntryVerdicts& verdicts);
  std::vector<std::pair<Ack, Verdict>> take_verdicts(Item& item, const EntryVerdicts& verdicts);
  void count_delivery(const Package& package, std::uint32_t events, std::uint64_t plain_bytes);
  void count_deliveries(const Package& package, const EntryVerdicts& verdicts);
  void give_up_at_bound(Items::iterator item, const Answer& answer);
  void ask_again_for_letters();
  void put_halves(Items::iterator item, Package first, Package second);
  void bury(Items::iterator item, const std::string& reason);
  void settle(Items::iterator item, Verdict verdict);
  void count_settled(Item& item, Verdict verdict, std::uint32_t events);
  void count_memory(Item& item);
  void forget_memory(Item& item);
  void note_room();
  void tell(const std::string& text);

  // With a spool (delivery_queue_spool.cc).
  void on_found(std::vector<Spooled> found);
  void store_packages();
  Items::iterator next_to_store();
  bool is_to_be_stored(const Item& item) const;
  void store(Items::iterator item);
  void on_stored(Items::iterator item, Status status);
  void leave_on_disk(Items::iterator item);
  bool worth_keeping(const Item& item) const;
  Items::iterator next_in_order();
  bool wants_disk(const Item& item) const;
  void load_packages();
  Items::iterator load(const Spooled& file);
  std::size_t loaded_max() const;
  void on_loaded(Items::iterator item, Result<Package> package);
  void read_again_later(Items::iterator item, const std::string& why);
  void read_again();
  void back_on_disk(std::vector<Spooled> files);
  void settle_stored(Item& item, Verdict verdict, std::uint32_t events);
  void lose(Items::iterator item, const std::string& why);

  const DeliveryOptions options_;
  DeliveryEnvironment environment_;
  SinkCounters& counters_;
  Destination destination_;
  std::optional<Spool> spool_;
  Items items_;                   // by key, oldest first
  std::deque<Spooled> on_disk_;   // those that are not in items_, oldest first
  std::deque<Spooled> unreadable_;  // those that could not be read lately (never when ordered), the one to be tried next first
  std::size_t loaded_ = 0;        // of items_: stored, or parts of it
  std::size_t unstored_ = 0;      // of items_: in memory alone
  int in_flight_ = 0;
  std::size_t bytes_ = 0;         // of those in memory alone
  std::size_t bytes_writing_ = 0;  // of these
  bool full_ = false;
  bool dropping_ = false;  // told that newest events are dropped
  std::uint64_t dropped_ = 0;  // since then
  std::vector<Items::iterator> answered_;
  std::unique_ptr<Scheduled> answers_call_;
  std::unique_ptr<Scheduled> wake_;
  Milliseconds wake_at_{0};
  std::uint32_t keys_ = 0;        // given out without a spool
  bool spool_full_told_ = false;
  bool unreadable_told_ = false;
  std::unique_ptr<Scheduled> read_later_;
  // After drain(): a destination that is well gets a while to take all; then what is still in flight is stored too, and gets another.
  enum class End : std::uint8_t { none, draining, storing_all, over };
  End end_ = End::none;
  bool closed_ = false;
  std::unique_ptr<Scheduled> end_call_;
};

}  // namespace penstock
