#include "bindings/object/object_catalog.h"

#include <algorithm>
#include <charconv>

namespace penstock::object {

namespace {

// Checkpoint.stream: `list` for floor and pass, `key KEY` for an object.
constexpr std::string_view list_stream = "list";
constexpr std::string_view key_prefix = "key ";

using Time = ObjectCatalog::Time;

// Checkpoints have no more, so nothing else may.
Time whole_seconds(Time time) { return std::chrono::floor<std::chrono::seconds>(time); }

std::string to_seconds(Time time) { return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count()); }

Time from_seconds(const std::string& text) {
  std::int64_t seconds = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), seconds);
  return Time(std::chrono::seconds(seconds));
}

std::string detail(const Checkpoint& checkpoint, const std::string& name) {
  const auto found = checkpoint.details.find(name);
  return found == checkpoint.details.end() ? "" : found->second;
}

}  // namespace

void ObjectCatalog::load(CheckpointStore* store, const std::string& pipeline, const std::string& source) {
  const std::lock_guard lock(mutex_);
  if (loaded_) return;
  loaded_ = true;
  store_ = store;
  pipeline_ = pipeline;
  source_ = source;
  if (!store_) return;
  for (const Checkpoint& checkpoint : store_->list(pipeline_, source_)) {
    if (checkpoint.stream == list_stream) {
      load_list(checkpoint);
    } else if (checkpoint.stream.starts_with(key_prefix)) {
      load_record(checkpoint);
    }
  }
}

void ObjectCatalog::load_list(const Checkpoint& checkpoint) {
  if (detail(checkpoint, "selection") != options_.selection) return;
  floor_ = from_seconds(detail(checkpoint, "floor"));
  if (const std::string until = detail(checkpoint, "until"); !until.empty()) pass_ = Pass{from_seconds(until), detail(checkpoint, "before"), false};
}

void ObjectCatalog::load_record(const Checkpoint& checkpoint) {
  const std::string key = checkpoint.stream.substr(key_prefix.size());
  if (checkpoint.name != options_.place + key) return store_->forget(pipeline_, source_, checkpoint.stream);  // another bucket's
  const bool done = detail(checkpoint, "done") == "1";
  known_[key] = {detail(checkpoint, "etag"), from_seconds(detail(checkpoint, "modified")), 0, checkpoint.position, done ? State::done : State::left};
  if (!done) unread_.insert(key);
}

void ObjectCatalog::put_record(const std::string& key, const Known& known) {
  if (!store_) return;
  Checkpoint checkpoint{pipeline_, source_, std::string(key_prefix) + key, options_.place + key, known.position, {}};
  checkpoint.details["etag"] = known.etag;
  checkpoint.details["modified"] = to_seconds(known.modified);
  if (known.state == State::done) checkpoint.details["done"] = "1";
  store_->put(std::move(checkpoint));
}

void ObjectCatalog::put_list() {
  if (!store_) return;
  Checkpoint checkpoint{pipeline_, source_, std::string(list_stream), options_.place, 0, {}};
  checkpoint.details["selection"] = options_.selection;
  checkpoint.details["floor"] = to_seconds(floor_);
  if (pass_) {
    checkpoint.details["until"] = to_seconds(pass_->until);
    checkpoint.details["before"] = pass_->before;
  }
  store_->put(std::move(checkpoint));
}

void ObjectCatalog::forget(std::map<std::string, Known>::iterator at) {
  if (store_) store_->forget(pipeline_, source_, std::string(key_prefix) + at->first);
  unread_.erase(at->first);
  known_.erase(at);
}

void ObjectCatalog::begin_walk(Time server_now, bool whole) {
  const std::lock_guard lock(mutex_);
  whole_walk_ = whole;
  walk_began_ = whole_seconds(server_now);
  out_of_order_ = false;
  last_key_.clear();
  walks_pass_ = whole && !(pass_ && pass_->listed);
  if (!whole || pass_) return;
  pass_ = Pass{std::max(floor_, whole_seconds(server_now - options_.lookback)), "", false};
  put_list();
}

bool ObjectCatalog::covered(const ListedObject& object) const {
  if (object.modified < floor_) return true;
  // What comes out of order in the pass's own walk has not been looked at when the walk came by its place.
  const bool passed = pass_ && object.modified < pass_->until && object.key < pass_->before;
  return passed && !(walks_pass_ && out_of_order_);
}

bool ObjectCatalog::offer(const ListedObject& object) {
  const std::lock_guard lock(mutex_);
  if (object.key < last_key_) out_of_order_ = true;
  last_key_ = object.key;
  const auto found = known_.find(object.key);
  if (found == known_.end()) {
    if (covered(object)) return false;
    wait(object, 0);
    return true;
  }
  Known& known = found->second;
  const bool same = known.etag == object.etag;
  switch (known.state) {
    case State::left:
      if (!same) lost_.push_back({object.key, true});
      wait(object, same ? known.position : 0);
      return true;
    case State::waiting:
      waiting_bytes_ += object.size - known.size;
      known = {object.etag, object.modified, object.size, same ? known.position : 0, State::waiting};
      return true;
    case State::reading: return true;  // whoever reads it sees what becomes of it
    case State::done: break;
  }
  if (!same) wait(object, 0);
  return !same || object.modified >= (pass_ ? pass_->until : floor_);
}

void ObjectCatalog::wait(const ListedObject& object, std::uint64_t position) {
  known_[object.key] = {object.etag, object.modified, object.size, position, State::waiting};
  unread_.insert(object.key);
  queue_.push_back(object.key);
  waiting_bytes_ += object.size;
  if (known_.size() > cut_at_) cut_lookback();
}

