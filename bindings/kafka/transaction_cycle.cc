#include "bindings/kafka/transaction_cycle.h"

#include <algorithm>
#include <utility>

namespace penstock::kafka {

TransactionCycle::TransactionCycle(Scheduler& scheduler, TransactionalOutput& output, Hooks hooks, std::chrono::milliseconds interval)
    : scheduler_(scheduler), output_(output), hooks_(std::move(hooks)), interval_(interval) {
  output_.watch([this] {
    if (state_ == State::open) commit_soon();
  });
}

bool TransactionCycle::takes() {
  if (state_ == State::open) return !commit_wanted_;
  if (state_ != State::idle) return false;
  if (Status opened = open(); !opened.ok()) {
    hooks_.on_failure(opened);
    recover();
    return false;
  }
  return true;
}

Status TransactionCycle::open() {
  if (Status begun = output_.begin(); !begun.ok()) return begun;
  state_ = State::open;
  interval_end_ = scheduler_.after(interval_, [this] { commit_soon(); });
  return {};
}

void TransactionCycle::keep_positions() {
  positions_wanted_ = true;
  if (state_ == State::idle && takes()) commit_soon();
}

void TransactionCycle::commit_soon() {
  if (state_ == State::idle) return hooks_.on_committed();
  commit_wanted_ = true;
  if (state_ == State::recovering && again_) return recover();  // whoever waits does not wait for that
  try_commit();
}

void TransactionCycle::try_commit() {
  if (state_ != State::open || !commit_wanted_ || !hooks_.is_decoded()) return;
  state_ = State::committing;
  interval_end_.reset();
  positions_under_way_ = std::exchange(positions_wanted_, false);
  output_.commit(hooks_.positions(), hooks_.group(), [this](Status status) { on_commit_done(std::move(status)); });
}

void TransactionCycle::on_commit_done(Status status) {
  if (status.ok()) {
    failures_ = 0;
    return be_idle();
  }
  positions_wanted_ |= positions_under_way_;
  hooks_.on_failure(status);
  // The first may be over at once; what a person has to mend is not. It is aborted at once all the same, for readers wait for its end.
  const bool at_once = output_.has_learnt() || (++failures_ == 1 && status.code() != Code::invalid);
  constexpr int doublings_max = 4;
  pause_ = at_once ? std::chrono::milliseconds(0) : std::min(again_after * (1 << std::min(std::max(failures_ - 2, 0), doublings_max)), again_after_most);
  recover();
}

// While it is being committed, the group's generation decides whether the partition was still ours.
void TransactionCycle::on_partition_lost() {
  if (state_ == State::open) recover();
}

void TransactionCycle::recover() {
  state_ = State::recovering;
  interval_end_.reset();
  again_.reset();
  output_.recover([this](const Status& status) {
    if (!status.ok()) return try_again(status, &TransactionCycle::recover);
    const auto pause = std::exchange(pause_, std::chrono::milliseconds(0));
    pause.count() == 0 ? rewind() : call_later(pause, &TransactionCycle::rewind);
  });
}

void TransactionCycle::rewind() {
  hooks_.rewind([this](const Status& status) { status.ok() ? be_idle() : try_again(status, &TransactionCycle::rewind); });
}

void TransactionCycle::try_again(const Status& status, void (TransactionCycle::*step)()) {
  hooks_.on_failure(status);
  call_later(status.code() == Code::invalid ? again_after_most : again_after, step);
}

void TransactionCycle::call_later(std::chrono::milliseconds delay, void (TransactionCycle::*step)()) {
  again_ = scheduler_.after(delay, [this, step] {
    const std::unique_ptr<Scheduled> over = std::move(again_);
    (this->*step)();
  });
}

void TransactionCycle::be_idle() {
  state_ = State::idle;
  commit_wanted_ = false;
  hooks_.on_committed();
  if (state_ != State::idle) return;
  if (positions_wanted_) keep_positions();
  hooks_.on_ready();
}

}  // namespace penstock::kafka
