// One pipeline's change from a run to the next one, without loss.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "runtime/main/running_pipeline.h"

namespace penstock {

// How it goes about it depends on what the two runs may do at the same time (SourcePlan::overlaps, SinkPlan::exclusive):
// - Listeners, and sinks that can be open twice: the next run opens and starts, then the old one stops and drains. No
//   connection is refused; the streams that the old run has are read to the end of what it was sent.
// - Otherwise the next run opens its stages and sinks, the old one stops its sources, drains and is closed, and then the next
//   one starts at the position that was acked. A sink that only one run may have open is opened after the close.
// A drain takes `drain_time_max`; what is undelivered then is left to the source to be read or sent again.
// When the next run cannot start, the old one goes on; when that is closed already, it is compiled anew and put back.
class Replacement {
 public:
  static constexpr std::chrono::seconds drain_time_max{10};

  struct Outcome {
    // Of the pipeline, from here on; null: none (it was removed, or nothing could be started).
    std::unique_ptr<RunningPipeline> running;
    std::string failure;  // why the next run could not be started; empty: it was, or there was none to start
  };
  // Opens `running`'s declaration again from scratch, for putting it back.
  using Remake = std::function<std::unique_ptr<RunningPipeline>(const RunningPipeline& old)>;
  // Called as soon as a run is closed, with what it counted.
  using OnClosed = std::function<void(const RunningPipeline& closed)>;

  // Either may be null: a pipeline that is new, or removed. Begins at once; `finished` is called later, once.
  Replacement(Loop& main, std::unique_ptr<RunningPipeline> old, std::unique_ptr<RunningPipeline> next, Remake remake, OnClosed on_closed,
              std::function<void(Outcome)> finished);

  // The process stops: begins nothing any more. The runs stay with the Replacement, to be drained and counted.
  void abandon();
  // The runs that are alive: for counting, and for draining after abandon().
  std::vector<RunningPipeline*> alive() const;
  // A run of this replacement has nothing left to do.
  void on_run_done();

 private:
  using Then = std::function<void()>;

  void begin();
  bool may_overlap() const;
  bool exclusive() const;
  void overlap();
  void stand_ready();
  void open_again_after_old();
  void retire_old(Then then);
  void close_old();
  void open_next(Then then, RunningPipeline::Answer failed);
  void start_next(Then then, RunningPipeline::Answer failed);
  void bring_up(RunningPipeline::Answer failed);
  void discard_next(Then then);
  void put_back(std::string failure);
  void settle(std::unique_ptr<RunningPipeline> running, std::string failure);

  Loop& main_;
  std::unique_ptr<RunningPipeline> old_, next_, result_;
  std::string failure_;
  const Remake remake_;
  const OnClosed on_closed_;
  const std::function<void(Outcome)> finished_;
  Then after_drain_;  // the old run is waited for
  std::unique_ptr<Scheduled> drain_timer_, call_;
  bool abandoned_ = false;
};

}  // namespace penstock
