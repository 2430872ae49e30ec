#include "runtime/delivery/delivery_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/base/units.h"

namespace penstock {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

constexpr std::size_t item_overhead_bytes = 512;
// At the end, with a spool: how long what is in flight gets before it is stored too, and how long after.
constexpr std::chrono::milliseconds in_flight_patience{2000};
constexpr std::chrono::milliseconds stored_patience{3000};

void settle_all(std::vector<Ack> acks, Verdict verdict) {
  for (Ack& ack : acks) ack.settle(verdict);
}

}  // namespace

DeliveryQueue::DeliveryQueue(const DeliveryOptions& options, DeliveryEnvironment environment)
    : options_(options),
      environment_(std::move(environment)),
      counters_(environment_.counters),
      destination_(options_, counters_, environment_.notice, [this](const std::string& text) { tell(text); }, environment_.seed) {}

DeliveryQueue::~DeliveryQueue() = default;

Status DeliveryQueue::open() {
  if (!environment_.spool) return {};
  Spool::Calls calls;
  calls.on_found = [this](std::vector<Spooled> found) { on_found(std::move(found)); };
  calls.on_change = [this] { pump(); };
  calls.on_message = [this](const std::string& text) { tell(text); };
  spool_.emplace(*environment_.spool, environment_.scheduler, environment_.files ? *environment_.files : real_file_system(), counters_, std::move(calls));
  Status status = spool_->open();
  if (!status.ok()) {
    spool_.reset();
    return status;
  }
  pump();
  return {};
}

void DeliveryQueue::count_taken(std::uint32_t events) {
  counters_.events.add(events);
  counters_.queued_events.add(events);
}

void DeliveryQueue::count_nothing_to_send(std::uint32_t events) {
  counters_.delivered.add(events);
  counters_.queued_events.subtract(events);
}

void DeliveryQueue::push(Package package) {
  if (full_ && options_.on_full == OnFull::drop) {
    drop_newest(std::move(package));
    return;
  }
  std::vector<Ack> acks = std::move(package.acks);
  const Items::iterator item = add(items_.end(), std::move(package), std::move(acks));
  item->key = next_key();
  full_ = bytes_ >= options_.memory_bytes_max;
  pump();
}

DeliveryQueue::Items::iterator DeliveryQueue::add(Items::iterator before, Package package, std::vector<Ack> acks) {
  package.acks.clear();
  Item item;
  item.package = std::make_shared<Package>(std::move(package));
  item.acks = std::move(acks);
  count_memory(item);
  return items_.insert(before, std::move(item));
}

SpoolKey DeliveryQueue::next_key() {
  if (spool_) return spool_->next_key();
  SpoolKey key;
  key.sequence = keys_++;
  return key;
}

void DeliveryQueue::drop_newest(Package package) {
  if (!std::exchange(dropping_, true)) {
    dropped_ = 0;
    tell("its buffer of " + human_bytes(options_.memory_bytes_max) + " is full: newest events are dropped until the destination takes some");
  }
  dropped_ += package.events();
  counters_.dropped.add(package.events());
  counters_.queued_events.subtract(package.events());
  settle_all(std::move(package.acks), Verdict::dropped);
}

void DeliveryQueue::pump() {
  const Milliseconds now = environment_.scheduler.now();
  if (spool_) load_packages();
  while (in_flight_ < destination_.allowed(now)) {
    const Items::iterator next = next_to_send(now);
    if (next == items_.end()) break;
    send(next, now);
  }
  if (spool_) store_packages();
  wake_later(now);
}

DeliveryQueue::Items::iterator DeliveryQueue::next_to_send(Milliseconds now) {
  for (Items::iterator item = items_.begin(); item != items_.end(); ++item) {
    if (older_waits_on_disk(*item)) break;
    if (may_send(*item, now)) return item;
    if (options_.ordered) break;
  }
  return items_.end();
}

// With `ordered`: what has to be sent first is on disk, or it is not known yet what is.
bool DeliveryQueue::older_waits_on_disk(const Item& item) const {
  if (!options_.ordered || !spool_) return false;
  return !spool_->taken_over() || (!on_disk_.empty() && on_disk_.front().name.key < item.key);
}

