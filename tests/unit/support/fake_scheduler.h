// A Scheduler whose time stands still until a test moves it. Calls run on the test's thread, in the order of their due
// times, those of one time in the order they were asked for.
#pragma once
#include <algorithm>
#include <list>
#include <utility>
#include <vector>

#include "runtime/loop/scheduler.h"

namespace penstock::testing {

class FakeScheduler : public Scheduler {
 public:
  using Milliseconds = std::chrono::milliseconds;

  Milliseconds now() const override { return now_; }
  std::unique_ptr<Scheduled> after(Milliseconds delay, std::function<void()> call) override {
    return add({Kind::timer, now_ + delay, Milliseconds{0}, std::move(call), {}, -1});
  }
  std::unique_ptr<Scheduled> every(Milliseconds interval, std::function<void()> call) override {
    return add({Kind::timer, now_ + interval, interval, std::move(call), {}, -1});
  }
  std::unique_ptr<Scheduled> repeatedly(std::function<void()> call) override {
    return add({Kind::repeated, {}, {}, std::move(call), {}, -1});
  }
  std::unique_ptr<Scheduled> on_change(const std::string& directory, std::function<void()> call) override {
    return add({Kind::change, {}, {}, std::move(call), directory, -1});
  }
  std::unique_ptr<Scheduled> on_readable(int fd, std::function<void()> call) override {
    return add({Kind::readable, {}, {}, std::move(call), {}, fd});
  }

  // A watch whose readiness a test gives with ready(); it is called only for what it wants.
  std::unique_ptr<DescriptorWatch> watch(int fd, std::function<void(Readiness)> call) override {
    auto watch = std::make_unique<Watch>(*this, fd, std::move(call));
    watches_.push_back(watch.get());
    return watch;
  }
  // Background work waits until a test calls finish_work().
  std::unique_ptr<Scheduled> in_background(std::function<void()> work, std::function<void()> done) override {
    return add({Kind::work, {}, {}, [work = std::move(work), done = std::move(done)] {
      work();
      done();
    }, {}, -1});
  }
  // Runs the background work asked for so far, in order. Returns how much there was.
  int finish_work() {
    return run([](const Entry& e) { return e.kind == Kind::work; });
  }
  // Tells the watch of `fd` that it is ready. Returns whether one wanted it.
  bool ready(int fd, Readiness readiness) {
    for (Watch* watch : watches_) {
      if (watch->fd != fd) continue;
      const Readiness wanted{readiness.readable && watch->wanted.readable, readiness.writable && watch->wanted.writable};
      if (!wanted.readable && !wanted.writable) return false;
      const std::function<void(Readiness)> copy = watch->call;
      copy(wanted);
      return true;
    }
    return false;
  }

  // Moves the time on, running every timer that comes due on the way (also those that the calls ask for).
  void advance(Milliseconds by) {
    const Milliseconds until = now_ + by;
    while (Entry* next = earliest(until)) {
      now_ = std::max(now_, next->due);
      if (next->interval.count() > 0) {
        next->due += next->interval;
        call(*next);
      } else {
        next->dead = true;
        call(*next);
      }
    }
    now_ = until;
  }
  // One turn of the loop: every `repeatedly` call once. Returns how many there were.
  int turn() {
    return run([](const Entry& e) { return e.kind == Kind::repeated; });
  }
  // Runs turns until no `repeatedly` call is left, at most `turns_max`. Returns whether it came to rest.
  bool settle(int turns_max = 100000) {
    for (int i = 0; i < turns_max; ++i) {
      if (turn() == 0) return true;
    }
    return false;
  }
  // Something changed below `directory`.
  int change(const std::string& directory) {
    return run([&](const Entry& e) { return e.kind == Kind::change && e.directory == directory; });
  }
  int readable(int fd) {
    return run([&](const Entry& e) { return e.kind == Kind::readable && e.fd == fd; });
  }

  // Timers that are waiting.
  std::size_t timers() const {
    return static_cast<std::size_t>(
        std::count_if(entries_->begin(), entries_->end(), [](const Entry& e) { return e.kind == Kind::timer && !e.dead; }));
  }
  // Whether a `repeatedly` call is asked for.
  bool busy() const {
    return std::any_of(entries_->begin(), entries_->end(), [](const Entry& e) { return e.kind == Kind::repeated && !e.dead; });
  }

 private:
  enum class Kind { timer, repeated, change, readable, work };
  struct Entry {
    Kind kind;
    Milliseconds due;
    Milliseconds interval;  // 0: once
    std::function<void()> call;
    std::string directory;
    int fd;
    bool dead = false;   // cancelled, or has run
    bool owned = true;   // its Scheduled lives: keeps its place in the list
  };
  using Entries = std::list<Entry>;

  struct Watch : DescriptorWatch {
    Watch(FakeScheduler& scheduler, int descriptor, std::function<void(Readiness)> to_call)
        : owner(scheduler), fd(descriptor), call(std::move(to_call)) {}
    ~Watch() override { std::erase(owner.watches_, this); }
    void want(Readiness readiness) override { wanted = readiness; }
    FakeScheduler& owner;
    int fd;
    std::function<void(Readiness)> call;
    Readiness wanted;
  };

  struct Handle : Scheduled {
    Handle(std::shared_ptr<Entries> e, Entry& mine) : entries(std::move(e)), entry(&mine) {}
    ~Handle() override {
      entry->dead = true;
      entry->owned = false;
    }
    std::shared_ptr<Entries> entries;
    Entry* entry;
  };

  std::unique_ptr<Scheduled> add(Entry entry) {
    sweep();
    entries_->push_back(std::move(entry));
    return std::make_unique<Handle>(entries_, entries_->back());
  }

  Entry* earliest(Milliseconds until) {
    Entry* found = nullptr;
    for (Entry& e : *entries_) {
      if (e.kind != Kind::timer || e.dead || e.due > until) continue;
      if (!found || e.due < found->due) found = &e;
    }
    return found;
  }

  template <class Wanted>
  int run(Wanted wanted) {
    std::vector<Entry*> chosen;
    for (Entry& e : *entries_) {
      if (!e.dead && wanted(e)) chosen.push_back(&e);
    }
    int count = 0;
    for (Entry* e : chosen) {
      if (e->dead) continue;
      if (e->kind == Kind::work) e->dead = true;
      call(*e);
      ++count;
    }
    sweep();
    return count;
  }

  // The call may cancel itself, so it runs from a copy.
  void call(Entry& entry) {
    const std::function<void()> copy = entry.call;
    ++running_;
    copy();
    --running_;
  }

  void sweep() {
    if (running_ == 0) entries_->remove_if([](const Entry& e) { return e.dead && !e.owned; });
  }

  Milliseconds now_{0};
  int running_ = 0;
  std::vector<Watch*> watches_;
  std::shared_ptr<Entries> entries_ = std::make_shared<Entries>();
};

}  // namespace penstock::testing
