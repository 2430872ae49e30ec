// Looks for objects: walks over a bucket's list, page by page, and offers what it finds to the catalog.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bindings/object/object_catalog.h"
#include "bindings/object/object_source_options.h"
#include "bindings/object/object_store.h"
#include "bindings/object/quiet_stretches.h"
#include "runtime/delivery/retry_schedule.h"

namespace penstock::object {

// One for each source, on its worker 0. One page is under way at a time, and none while the catalog has no room.
//
// Whatever fails is tried again: what may pass with growing pauses, what a person has to mend at a slow beat.
class ObjectLister {
 public:
  static constexpr std::chrono::milliseconds room_interval{100};  // to look again whether the catalog has room
  static constexpr std::chrono::milliseconds mend_interval{30'000};
  static constexpr std::size_t page_bytes_max = 8 * 1024 * 1024;

  struct Events {
    std::function<void()> on_page;                    // something may have been found
    std::function<void(std::size_t keys)> on_walked;  // the list's end was reached, with so many keys
    // It failed. False: give up, and do not walk any more.
    std::function<bool(const Answer&)> on_failed;
  };
  // All of it outlives the lister.
  ObjectLister(Scheduler& scheduler, ObjectStore& store, ObjectCatalog& catalog, const ObjectSourceOptions& options, Events events);

  // Begins a walk now; with `follow`, others after it for ever.
  void start();

 private:
  using Milliseconds = std::chrono::milliseconds;
  void begin_walk();
  void next_page();
  void on_reply(ObjectReply reply);
  void take(const ListingPage& page);
  void jump();
  void failed(const Answer& answer);
  void end_walk();
  void later(Milliseconds delay, void (ObjectLister::*call)());
  ObjectCatalog::Time server_time(const http::Reply& reply) const;

  Scheduler& scheduler_;
  ObjectStore& store_;
  ObjectCatalog& catalog_;
  const ObjectSourceOptions& options_;
  Events events_;
  RetrySchedule schedule_;
  QuietStretches quiet_;
  bool whole_ = true;          // this walk is over all keys
  bool begun_ = false;         // its first page is here
  std::optional<Milliseconds> last_whole_;  // when one ended
  std::string token_;          // of the next page; empty: it begins behind after_
  std::string after_;
  std::size_t keys_ = 0;       // of this walk
  std::uint32_t failures_ = 0;
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<Scheduled> later_;
};

}  // namespace penstock::object