bool DeliveryQueue::may_send(const Item& item, Milliseconds now) const {
  if (!item.waits() || (item.stored ? !works_off_spool() : is_stored_first())) return false;
  // In trouble the destination's beat says when to try, and the oldest package is what is tried.
  return destination_.in_trouble() || item.due <= now;
}

bool DeliveryQueue::is_stored_first() const { return options_.disk && spool_->is_well(); }

// At the end what is on disk may stay there.
bool DeliveryQueue::works_off_spool() const { return end_ == End::none || (end_ == End::draining && !destination_.in_trouble()); }

void DeliveryQueue::send(Items::iterator item, Milliseconds now) {
  ++in_flight_;
  counters_.attempts.add(1);
  counters_.in_flight.set(static_cast<std::uint64_t>(in_flight_));
  destination_.on_send(in_flight_, now);
  item->started = now;
  const std::chrono::nanoseconds start = monotonic_now();
  item->request = environment_.transport.send(*item->package, [this, item, start](Answer answer) {
    item->latency = monotonic_now() - start;
    on_answer(item, std::move(answer));
  });
}

void DeliveryQueue::wake_later(Milliseconds now) {
  Milliseconds at = destination_.opens_at();
  if (at <= now) {
    if (in_flight_ >= destination_.allowed(now)) return;  // answers wake it
    bool waits = false;
    for (const Item& item : items_) {
      if (older_waits_on_disk(item)) break;
      if (item.waits() && (item.stored ? works_off_spool() : !is_stored_first()) && (!waits || item.due < at)) {
        at = item.due;
        waits = true;
      }
      if (options_.ordered) break;
    }
    if (!waits) return;
  } else if (items_.empty() && on_disk_.empty()) {  // one that cannot be read has a beat of its own
    return;
  }
  if (wake_ && wake_at_ == at) return;
  wake_at_ = at;
  wake_ = environment_.scheduler.after(at - now, [this] {
    wake_.reset();
    pump();
  });
}

// Looked at a moment later: the transport is still inside its request, which the answer destroys.
void DeliveryQueue::on_answer(Items::iterator item, Answer answer) {
  item->answer = std::move(answer);
  answered_.push_back(item);
  if (answers_call_) return;
  answers_call_ = environment_.scheduler.after(Milliseconds{0}, [this] {
    answers_call_.reset();
    look_at_answers();
  });
}

void DeliveryQueue::look_at_answers() {
  for (const Items::iterator item : std::exchange(answered_, {})) {
    if (item->writing) {  // first it has to be known whether there is a file
      answered_.push_back(item);
      continue;
    }
    item->request.reset();
    --in_flight_;
    const Answer answer = *std::exchange(item->answer, std::nullopt);
    apply(item, answer);
  }
  counters_.in_flight.set(static_cast<std::uint64_t>(in_flight_));
  note_room();
  pump();
}

void DeliveryQueue::apply(Items::iterator item, const Answer& answer) {
  if (!answer.failures.empty()) return taken_in_part(item, answer);
  switch (answer.outcome) {
    case Outcome::delivered: return delivered(item);
    case Outcome::transient: return failed(item, answer);
    case Outcome::configuration: return destination_.on_configuration(environment_.scheduler.now(), answer);
    case Outcome::data: return refused(item, answer);
  }
}

void DeliveryQueue::delivered(Items::iterator item) {
  const Package& package = *item->package;
  const auto latency = duration_cast<microseconds>(item->latency);
  count_delivery(package, package.events(), package.plain_bytes);
  counters_.latency_us.add(static_cast<std::uint64_t>(latency.count()));
  destination_.on_delivered(item->started, environment_.scheduler.now(), latency);
  settle(item, Verdict::delivered);
}

