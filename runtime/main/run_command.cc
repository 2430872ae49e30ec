#include "runtime/main/run_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <mutex>
#include <set>

#include "runtime/base/log.h"
#include "runtime/delivery/state_database.h"
#include "runtime/main/component_rows.h"
#include "runtime/main/progress.h"
#include "runtime/main/worker.h"

namespace penstock {

namespace {

using namespace std::chrono_literals;

constexpr auto commit_interval = 250ms;
constexpr auto progress_interval = 200ms;
constexpr auto drain_time_max = 30s;
constexpr auto hang_time_max = 10s;
constexpr auto same_signal_time = 250ms;

// A run as the main thread sees it: starts workers, commits checkpoints, passes signals on, and says how it ended.
class Run {
 public:
  Run(Program& program, bool progress) : program_(program), progress_(progress) {}

  RunResult execute() {
    if (!open()) return {2, {}};
    watch();
    start_workers();
    if (done_.size() < workers_.size()) loop_->run();
    for (std::size_t i = 0; i < workers_.size(); ++i)
      if (!stuck_.contains(static_cast<int>(i))) workers_[i]->finish();
    give_up_those_that_hang();
    return finish();
  }

 private:
  bool open() {
    Result<std::unique_ptr<Loop>> loop = Loop::open();
    if (!loop.ok()) return say(loop.status().text());
    loop_ = *std::move(loop);
    const std::string& directory = program_.options.state_directory;
    if (!directory.empty()) {
      Result<std::unique_ptr<StateDatabase>> state = StateDatabase::open(directory);
      if (!state.ok()) return say(state.status().text());
      state_ = *std::move(state);
      if (!state_->set_aside().empty()) log::warn("state", "the checkpoints were damaged and set aside as " + state_->set_aside());
    }
    for (const auto& pipeline : program_.pipelines) {
      DeadLetterOptions bounds;
      bounds.file_bytes_max = pipeline->dead_letter.file_bytes_max;
      bounds.files_kept = pipeline->dead_letter.files_max;
      dead_letters_.push_back(std::make_unique<DeadLetterFile>(directory.empty() ? default_state_directory() : directory, pipeline->name, bounds));
    }
    return true;
  }

  bool say(const std::string& text) {
    fmt::print(stderr, "penstock: {}\n", text);
    return false;
  }

  void start_workers() {
    started_ = std::chrono::steady_clock::now();
    std::vector<DeadLetterFile*> letters;
    for (const auto& file : dead_letters_) letters.push_back(file.get());
    WorkerReports reports;
    reports.on_message = [this](const std::string& text) { on_message(text); };
    reports.on_start_failed = [this](const Status& status) { loop_->post([this, text = status.text()] { on_start_failed(text); }); };
    reports.on_done = [this](int number) { loop_->post([this, number] { on_worker_done(number); }); };
    reports.on_stuck = [this](int number, const std::string& text) { loop_->post([this, number, text] { on_worker_stuck(number, text); }); };
    for (int number = 0; number < program_.workers; ++number) {
      auto worker = std::make_unique<Worker>(program_, number, state_.get(), letters, reports);
      if (Status status = worker->start(); !status.ok()) {
        on_start_failed(status.text());
        break;
      }
      workers_.push_back(std::move(worker));
    }
  }

  void watch() {
    for (const int signal : {SIGTERM, SIGINT}) signals_.push_back(loop_->on_signal(signal, [this, signal] { on_stop_signal(signal); }));
    if (state_) commit_timer_ = loop_->every(commit_interval, [this] { commit(); });
    if (progress_ && isatty(STDERR_FILENO)) progress_timer_ = loop_->every(progress_interval, [this] { show_progress(); });
  }

  // Workers tell what the user has to know; one line at a time.
  void on_message(const std::string& text) {
    const std::lock_guard lock(message_mutex_);
    display_.clear();
    log::warn("run", text);
  }

  void on_start_failed(const std::string& text) {
    if (!start_failure_.empty()) return;
    start_failure_ = text;
    drain_workers();
  }

  // Every drain ends: after its time with events undelivered.
  void drain_workers() {
    for (std::size_t i = 0; i < workers_.size(); ++i)
      if (!stuck_.contains(static_cast<int>(i))) workers_[i]->drain();
    if (drain_timer_) return;
    drain_timer_ = loop_->after(drain_time_max, [this] {
      log::error("run", "the drain took longer than 30 s: ending with events undelivered");
      loop_->stop();
    });
  }

  void on_worker_done(int number) {
    done_.insert(number);
    if (done_.size() == workers_.size()) loop_->stop();
  }

  // The others deliver what they have; then the process has to end, for the lost thread cannot.
  void on_worker_stuck(int number, const std::string& text) {
    log::error("run", fmt::format("worker {}: {}; it is given up, the other workers drain, and the process ends", number, text));
    if (!stuck_.insert(number).second) return;
    drain_workers();
    on_worker_done(number);
  }