// The older half of the records is given up: the pass goes on to what is younger. Never past the beginning of the walk that has
// seen everything below: what came since then may lie where it had already been.
void ObjectCatalog::cut_lookback() {
  cut_at_ = std::max(options_.known_max, known_.size() + options_.known_max / 10);
  std::vector<Time> times;
  for (const auto& [key, known] : known_) {
    if (known.state == State::done) times.push_back(known.modified);
  }
  if (times.empty()) return;
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  const Time until = std::min(*middle + std::chrono::seconds(1), walks_pass_ ? walk_began_ : seen_until_);
  if (!pass_) pass_ = Pass{floor_, "", true};
  if (until <= pass_->until) return;
  pass_->until = until;
  pass_->before.clear();  // so that all records below are looked at
  overflowed_ = true;
  move_before();
  cut_at_ = std::max(options_.known_max, known_.size() + options_.known_max / 10);
}

std::vector<ObjectCatalog::Lost> ObjectCatalog::take_lost() {
  const std::lock_guard lock(mutex_);
  return std::exchange(lost_, {});
}

bool ObjectCatalog::take_overflow() {
  const std::lock_guard lock(mutex_);
  return std::exchange(overflowed_, false);
}

bool ObjectCatalog::has_room() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() < waiting_max;
}

void ObjectCatalog::end_walk() {
  const std::lock_guard lock(mutex_);
  if (!whole_walk_) return;
  walked_ = true;
  seen_until_ = walk_began_;
  if (walks_pass_) pass_->listed = true;
  walks_pass_ = false;
  for (auto key = unread_.begin(); key != unread_.end();) {
    const auto at = known_.find(*key++);
    if (at->second.state != State::left) continue;
    lost_.push_back({at->first, false});
    forget(at);
  }
}

std::optional<ObjectTask> ObjectCatalog::take(int worker) {
  const std::lock_guard lock(mutex_);
  std::size_t& open = open_[static_cast<std::size_t>(worker)];
  if (queue_.empty() || open > *std::min_element(open_.begin(), open_.end())) return std::nullopt;
  const std::string key = std::move(queue_.front());
  queue_.pop_front();
  Known& known = known_.at(key);
  known.state = State::reading;
  waiting_bytes_ -= known.size;
  ++open;
  return ObjectTask{{key, known.etag, known.size, known.modified}, known.position};
}

void ObjectCatalog::rest(int worker) {
  const std::lock_guard lock(mutex_);
  --open_[static_cast<std::size_t>(worker)];
}

void ObjectCatalog::acked(const std::string& key, std::uint64_t position) {
  const std::lock_guard lock(mutex_);
  Known& known = known_.at(key);
  known.position = position;
  put_record(key, known);
}

void ObjectCatalog::done(const std::string& key, std::uint64_t position) {
  const std::lock_guard lock(mutex_);
  const auto at = known_.find(key);
  at->second.state = State::done;
  at->second.position = position;
  unread_.erase(key);
  put_record(key, at->second);
}

void ObjectCatalog::replaced(const std::string& key) {
  const std::lock_guard lock(mutex_);
  known_.at(key).position = 0;
}

void ObjectCatalog::identified(const ListedObject& object) {
  const std::lock_guard lock(mutex_);
  Known& known = known_.at(object.key);
  if (known.modified == object.modified && known.size == object.size) return;
  known.etag = object.etag;
  known.size = object.size;
  known.modified = std::max(known.modified, object.modified);
}

void ObjectCatalog::gone(const std::string& key) {
  const std::lock_guard lock(mutex_);
  forget(known_.find(key));
}

void ObjectCatalog::advance() {
  const std::lock_guard lock(mutex_);
  if (!pass_) return;
  move_before();
  const auto old = [this](const std::string& key) { return known_.at(key).modified < pass_->until; };
  if (pass_->listed && std::none_of(unread_.begin(), unread_.end(), old)) end_pass();
}

// Up to the first object of the pass that is not read, and no further than its walk has come.
void ObjectCatalog::move_before() {
  std::string before = pass_->listed ? (known_.empty() ? pass_->before : known_.rbegin()->first) : last_key_;
  if (!pass_->listed && (!walks_pass_ || out_of_order_)) return;
  for (const std::string& key : unread_) {
    if (key >= before) break;
    if (known_.at(key).modified >= pass_->until) continue;
    before = key;
    break;
  }
  if (before <= pass_->before) return;
  for (auto at = known_.lower_bound(pass_->before); at != known_.end() && at->first < before;) {
    const auto record = at++;
    if (record->second.state == State::done && record->second.modified < pass_->until) forget(record);
  }
  pass_->before = before;
  put_list();
}

void ObjectCatalog::end_pass() {
  floor_ = pass_->until;
  pass_.reset();
  put_list();
  for (auto at = known_.begin(); at != known_.end();) {
    const auto record = at++;
    if (record->second.state == State::done && record->second.modified < floor_) forget(record);
  }
}

bool ObjectCatalog::exhausted() const {
  const std::lock_guard lock(mutex_);
  return walked_ && queue_.empty();
}

void ObjectCatalog::give_up() {
  const std::lock_guard lock(mutex_);
  walked_ = true;
  queue_.clear();
  waiting_bytes_ = 0;
}

ObjectCatalog::Waiting ObjectCatalog::waiting() const {
  const std::lock_guard lock(mutex_);
  return {queue_.size(), waiting_bytes_};
}

std::size_t ObjectCatalog::unread() const {
  const std::lock_guard lock(mutex_);
  return unread_.size();
}

std::size_t ObjectCatalog::records() const {
  const std::lock_guard lock(mutex_);
  return known_.size();
}

}  // namespace penstock::object
