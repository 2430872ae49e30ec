// A program at work, from its start to its end: what `penstock run` does once the script is compiled.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "runtime/delivery/memory_checkpoints.h"
#include "runtime/delivery/state_database.h"
#include "runtime/main/admin_server.h"
#include "runtime/main/heartbeat.h"
#include "runtime/main/notify_socket.h"
#include "runtime/main/pipeline_set.h"
#include "runtime/main/progress.h"
#include "runtime/main/run_command.h"
#include "runtime/main/script_watch.h"

namespace penstock {

// The main thread: starts the pipelines, commits checkpoints, passes signals on, reloads, and says how it ended.
class Run {
 public:
  // `options.program` is what the program was loaded from, and is loaded from again.
  Run(std::shared_ptr<Program> program, const RunOptions& options);

  RunResult execute();

 private:
  bool open();
  bool open_state();
  bool open_admin();
  admin::Snapshot snapshot() const;
  void watch_signals();
  void watch_beats();
  void start();
  void on_started(Status status);
  void on_stop_signal(int signal);
  [[noreturn]] void stop_hard();
  void on_worker_stuck(int worker, const std::string& text);
  void on_message(const std::string& text);

  void ask_reload(const std::string& why);
  void reload();
  std::unique_ptr<Program> load_again(const std::string& why);
  void on_reloaded(const std::string& why, const ProgramChange& change, const std::vector<PipelineSet::Failure>& failures);
  void end_reload();

  void drain();
  void check_done();
  bool commit();  // false: the positions are not written
  void on_positions_moved();
  void show_progress();
  std::string status_text() const;

  RunResult finish();
  // One summary line for each pipeline. `abandoned`: what is in flight will not be delivered by this process.
  RunResult report(std::chrono::steady_clock::duration time, bool abandoned);
  bool say(const std::string& text);

  enum class Phase { starting, running, ending };

  // In the order of their needs: what is scheduled goes before the loop, pipelines before the workers that they run on.
  const RunOptions& options_;
  std::shared_ptr<Program> program_;  // as loaded last
  NotifySocket manager_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<StateDatabase> state_;
  MemoryCheckpoints memory_;          // when there is no state directory
  Workers workers_;
  std::unique_ptr<RunContext> context_;
  std::unique_ptr<PipelineSet> pipelines_;
  std::unique_ptr<Heartbeat> heartbeat_;
  std::unique_ptr<AdminServer> admin_;
  std::unique_ptr<ScriptWatch> script_watch_;
  std::vector<std::unique_ptr<Scheduled>> signals_;
  std::unique_ptr<Scheduled> commit_timer_, progress_timer_, drain_timer_, watchdog_timer_, reload_call_;
  std::chrono::steady_clock::time_point started_;
  std::mutex message_mutex_;
  ProgressDisplay display_;
  Phase phase_ = Phase::starting;
  std::string start_failure_;
  bool stop_asked_ = false;
  std::chrono::steady_clock::time_point stop_asked_at_;
  std::uint64_t reloads_applied_ = 0, reloads_refused_ = 0, reloads_failed_ = 0;
  std::chrono::steady_clock::time_point committed_;        // the last time
  std::chrono::steady_clock::time_point moved_committed_;  // the last time after positions had moved
  std::chrono::system_clock::time_point began_ = std::chrono::system_clock::now();
  bool reload_under_way_ = false;
  std::string reload_asked_;  // why another one is wanted; empty: none is
};

}  // namespace penstock
