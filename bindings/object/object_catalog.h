// What a source knows of a bucket's objects: which are read, which are to be read, and how far.
//
// An object is one version of a key: key and ETag. The list of a bucket is walked in the order of its keys again and again, and every
// object that is not known as read is taken. A mark "everything up to this key" would not do: several writers, or hosts in the
// keys, put new objects before it. So what is remembered goes by time, and is bounded:
//
//   floor    objects last modified before it are all read
//   pass     while a first or later walk works its way up to a new floor: objects modified before `pass.until` are read up to the
//            key `pass.before`. When that walk has seen the whole list and all of them are read, `until` is the floor
//   records  every other object that is read, by key and ETag; and those half read, with the position that is acked
//
// A pass goes up to `lookback` before the moment of its walk, so records are kept for objects younger than `lookback` and for
// those that were read out of order. An object may appear as much later than its time stamp says (at AWS, one uploaded in parts
// has the time when its upload began, a replica that of its original); later still, it is not seen.
#pragma once
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bindings/object/store_xml.h"
#include "runtime/delivery/checkpoint.h"

namespace penstock::object {

// An object to be read.
struct ObjectTask {
  ListedObject object;         // ETag empty: whatever is there now
  std::uint64_t position = 0;  // decoded bytes that an earlier run has delivered
};

// Shared by the workers of a source, and guarded for them. Memory: about 200 bytes and the key for each record, at most
// known_max of them.
class ObjectCatalog {
 public:
  using Time = std::chrono::system_clock::time_point;
  // Objects that wait to be read; the walk stops for them.
  static constexpr std::size_t waiting_max = 10'000;

  struct Options {
    std::string place;      // of the records: `s3://BUCKET/`
    std::string selection;  // what of it is read: prefix, patterns; another one begins with no floor
    std::chrono::milliseconds lookback{0};
    int workers = 1;
    std::size_t known_max = 1'000'000;  // beyond it, the lookback is cut short
  };
  explicit ObjectCatalog(Options options)
      : options_(std::move(options)), open_(static_cast<std::size_t>(options_.workers), 0), cut_at_(options_.known_max) {}

  // Reads the checkpoints, once for all workers. `store`: null when none are kept; outlives its use.
  void load(CheckpointStore* store, const std::string& pipeline, const std::string& source);

  // A walk. `whole`: over all keys; others leave out stretches where nothing is new.
  void begin_walk(Time server_now, bool whole);
  // The next object of the walk. False: it is read, and below floor or pass, so that its place in the list is quiet.
  bool offer(const ListedObject& object);
  bool has_room() const;
  // The walk came to the end of the list.
  void end_walk();
  // Objects that an earlier run left half read, and whose rest cannot be had: told once. Those that are gone are known after
  // a whole walk.
  struct Lost {
    std::string key;
    bool overwritten = false;  // else it is gone
  };
  std::vector<Lost> take_lost();
  // The lookback was cut short since the last call.
  bool take_overflow();

  // The next object for this worker; nothing when there is none, or another worker has fewer open.
  std::optional<ObjectTask> take(int worker);
  // The worker has no more to read of an object that it took.
  void rest(int worker);
  // Everything of the object up to the position is acked.
  void acked(const std::string& key, std::uint64_t position);
  // All of it is: so many bytes.
  void done(const std::string& key, std::uint64_t position);
  // It has been overwritten: what was read is another one's.
  void replaced(const std::string& key);
  // The version that is read instead. One of the same time and size is what the list shows, whatever ETag it gives there.
  void identified(const ListedObject& object);
  // It is not there any more.
  void gone(const std::string& key);

  // Moves floor and pass up to where everything is read, and forgets records below. To be called now and then, and at the end.
  void advance();

  // A whole walk has ended, and nothing waits.
  bool exhausted() const;
  // No walk will come: for the other workers of a run whose list cannot be had.
  void give_up();

  struct Waiting {
    std::size_t objects = 0;
    std::uint64_t bytes = 0;
  };
  Waiting waiting() const;
  // Objects that are known and not wholly acked: those that wait, that are read, and that an earlier run has left half read.
  std::size_t unread() const;
  std::size_t records() const;

 private:
  enum class State : std::uint8_t {
    left,     // an earlier run has read some of it
    waiting,
    reading,
    done,
  };
  struct Known {
    std::string etag;
    Time modified;
    std::uint64_t size = 0;
    std::uint64_t position = 0;
    State state = State::waiting;
  };
  struct Pass {
    Time until;
    std::string before;   // exclusive
    bool listed = false;  // its walk has ended
  };

  bool covered(const ListedObject& object) const;
  void load_record(const Checkpoint& checkpoint);
  void load_list(const Checkpoint& checkpoint);
  void put_record(const std::string& key, const Known& known);
  void put_list();
  void forget(std::map<std::string, Known>::iterator at);
  void wait(const ListedObject& object, std::uint64_t position);
  void cut_lookback();
  void move_before();
  void end_pass();

  const Options options_;
  mutable std::mutex mutex_;  // guards what follows
  bool loaded_ = false;
  CheckpointStore* store_ = nullptr;
  std::string pipeline_, source_;
  std::map<std::string, Known> known_;  // by key
  std::set<std::string> unread_;        // keys in known_ that are not done
  std::deque<std::string> queue_;       // keys that wait, in the order of the list
  std::uint64_t waiting_bytes_ = 0;
  std::vector<std::size_t> open_;       // objects that each worker reads
  Time floor_{};
  std::optional<Pass> pass_;
  bool walks_pass_ = false;             // this walk is the one that the pass needs
  bool whole_walk_ = false;
  bool out_of_order_ = false;           // the list is not sorted: no key says what is behind it
  Time walk_began_{};
  Time seen_until_{};                   // when the last whole walk that has ended began
  std::string last_key_;                // of the walk
  bool walked_ = false;                 // a whole walk has ended
  std::vector<Lost> lost_;
  std::size_t cut_at_;                  // records at which cut_lookback() is next worth its time
  bool overflowed_ = false;
};

}  // namespace penstock::object
