// Exactly once, from Kafka to Kafka: what a worker reads, makes of it and writes, and where it goes on, in one transaction after
// another.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "bindings/kafka/assignment.h"
#include "bindings/kafka/handles.h"
#include "runtime/base/status.h"
#include "runtime/loop/scheduler.h"

namespace penstock::kafka {

// A worker's sink, as its source sees it. One worker's thread; calls come later, never from inside the asking.
class TransactionalOutput {
 public:
  // Code::invalid: a person has to mend something.
  using OnDone = std::function<void(Status)>;

  virtual ~TransactionalOutput() = default;
  // Calls `on_end_wanted` when the open transaction should be committed without waiting for more: it holds as much as it should, or has
  // failed already. Empty: nobody listens any more.
  virtual void watch(std::function<void()> on_end_wanted) = 0;
  // Brings it to where begin() may be called: at the start, and after anything failed. Whatever was taken since begin() is taken back
  // (Verdict::rewound), and what an earlier process left open under the same id is aborted. To be tried again when it fails.
  virtual void recover(OnDone call) = 0;
  // Opens a transaction.
  virtual Status begin() = 0;
  // Sends what lingers, waits until brokers have all of it, and commits it with these positions of the group. Ok: it was delivered
  // (Verdict::delivered), before `call`. Fails when something was not taken: recover() must follow.
  virtual void commit(const Positions& positions, GroupMetadata group, OnDone call) = 0;
  // What failed last has taught it what to leave out: trying again is not in vain.
  virtual bool has_learnt() const = 0;
};

// One worker's thread. A transaction is opened with the first message, and committed after `interval`, or when somebody waits for it:
//
//   recover -> rewind -> [idle] -> begin -> [open] -> commit -> [idle] ...
//      ^__________________________________________________|  failed
class TransactionCycle {
 public:
  // All but on_ready may be called from inside any call.
  struct Hooks {
    std::function<bool()> is_decoded;        // nothing that was given waits to be taken by the sink
    std::function<Positions()> positions;    // of every partition that is read, the next message
    std::function<GroupMetadata()> group;    // as it is now
    std::function<void(TransactionalOutput::OnDone)> rewind;  // read again from the positions that are committed
    std::function<void()> on_ready;          // messages may be given again
    std::function<void()> on_committed;      // nothing is open
    std::function<void(const Status&)> on_failure;
  };

  static constexpr std::chrono::milliseconds again_after{1000};
  // Transactions that fail one after another are opened ever more slowly, up to this.
  static constexpr std::chrono::milliseconds again_after_most{10'000};

  // All outlive it.
  TransactionCycle(Scheduler& scheduler, TransactionalOutput& output, Hooks hooks, std::chrono::milliseconds interval);
  ~TransactionCycle() { output_.watch({}); }
  TransactionCycle(const TransactionCycle&) = delete;
  TransactionCycle& operator=(const TransactionCycle&) = delete;

  void start() { recover(); }
  // Whether messages may be taken to be given: a transaction is open, or may be opened. False: on_ready follows.
  bool may_take() const { return state_ == State::idle || (state_ == State::open && !commit_wanted_); }
  // Whether messages may be given to the pipeline now; opens a transaction when none is. False: on_ready follows.
  bool takes();
  // Do not wait for the interval: a partition is to be handed over, or the run ends. on_committed follows, at once when nothing is open.
  void commit_soon();
  // The positions are worth a transaction of their own: where "latest" is now is to be known after a restart, whatever is read until then.
  void keep_positions();
  // Something that was held back has been decoded.
  void on_decoded() { try_commit(); }
  // A partition is gone, and what was made of its messages is in the open transaction: that cannot be committed.
  void on_partition_lost();
  // A transaction is open, is being committed, or cannot be opened yet.
  bool is_open() const { return state_ != State::idle; }

 private:
  enum class State : std::uint8_t { recovering, idle, open, committing };
  void try_commit();
  void on_commit_done(Status status);
  void recover();
  void rewind();
  void be_idle();
  Status open();
  void call_later(std::chrono::milliseconds delay, void (TransactionCycle::*step)());
  void try_again(const Status& status, void (TransactionCycle::*step)());

  Scheduler& scheduler_;
  TransactionalOutput& output_;
  const Hooks hooks_;
  const std::chrono::milliseconds interval_;
  State state_ = State::recovering;
  bool commit_wanted_ = false;
  bool positions_wanted_ = false;    // to be committed, with messages or without
  bool positions_under_way_ = false;  // the commit has them
  std::chrono::milliseconds pause_{0};  // before anything is read again
  int failures_ = 0;  // of commits, in a row
  std::unique_ptr<Scheduled> interval_end_;
  std::unique_ptr<Scheduled> again_;
};

}  // namespace penstock::kafka
