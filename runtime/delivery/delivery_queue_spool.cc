// What a delivery queue does with its spool: which packages are stored, and which are taken back.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/base/units.h"
#include "runtime/delivery/delivery_queue.h"
#include "runtime/delivery/spool_file.h"

namespace penstock {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds read_again_after = 5s;

bool older(const Spooled& a, const Spooled& b) { return a.name.key < b.name.key; }

}  // namespace

void DeliveryQueue::on_found(std::vector<Spooled> found) {
  std::uint64_t events = 0;
  for (const Spooled& file : found) events += file.name.events;
  counters_.recovered.add(events);
  counters_.spooled_events.add(events);
  back_on_disk(std::move(found));
  pump();
}

// Requires them in order.
void DeliveryQueue::back_on_disk(std::vector<Spooled> files) {
  std::vector<Spooled> all(on_disk_.size() + files.size());
  std::merge(files.begin(), files.end(), on_disk_.begin(), on_disk_.end(), all.begin(), older);
  on_disk_.assign(all.begin(), all.end());
}

void DeliveryQueue::store_packages() {
  while (spool_->may_write()) {
    const Items::iterator item = next_to_store();
    if (item == items_.end()) return;
    if (!spool_->has_room(*item->package)) {
      if (!std::exchange(spool_full_told_, true))
        tell(fmt::format("its spool of {} is full; {}", human_bytes(options_.spool_bytes_max),
                         options_.on_full == OnFull::drop ? "when memory is full too, newest events are dropped" : "when memory is full too, sources wait"));
      return;
    }
    if (spool_full_told_ && spool_->has_slack()) spool_full_told_ = false;
    store(item);
  }
}

DeliveryQueue::Items::iterator DeliveryQueue::next_to_store() {
  if (unstored_ == 0) return items_.end();
  if (options_.ordered) return next_in_order();
  // As long as all is well, only those can be that failed, which are among the oldest.
  constexpr std::ptrdiff_t failed_among = 64;
  const bool any = options_.disk || destination_.in_trouble() || end_ != End::none || std::ssize(items_) <= failed_among;
  const Items::iterator end = any ? items_.end() : std::next(items_.begin(), failed_among);
  const Items::iterator oldest = std::find_if(items_.begin(), end, [this](const Item& item) { return is_to_be_stored(item); });
  if (oldest != end) return oldest;
  if (bytes_ - bytes_writing_ < options_.memory_bytes_max / 2) return items_.end();
  // Too much for memory: the newest, for the oldest are about to be sent.
  for (Items::iterator item = items_.end(); item != items_.begin();) {
    --item;
    if (item->waits() && !item->stored) return item;
  }
  return items_.end();
}

// The oldest, when it is to be stored; the others wait for it. Were a later one on disk and not this one, a crash would have the
// later one sent first.
DeliveryQueue::Items::iterator DeliveryQueue::next_in_order() {
  if (bytes_writing_ != 0) return items_.end();
  const Items::iterator oldest = std::find_if(items_.begin(), items_.end(), [](const Item& item) { return !item.stored; });
  if (oldest == items_.end() || oldest->answer) return items_.end();
  return wants_disk(*oldest) || bytes_ >= options_.memory_bytes_max / 2 ? oldest : items_.end();
}

bool DeliveryQueue::is_to_be_stored(const Item& item) const {
  if (item.stored || item.writing || !item.package) return false;
  if (item.request) return end_ >= End::storing_all && !item.answer;
  return wants_disk(item);
}

bool DeliveryQueue::wants_disk(const Item& item) const {
  if (options_.disk || destination_.in_trouble() || end_ >= End::storing_all) return true;
  const std::uint32_t failures = item.package->attempts;
  return failures >= options_.breaker_failures || (end_ != End::none && failures != 0);
}

void DeliveryQueue::store(Items::iterator item) {
  item->writing = true;
  bytes_writing_ += item->bytes;
  spool_->write({item->key, item->package->events()}, item->package, [this, item](Status status) { on_stored(item, std::move(status)); });
}

void DeliveryQueue::on_stored(Items::iterator item, Status status) {
  item->writing = false;
  bytes_writing_ -= item->bytes;
  std::vector<Ack> acks;
  if (status.ok()) {
    const std::uint32_t events = item->package->events();
    forget_memory(*item);
    item->stored = std::make_shared<Stored>(Stored{{{item->key, events}, spool_file_bytes(*item->package)}, events});
    item->leftover = false;
    ++loaded_;
    counters_.queued_events.subtract(events);
    counters_.spooled_events.add(events);
    acks = std::move(item->acks);
    if (!item->request && !worth_keeping(*item)) leave_on_disk(item);
  } else {
    item->leftover = true;
  }
  if (!answered_.empty() && !answers_call_) {
    answers_call_ = environment_.scheduler.after(Milliseconds{0}, [this] {
      answers_call_.reset();
      look_at_answers();
    });
  }
  for (Ack& ack : acks) ack.settle(Verdict::spooled);
  note_room();
  if (!closed_) pump();
}