// Of a package's events and its bytes before compression, those that the destination has.
void DeliveryQueue::count_delivery(const Package& package, std::uint32_t events, std::uint64_t plain_bytes) {
  const std::uint64_t wire_bytes = events == package.events() ? package.body.size() : package.body.size() * plain_bytes / std::max<std::uint64_t>(package.plain_bytes, 1);
  const auto age = duration_cast<microseconds>(std::chrono::system_clock::now() - package.made);
  counters_.packages.add(1);
  counters_.plain_bytes.add(plain_bytes);
  counters_.wire_bytes.add(wire_bytes);
  counters_.package_events.add(events);
  counters_.package_bytes.add(wire_bytes);
  counters_.delivery_us.add(static_cast<std::uint64_t>(std::max<std::int64_t>(age.count(), 0)));
}

void DeliveryQueue::failed(Items::iterator item, const Answer& answer) {
  item->due = destination_.on_transient(item->started, environment_.scheduler.now(), answer, ++item->package->attempts);
  give_up_at_bound(item, answer);
}

void DeliveryQueue::give_up_at_bound(Items::iterator item, const Answer& answer) {
  const std::uint32_t failures = item->package->attempts;
  if (options_.max_attempts == 0 || failures < options_.max_attempts) return;
  bury(item, fmt::format("given up after {} {}: {}", failures, failures == 1 ? "try" : "tries", answer.text));
}

void DeliveryQueue::refused(Items::iterator item, const Answer& answer) {
  counters_.data_failures.add(1);
  counters_.note_failure(answer.text);
  destination_.on_data(environment_.scheduler.now());
  if (item->package->events() == 1) return bury(item, answer.text);
  Result<std::pair<Package, Package>> halves = halve(*item->package, environment_.codec);
  if (!halves.ok()) return bury(item, answer.text + " (and it cannot be halved: " + halves.status().text() + ")");
  counters_.splits.add(1);
  put_halves(item, std::move(halves->first), std::move(halves->second));
}

void DeliveryQueue::taken_in_part(Items::iterator item, const Answer& answer) {
  const Milliseconds now = environment_.scheduler.now();
  EntryVerdicts verdicts(item->package->events(), Verdict::delivered);
  for (const EntryFailure& failure : answer.failures) verdicts[failure.entry].reset();
  count_deliveries(*item->package, verdicts);
  const bool letters_kept = bury_entries(*item->package, answer.failures, verdicts);
  if (answer.outcome == Outcome::transient) {
    item->due = destination_.on_transient(item->started, now, answer, ++item->package->attempts);
  } else if (answer.outcome == Outcome::configuration) {
    destination_.on_configuration(now, answer);
  } else if (letters_kept) {
    destination_.on_delivered(item->started, now, duration_cast<microseconds>(item->latency));
  }
  if (std::all_of(verdicts.begin(), verdicts.end(), [](const auto& verdict) { return verdict.has_value(); })) return settle_entries(item, verdicts);
  if (!leave_with_rest(item, verdicts)) return bury(item, answer.text + " (and it cannot be taken apart)");
  if (answer.outcome == Outcome::transient) give_up_at_bound(item, answer);
}

void DeliveryQueue::count_deliveries(const Package& package, const EntryVerdicts& verdicts) {
  std::uint32_t events = 0;
  std::uint64_t bytes = 0;
  for (std::size_t entry = 0; entry < verdicts.size(); ++entry) {
    if (!verdicts[entry]) continue;
    ++events;
    bytes += package.entry_bytes[entry];
  }
  if (events != 0) count_delivery(package, events, bytes);
}

// Takes the entries whose data is refused to the dead letter. Returns false when they could not be kept there: then they have no
// verdict, and the destination is asked again.
bool DeliveryQueue::bury_entries(const Package& package, std::span<const EntryFailure> failures, EntryVerdicts& verdicts) {
  Buffer plain;
  std::optional<std::vector<ByteView>> entries;
  for (const EntryFailure& failure : failures) {
    if (failure.outcome != Outcome::data) continue;
    counters_.data_failures.add(1);
    counters_.note_failure(failure.text);
    if (!entries) {
      Result<std::vector<ByteView>> parted = entries_of(package, environment_.codec, plain);
      if (!parted.ok()) return true;  // leave_with_rest fails for the same reason
      entries = *std::move(parted);
    }
    const ByteView event = environment_.transport.event_of(package, (*entries)[failure.entry]);
    const Verdict verdict = environment_.bury(failure.text, {&event, 1});
    if (verdict == Verdict::undelivered) {
      ask_again_for_letters();
      return false;
    }
    verdicts[failure.entry] = verdict;
  }
  return true;
}

