#include "runtime/main/replacement.h"

#include <utility>

namespace penstock {

Replacement::Replacement(Loop& main, std::unique_ptr<RunningPipeline> old, std::unique_ptr<RunningPipeline> next, Remake remake, OnClosed on_closed,
                         std::function<void(Outcome)> finished)
    : main_(main),
      old_(std::move(old)),
      next_(std::move(next)),
      remake_(std::move(remake)),
      on_closed_(std::move(on_closed)),
      finished_(std::move(finished)) {
  call_ = main_.after(std::chrono::milliseconds(0), [this] { begin(); });
}

void Replacement::begin() {
  if (!old_ && !next_) return settle(nullptr, "");  // it never started and is not wanted any more
  if (!next_) return retire_old([this] { settle(nullptr, ""); });
  if (!old_) return bring_up([this](Status failure) { settle(nullptr, failure.text()); });
  if (may_overlap()) return overlap();
  if (exclusive()) return open_again_after_old();
  stand_ready();
}

bool Replacement::may_overlap() const { return !exclusive() && old_->plan().overlaps() && next_->plan().overlaps(); }

bool Replacement::exclusive() const {
  // Two writers of one dead letter file would rotate it under one another.
  return old_->letters() != next_->letters() || old_->plan().exclusive() || next_->plan().exclusive();
}

void Replacement::overlap() {
  const auto old_goes_on = [this](Status failure) { settle(std::move(old_), failure.text()); };
  const auto started = [this] { retire_old([this] { settle(std::move(next_), ""); }); };
  open_next([this, started, old_goes_on] { start_next(started, old_goes_on); }, [this](Status) { open_again_after_old(); });
}

void Replacement::stand_ready() {
  const auto take_over = [this] {
    retire_old([this] { start_next([this] { settle(std::move(next_), ""); }, [this](Status failure) { put_back(failure.text()); }); });
  };
  open_next(take_over, [this](Status) { open_again_after_old(); });
}

// What the next run's sinks need may be what the old one's hold: an output file in another format, a spool.
void Replacement::open_again_after_old() {
  retire_old([this] { bring_up([this](Status failure) { put_back(failure.text()); }); });
}

void Replacement::retire_old(Then then) {
  if (abandoned_) return;
  after_drain_ = std::move(then);
  old_->drain();
  drain_timer_ = main_.after(drain_time_max, [this] { close_old(); });
  on_run_done();
}

void Replacement::on_run_done() {
  if (after_drain_ && old_->done()) close_old();
}

void Replacement::close_old() {
  if (!after_drain_) return;
  drain_timer_.reset();
  old_->close([this, then = std::exchange(after_drain_, nullptr)] {
    on_closed_(*old_);
    if (!abandoned_) then();
  });
}

// A run that failed to open is closed; `failed` finds a fresh one in next_, unless it cannot be made again.
void Replacement::open_next(Then then, RunningPipeline::Answer failed) {
  if (abandoned_) return;
  next_->open([this, then = std::move(then), failed = std::move(failed)](Status opened) {
    if (abandoned_) return;
    if (opened.ok()) return then();
    auto failure = std::make_shared<Status>(std::move(opened));
    discard_next([failure, failed] { failed(std::move(*failure)); });
  });
}

void Replacement::start_next(Then then, RunningPipeline::Answer failed) {
  if (abandoned_) return;
  next_->start([this, then = std::move(then), failed = std::move(failed)](Status started) {
    if (abandoned_) return;
    if (started.ok()) return then();
    auto failure = std::make_shared<Status>(std::move(started));
    discard_next([failure, failed] { failed(std::move(*failure)); });
  });
}

void Replacement::bring_up(RunningPipeline::Answer failed) {
  if (!next_) return failed(Status(Code::invalid, "it does not compile any more"));
  open_next([this, failed] { start_next([this] { settle(std::move(next_), ""); }, failed); }, failed);
}

void Replacement::discard_next(Then then) {
  next_->close([this, then = std::move(then)] {
    on_closed_(*next_);
    next_ = remake_(*next_);
    if (!abandoned_) then();
  });
}

void Replacement::put_back(std::string failure) {
  next_ = remake_(*old_);
  if (!next_) return settle(nullptr, failure);
  const auto back = [this, failure] { settle(std::move(next_), failure); };
  const auto lost = [this, failure](Status again) { settle(nullptr, failure + "; nor can the old one go on: " + again.text()); };
  open_next([this, back, lost] { start_next(back, lost); }, lost);
}

void Replacement::settle(std::unique_ptr<RunningPipeline> running, std::string failure) {
  // Not from inside a run's own call.
  result_ = std::move(running);
  failure_ = std::move(failure);
  call_ = main_.after(std::chrono::milliseconds(0), [this] { finished_({std::move(result_), std::move(failure_)}); });
}

void Replacement::abandon() {
  abandoned_ = true;
  call_.reset();
  drain_timer_.reset();
}

std::vector<RunningPipeline*> Replacement::alive() const {
  std::vector<RunningPipeline*> out;
  for (const auto& run : {old_.get(), next_.get(), result_.get()})
    if (run && !run->closed()) out.push_back(run);
  return out;
}

}  // namespace penstock