// In memory too, because it is about to be sent.
bool DeliveryQueue::worth_keeping(const Item& item) const {
  return works_off_spool() && loaded_ <= loaded_max() && (on_disk_.empty() || item.key < on_disk_.front().name.key);
}

void DeliveryQueue::leave_on_disk(Items::iterator item) {
  const Spooled file = item->stored->file;
  on_disk_.insert(std::upper_bound(on_disk_.begin(), on_disk_.end(), file, older), file);
  --loaded_;
  items_.erase(item);
}

void DeliveryQueue::load_packages() {
  while (works_off_spool() && !(options_.ordered && read_later_) && !on_disk_.empty()) {
    // One that all others wait for is read in any case.
    const bool is_next = options_.ordered && (items_.empty() || on_disk_.front().name.key < items_.front().key);
    if (loaded_ >= loaded_max() && !is_next) return;
    const Spooled file = on_disk_.front();
    on_disk_.pop_front();
    load(file);
  }
}

DeliveryQueue::Items::iterator DeliveryQueue::load(const Spooled& file) {
  const Items::iterator before = std::find_if(items_.begin(), items_.end(), [&](const Item& item) { return file.name.key < item.key; });
  Item read;
  read.key = file.name.key;
  read.stored = std::make_shared<Stored>(Stored{file, file.name.events});
  const Items::iterator item = items_.insert(before, std::move(read));
  ++loaded_;
  spool_->read(file, [this, item](Result<Package> package) { on_loaded(item, std::move(package)); });
  return item;
}

// Of a spool that is worked off packages are read ahead of their requests; while others wait in memory, both get their share.
std::size_t DeliveryQueue::loaded_max() const {
  const auto limit = static_cast<std::size_t>(destination_.limit());
  if (options_.ordered) return 2;
  return unstored_ == 0 ? limit + 1 : std::max<std::size_t>(limit / 2, 1);
}

void DeliveryQueue::on_loaded(Items::iterator item, Result<Package> package) {
  if (package.ok()) {
    if (unreadable_.empty() && (item->read_again || (options_.ordered && item == items_.begin()))) unreadable_told_ = false;
    item->package = std::make_shared<Package>(std::move(package).value());
    if (item->read_again) {  // what was wrong may be over for all
      std::vector<Spooled> files(unreadable_.begin(), unreadable_.end());
      unreadable_.clear();
      std::sort(files.begin(), files.end(), older);
      back_on_disk(std::move(files));
    }
  } else if (const Code code = package.status().code(); code == Code::corrupt || code == Code::unsupported || code == Code::not_found) {
    lose(item, package.status().text());
  } else {
    read_again_later(item, package.status().text());
  }
  pump();
}

// The disk, or what the process may use, may come to itself.
void DeliveryQueue::read_again_later(Items::iterator item, const std::string& why) {
  if (!std::exchange(unreadable_told_, true)) tell("a spooled package cannot be read; trying again: " + why);
  if (options_.ordered) {
    leave_on_disk(item);
  } else {
    unreadable_.push_back(item->stored->file);
    --loaded_;
    items_.erase(item);
  }
  if (!read_later_) read_later_ = environment_.scheduler.after(read_again_after, [this] { read_again(); });
}

// One of them: when it can be read now, so perhaps can the others.
void DeliveryQueue::read_again() {
  read_later_.reset();
  if (!unreadable_.empty() && works_off_spool()) {
    const Spooled file = unreadable_.front();
    unreadable_.pop_front();
    load(file)->read_again = true;
  }
  if (!unreadable_.empty()) read_later_ = environment_.scheduler.after(read_again_after, [this] { read_again(); });
  pump();
}

void DeliveryQueue::settle_stored(Item& item, Verdict verdict, std::uint32_t events) {
  counters_.spooled_events.subtract(events);
  if (verdict == Verdict::dead_lettered) counters_.late_dead_lettered.add(events);
  if (verdict == Verdict::dropped) counters_.late_dropped.add(events);
  item.stored->events_left -= events;
  if (item.stored->events_left == 0) spool_->remove(item.stored->file);
}

// Its bytes are damaged: its events count as dropped, and by themselves as lost.
void DeliveryQueue::lose(Items::iterator item, const std::string& why) {
  const Spooled file = item->stored->file;
  counters_.spooled_events.subtract(file.name.events);
  counters_.dropped.add(file.name.events);
  counters_.late_dropped.add(file.name.events);
  counters_.lost_events.add(file.name.events);
  --loaded_;
  items_.erase(item);
  spool_->set_aside(file, why);
}

}  // namespace penstock