// Settles the entries that have a verdict and leaves the package with the others. Returns false, with nothing changed, when it
// cannot be taken apart.
bool DeliveryQueue::leave_with_rest(Items::iterator item, const EntryVerdicts& verdicts) {
  std::vector<std::uint32_t> rest;
  for (std::uint32_t entry = 0; entry < verdicts.size(); ++entry)
    if (!verdicts[entry]) rest.push_back(entry);
  if (rest.size() == verdicts.size()) return true;
  Result<Package> package = with_entries(*item->package, rest, environment_.codec);
  if (!package.ok()) return false;
  if (std::exchange(item->leftover, false)) spool_->remove_leftover({item->key, item->package->events()});
  std::vector<std::pair<Ack, Verdict>> settled = take_verdicts(*item, verdicts);
  item->package = std::make_shared<Package>(*std::move(package));
  if (!item->stored) {
    forget_memory(*item);
    count_memory(*item);
  }
  for (auto& [ack, verdict] : settled) ack.settle(verdict);
  return true;
}

void DeliveryQueue::settle_entries(Items::iterator item, const EntryVerdicts& verdicts) {
  std::vector<std::pair<Ack, Verdict>> settled = take_verdicts(*item, verdicts);
  if (item->leftover) spool_->remove_leftover({item->key, item->package->events()});
  forget_memory(*item);
  items_.erase(item);
  for (auto& [ack, verdict] : settled) ack.settle(verdict);
}

// The acks are for the caller to settle, at last: whoever hears of them may call the queue.
std::vector<std::pair<Ack, Verdict>> DeliveryQueue::take_verdicts(Item& item, const EntryVerdicts& verdicts) {
  for (const Verdict verdict : {Verdict::delivered, Verdict::dead_lettered, Verdict::dropped}) {
    const auto events = static_cast<std::uint32_t>(std::count(verdicts.begin(), verdicts.end(), verdict));
    if (events != 0) count_settled(item, verdict, events);
  }
  return take_settled(item.acks, verdicts);
}

// In the place of the whole, with keys in its span. A stored package's file stays until both have a verdict.
void DeliveryQueue::put_halves(Items::iterator item, Package first, Package second) {
  std::vector<Ack> first_acks = item->stored ? std::vector<Ack>{} : take_acks(item->acks, first.events());
  const Items::iterator front = add(item, std::move(first), std::move(first_acks));
  const Items::iterator back = add(item, std::move(second), std::move(item->acks));
  front->key = back->key = item->key;
  front->key_span = back->key_span = item->key_span / 2;
  if (item->stored) {
    for (const Items::iterator half : {front, back}) {
      forget_memory(*half);
      half->stored = item->stored;
      ++loaded_;
    }
  } else {
    if (item->leftover) spool_->remove_leftover({item->key, item->package->events()});
    back->key.part += static_cast<std::uint32_t>(back->key_span);
  }
  forget_memory(*item);
  items_.erase(item);
}

void DeliveryQueue::bury(Items::iterator item, const std::string& reason) {
  Buffer plain;
  const Result<std::vector<ByteView>> parted = entries_of(*item->package, environment_.codec, plain);
  std::vector<ByteView> events{item->package->body.view()};  // what cannot be taken apart is kept as it is
  if (parted.ok()) {
    events = parted.value();
    for (ByteView& event : events) event = environment_.transport.event_of(*item->package, event);
  }
  const Verdict verdict = environment_.bury(reason, events);
  if (verdict != Verdict::undelivered) {
    environment_.transport.gave_up(*item->package);
    return settle(item, verdict);
  }
  ask_again_for_letters();
}