  void on_stop_signal(int signal) {
    // One wish may come as two signals: timeout(1) and terminals send to the process and to its group.
    const auto now = std::chrono::steady_clock::now();
    if (stopping_ && now - stop_asked_ < same_signal_time) return;
    if (!stopping_) stop_asked_ = now;
    if (std::exchange(stopping_, true)) {
      say("stopped hard by a second signal; what was not delivered is read again after the next start if its source can be");
      std::_Exit(1);
    }
    log::info("run", fmt::format("{}: reading stops, delivering what was read (once more: stop at once)", signal == SIGINT ? "SIGINT" : "SIGTERM"));
    drain_workers();
  }

  void commit() {
    if (!state_) return;
    if (Status status = state_->commit(); !status.ok()) log::write_limited(log::Level::error, "state", status.text());
  }

  void show_progress() {
    const std::lock_guard lock(message_mutex_);
    Totals sum;
    std::uint64_t bytes_in_all = 0;
    for (std::size_t i = 0; i < program_.pipelines.size(); ++i) {
      for (const auto& worker : workers_) {
        worker->add_totals(i, sum);
        bytes_in_all += worker->total_bytes(i);
      }
    }
    display_.show(sum, bytes_in_all, std::chrono::steady_clock::now() - started_);
  }

  // A worker may hang in a write to a terminal or pipe that nobody reads.
  void give_up_those_that_hang() {
    const auto until = std::chrono::steady_clock::now() + hang_time_max;
    for (std::size_t i = 0; i < workers_.size(); ++i)
      if (!workers_[i]->wait_ended(until)) stuck_.insert(static_cast<int>(i));
  }

  RunResult finish() {
    signals_.clear();
    commit_timer_.reset();
    progress_timer_.reset();
    drain_timer_.reset();
    const auto time = std::chrono::steady_clock::now() - started_;
    for (std::size_t i = 0; i < workers_.size(); ++i)
      if (!stuck_.contains(static_cast<int>(i))) workers_[i]->join();
    std::vector<Totals> totals(program_.pipelines.size());
    for (std::size_t i = 0; i < totals.size(); ++i)
      for (const auto& worker : workers_) worker->add_totals(i, totals[i]);
    commit();
    display_.clear();
    log::tell_held_back(true);

    if (!stuck_.empty())
      for (Totals& each : totals) each.undelivered += each.in_flight();
    Totals sum;
    for (const Totals& each : totals) sum += each;
    if (!start_failure_.empty()) {
      say(start_failure_);
      if (sum.read == 0) return {1, sum};
    }
    bool balanced = true;
    for (std::size_t i = 0; i < totals.size(); ++i) {
      fmt::print(stderr, "{}\n", summary_line(program_.pipelines[i]->name, totals[i], time));
      if (dead_letters_[i]->written() != 0) fmt::print(stderr, "penstock: see them with: penstock dead-letter list{}\n", state_option());
      balanced = balanced && report_balance(program_.pipelines[i]->name, totals[i]);
    }
    if (!stuck_.empty()) std::_Exit(1);
    return {sum.all_well() && balanced && start_failure_.empty() ? 0 : 1, sum};
  }

  std::string state_option() const {
    return program_.options.state_directory.empty() ? "" : " --state " + program_.options.state_directory;
  }

  bool report_balance(const std::string& pipeline, const Totals& totals) {
    if (totals.in_flight() == 0) return true;
    say(fmt::format("{}: this is a bug: {} events were read, {} born, but {} accounted for", pipeline, totals.read, totals.born, totals.settled()));
    return false;
  }

  Program& program_;
  const bool progress_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<StateDatabase> state_;
  std::vector<std::unique_ptr<DeadLetterFile>> dead_letters_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::set<int> done_;
  std::vector<std::unique_ptr<Scheduled>> signals_;
  std::unique_ptr<Scheduled> commit_timer_, progress_timer_, drain_timer_;
  std::chrono::steady_clock::time_point started_;
  std::mutex message_mutex_;
  ProgressDisplay display_;
  std::string start_failure_;
  std::set<int> stuck_;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point stop_asked_;
};

}  // namespace

std::string default_state_directory() {
  if (const char* base = std::getenv("XDG_STATE_HOME"); base && *base) return std::string(base) + "/penstock";
  if (const char* home = std::getenv("HOME"); home && *home) return std::string(home) + "/.local/state/penstock";
  return "/var/lib/penstock";
}

RunResult run_program(Program& program, bool progress) {
  // A reader that goes away is the sink's news (EPIPE), not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  // So is a file-size limit: it is a full disk then (EFBIG).
  std::signal(SIGXFSZ, SIG_IGN);
  return Run(program, progress).execute();
}

int run_command(const RunOptions& options) {
  const std::unique_ptr<Program> program = load(options.program, all_components());
  return program ? run_program(*program, options.progress).exit_status : 2;
}

}  // namespace penstock