// Neither delivered nor kept: as long as that is so, the destination is asked again.
void DeliveryQueue::ask_again_for_letters() {
  Answer answer;
  answer.text = "what the destination refuses cannot be kept as dead letters";
  destination_.on_configuration(environment_.scheduler.now(), answer);
}

void DeliveryQueue::settle(Items::iterator item, Verdict verdict) {
  const std::uint32_t events = item->package->events();
  count_settled(*item, verdict, events);
  if (item->leftover) spool_->remove_leftover({item->key, events});
  forget_memory(*item);
  std::vector<Ack> acks = std::move(item->acks);
  items_.erase(item);
  settle_all(std::move(acks), verdict);
}

void DeliveryQueue::count_settled(Item& item, Verdict verdict, std::uint32_t events) {
  (verdict == Verdict::delivered       ? counters_.delivered
   : verdict == Verdict::dead_lettered ? counters_.dead_lettered
   : verdict == Verdict::dropped       ? counters_.dropped
                                       : counters_.undelivered)
      .add(events);
  if (item.stored)
    settle_stored(item, verdict, events);
  else
    counters_.queued_events.subtract(events);
}

// It is in memory alone.
void DeliveryQueue::count_memory(Item& item) {
  item.bytes = item.package->memory_bytes() + item.acks.capacity() * sizeof(Ack) + item_overhead_bytes;
  bytes_ += item.bytes;
  ++unstored_;
  counters_.queued_bytes.add(item.bytes);
}

// It is no longer in memory alone, or no longer in items_.
void DeliveryQueue::forget_memory(Item& item) {
  if (item.stored) {
    --loaded_;
    return;
  }
  counters_.queued_bytes.subtract(item.bytes);
  bytes_ -= item.bytes;
  --unstored_;
}

void DeliveryQueue::note_room() {
  if (!full_ || bytes_ >= options_.memory_bytes_max) return;
  full_ = false;
  if (closed_) return;
  if (std::exchange(dropping_, false)) tell(fmt::format("its buffer has room again; {} events were dropped", dropped_));
  if (environment_.on_ready) environment_.on_ready();
}

void DeliveryQueue::tell(const std::string& text) {
  if (environment_.on_message) environment_.on_message(text);
}

bool DeliveryQueue::idle() const {
  if (works_off_spool() || !spool_) return items_.empty() && on_disk_.empty() && unreadable_.empty() && (!spool_ || spool_->taken_over());
  // What is in flight although it is safe is waited for, lest it be sent again: but not for long.
  return unstored_ == 0 && (in_flight_ == 0 || end_ == End::over);
}

void DeliveryQueue::drain() {
  if (end_ != End::none) return;
  end_ = End::draining;
  if (!spool_) return;
  end_call_ = environment_.scheduler.after(in_flight_patience, [this] {
    end_ = End::storing_all;
    pump();
    end_call_ = environment_.scheduler.after(stored_patience, [this] { end_ = End::over; });
  });
  pump();
}

void DeliveryQueue::close() {
  wake_.reset();
  answers_call_.reset();
  end_call_.reset();
  read_later_.reset();
  closed_ = true;
  if (spool_) spool_->finish_writes();
  answers_call_.reset();
  // Answers that came are as good as looked at.
  for (const Items::iterator item : std::exchange(answered_, {})) {
    item->request.reset();
    const Answer answer = *std::exchange(item->answer, std::nullopt);
    if (!answer.failures.empty()) {
      taken_in_part(item, answer);
    } else if (answer.outcome == Outcome::delivered) {
      delivered(item);
    }
  }
  for (Item& item : items_) item.request.reset();
  in_flight_ = 0;
  counters_.in_flight.set(0);
  for (Items::iterator item = items_.begin(); item != items_.end();) {
    const Items::iterator next = std::next(item);
    if (!item->stored) settle(item, Verdict::undelivered);
    item = next;
  }
  items_.clear();
  if (spool_) spool_->close();
}

}  // namespace penstock
