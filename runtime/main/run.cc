#include "runtime/main/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/main/component_rows.h"
#include "runtime/main/left_spools.h"
#include "runtime/main/run_snapshot.h"

namespace penstock {

namespace {

using namespace std::chrono_literals;

// Positions that move are written at once, and then at most this often: after a quiet time, or for a sink that delivers now and then, next to
// nothing is read again after a crash.
constexpr auto commit_interval = 250ms;
constexpr auto progress_interval = 200ms;
constexpr auto drain_time_max = 30s;
constexpr auto hang_time_max = 10s;
constexpr auto same_signal_time = 250ms;
constexpr auto beat_interval = 1s;

const char* name_of(int signal) { return signal == SIGINT ? "SIGINT" : "SIGTERM"; }

}  // namespace

Run::Run(std::shared_ptr<Program> program, const RunOptions& options) : options_(options), program_(std::move(program)) {}

RunResult Run::execute() {
  if (!open()) return {2, {}};
  watch_signals();
  start();
  loop_->run();
  return finish();
}

bool Run::open() {
  Result<std::unique_ptr<Loop>> loop = Loop::open();
  if (!loop.ok()) return say(loop.status().text());
  loop_ = *std::move(loop);
  if (!open_state()) return false;
  context_ = std::unique_ptr<RunContext>(new RunContext{*loop_, workers_});
  context_->checkpoints = state_ ? static_cast<CheckpointStore*>(state_.get()) : &memory_;
  context_->durable_acks = state_ != nullptr;
  context_->on_message = [this](const std::string& text) { on_message(text); };
  context_->on_stuck = [this](int worker, const std::string& text) { loop_->post([this, worker, text] { on_worker_stuck(worker, text); }); };
  const std::string& directory = program_->options.state_directory;
  pipelines_ = std::make_unique<PipelineSet>(*context_, all_components(), records_directory(directory), [this] { check_done(); });
  return open_admin();
}

bool Run::open_admin() {
  if (options_.admin.address.empty() && !manager_.watchdog()) return true;
  heartbeat_ = std::make_unique<Heartbeat>(*loop_, workers_, beat_interval);
  if (options_.admin.address.empty()) return true;
  Result<AdminServer::Settings> settings = AdminServer::check(options_.admin);
  if (!settings.ok()) return say(settings.status().text());
  Result<std::unique_ptr<AdminServer>> admin = AdminServer::open(*std::move(settings), *loop_, [this] { return snapshot(); });
  if (!admin.ok()) return say(admin.status().text());
  admin_ = *std::move(admin);
  log::info("admin", "listening on " + admin_->url());
  return true;
}

admin::Snapshot Run::snapshot() const {
  using std::chrono::milliseconds;
  const auto now = std::chrono::steady_clock::now();
  admin::Snapshot out;
  out.process.version = PENSTOCK_VERSION;
  out.process.compiler = __VERSION__;
  out.process.started = began_;
  out.process.uptime = std::chrono::duration_cast<milliseconds>(now - started_);
  out.process.ask_system();
  out.process.workers = status_of(workers_, *heartbeat_);
  out.process.reloads_applied = reloads_applied_;
  out.process.reloads_refused = reloads_refused_;
  out.process.reloads_failed = reloads_failed_;
  if (state_) out.process.checkpoint_age = std::chrono::duration_cast<milliseconds>(now - committed_);
  for (const auto& slot : pipelines_->slots()) out.pipelines.push_back(status_of(*slot, phase_ == Phase::ending));
  return out;
}

bool Run::open_state() {
  const std::string& directory = program_->options.state_directory;
  if (directory.empty()) return true;
  Result<std::unique_ptr<StateDatabase>> state = StateDatabase::open(directory);
  if (!state.ok()) return say(state.status().text());
  state_ = *std::move(state);
  if (!state_->set_aside().empty()) log::warn("state", "the checkpoints were damaged and set aside as " + state_->set_aside());
  return true;
}

bool Run::say(const std::string& text) {
  const std::lock_guard lock(message_mutex_);
  display_.clear();
  fmt::print(stderr, "penstock: {}\n", text);
  return false;
}

void Run::watch_signals() {
  for (const int signal : {SIGTERM, SIGINT}) signals_.push_back(loop_->on_signal(signal, [this, signal] { on_stop_signal(signal); }));
  if (options_.reloadable) signals_.push_back(loop_->on_signal(SIGHUP, [this] { ask_reload("SIGHUP"); }));
}

// A second wish may be the same one: timeout(1) and terminals send to the process and to its group.
void Run::on_stop_signal(int signal) {
  const auto now = std::chrono::steady_clock::now();
  if (stop_asked_ && now - stop_asked_at_ < same_signal_time) return;
  if (!stop_asked_) stop_asked_at_ = now;
  if (std::exchange(stop_asked_, true)) {
    stop_hard();
  }
  log::info("run", fmt::format("{}: reading stops, delivering what was read (once more: stop at once)", name_of(signal)));
  drain();
}

void Run::stop_hard() {
  log::tell_held_back(true);
  say("stopped hard by a second signal; what was not delivered is read again after the next start if its source can be");
  report(std::chrono::steady_clock::now() - started_, true);
  std::_Exit(1);
}

// ---- Start ----

void Run::start() {
  started_ = committed_ = std::chrono::steady_clock::now();
  warn_of_left_spools(*program_);
  if (state_) state_->on_change([this] { loop_->post([this] { on_positions_moved(); }); });
  if (state_) commit_timer_ = loop_->every(commit_interval, [this] { commit(); });
  if (options_.progress && isatty(STDERR_FILENO)) progress_timer_ = loop_->every(progress_interval, [this] { show_progress(); });
  pipelines_->start(program_, [this](Status status) { on_started(std::move(status)); });
}

void Run::on_started(Status status) {
  if (phase_ == Phase::ending) return;
  if (!status.ok()) {
    start_failure_ = status.text();
    if (pipelines_->nothing_read()) return loop_->stop();
    return drain();
  }
  phase_ = Phase::running;
  if (options_.watch_script) {
    script_watch_ = std::make_unique<ScriptWatch>(*loop_, [this](const std::string& path) { ask_reload(path + " has changed"); });
    script_watch_->follow(program_->script_options.files->paths());
  }
  watch_beats();
  manager_.ready(status_text());
  end_reload();
  check_done();
}

void Run::watch_beats() {
  if (!manager_.watchdog()) return;
  const auto half = std::chrono::duration_cast<std::chrono::milliseconds>(*manager_.watchdog() / 2);
  watchdog_timer_ = loop_->every(half, [this, half] {
    heartbeat_->beat();
    if (heartbeat_->silence() < half) manager_.alive();
  });
  manager_.alive();
}

std::string Run::status_text() const {
  std::size_t running = 0;
  for (const auto& slot : pipelines_->slots()) running += slot->wanted && slot->running ? 1 : 0;
  return fmt::format("{} pipeline{} run{}", running, running == 1 ? "" : "s", running == 1 ? "s" : "");
}

// ---- Reload ----

// Several wishes in quick succession are one.
void Run::ask_reload(const std::string& why) {
  if (phase_ == Phase::ending) return;
  reload_asked_ = why;
  if (phase_ == Phase::running && !reload_under_way_ && !reload_call_) reload_call_ = loop_->after(0ms, [this] { reload(); });
}

void Run::reload() {
  reload_call_.reset();
  if (phase_ != Phase::running) return;
  reload_under_way_ = true;
  const std::string why = std::exchange(reload_asked_, "");
  manager_.reloading();
  std::shared_ptr<Program> next = load_again(why);
  if (!next) {
    ++reloads_refused_;
    return end_reload();
  }
  const ProgramChange change = compare(pipelines_->slots(), *next);
  if (const std::string refusal = why_refused(pipelines_->slots(), change, *next); !refusal.empty()) {
    log::error("reload", fmt::format("{}: refused, what runs goes on: {}", why, refusal));
    ++reloads_refused_;
    return end_reload();
  }
  program_ = next;
  pipelines_->reload(next, change, [this, why, change](const auto& failures) { on_reloaded(why, change, failures); });
}

std::unique_ptr<Program> Run::load_again(const std::string& why) {
  auto files = std::make_shared<script::ScriptFiles>();
  std::vector<Mistake> mistakes;
  std::unique_ptr<Program> next = compile_script(options_.program, all_components(), files, mistakes);
  if (script_watch_) script_watch_->follow(files->paths());
  if (next) return next;
  const std::lock_guard lock(message_mutex_);
  display_.clear();
  const std::size_t count = print_mistakes(mistakes, "");
  log::error("reload", fmt::format("{}: {} mistake{} in the script: the old one goes on", why, count, count == 1 ? "" : "s"));
  return nullptr;
}

void Run::on_reloaded(const std::string& why, const ProgramChange& change, const std::vector<PipelineSet::Failure>& failures) {
  std::vector<std::string> failed;
  for (const PipelineSet::Failure& failure : failures) {
    log::error("reload", fmt::format("pipeline {} {}: {}", failure.pipeline, failure.runs ? "could not be replaced, its old version goes on" : "does not run", failure.text));
    failed.push_back(failure.pipeline);
  }
  ++(failed.empty() ? reloads_applied_ : reloads_failed_);
  log::info("reload", why + ": " + change.text(*program_, failed));
  warn_of_left_spools(*program_);
  end_reload();
}

void Run::end_reload() {
  if (std::exchange(reload_under_way_, false)) manager_.ready(status_text());
  if (!reload_asked_.empty()) ask_reload(reload_asked_);
}

// ---- While it runs ----

// Workers tell what the user has to know; one line at a time.
void Run::on_message(const std::string& text) {
  const std::lock_guard lock(message_mutex_);
  display_.clear();
  log::warn("run", text);
}

// The others deliver what they have; then the process has to end, for the lost thread cannot.
void Run::on_worker_stuck(int worker, const std::string& text) {
  log::error("run", fmt::format("worker {}: {}; it is given up, the other workers drain, and the process ends", worker, text));
  if (!workers_.give_up(static_cast<std::size_t>(worker))) return;
  drain();
  pipelines_->note_stuck();
  check_done();
}

bool Run::commit() {
  if (!state_) return true;
  if (Status status = state_->commit(); !status.ok()) {
    log::write_limited(log::Level::error, "state", status.text());
    return false;
  }
  committed_ = std::chrono::steady_clock::now();
  return true;
}

void Run::on_positions_moved() {
  if (std::chrono::steady_clock::now() - moved_committed_ < commit_interval) return;  // the timer will
  if (commit()) moved_committed_ = committed_;
}

void Run::show_progress() {
  const std::lock_guard lock(message_mutex_);
  Totals sum;
  std::uint64_t bytes_in_all = 0;
  for (const auto& slot : pipelines_->slots()) {
    sum += slot->totals();
    bytes_in_all += slot->total_bytes();
  }
  display_.show(sum, bytes_in_all, std::chrono::steady_clock::now() - started_);
}

// ---- End ----

// Every drain ends: after its time with events undelivered.
void Run::drain() {
  phase_ = Phase::ending;
  manager_.stopping();
  pipelines_->drain();
  if (drain_timer_) return;
  drain_timer_ = loop_->after(drain_time_max, [this] {
    log::error("run", "the drain took longer than 30 s: ending with events undelivered");
    loop_->stop();
  });
  check_done();
}

void Run::check_done() {
  if (phase_ == Phase::starting || !pipelines_->all_done()) return;
  if (phase_ == Phase::running && (reload_under_way_ || reload_call_)) return;
  loop_->stop();
}

RunResult Run::finish() {
  signals_.clear();
  for (auto* timer : {&commit_timer_, &progress_timer_, &drain_timer_, &watchdog_timer_, &reload_call_}) timer->reset();
  const auto time = std::chrono::steady_clock::now() - started_;
  workers_.finish(hang_time_max);
  const bool positions_kept = commit();
  display_.clear();
  log::tell_held_back(true);
  // What a lost worker holds is delivered by nobody.
  RunResult result = report(time, workers_.any_stuck());
  if (!positions_kept && !say("the last checkpoints could not be written: what they would skip is read again after the next start")) result.exit_status = 1;
  // A lost thread cannot be joined.
  if (workers_.any_stuck()) std::_Exit(1);
  return result;
}

RunResult Run::report(std::chrono::steady_clock::duration time, bool abandoned) {
  Totals sum;
  bool balanced = true, all_run = true;
  if (!start_failure_.empty()) say(start_failure_);
  for (const auto& slot : pipelines_->slots()) sum += slot->totals();
  if (!start_failure_.empty() && sum.read == 0) return {1, sum};
  for (const auto& slot : pipelines_->slots()) {
    Totals totals = slot->totals();
    // Workers count on while they are given up, so a batch may be settled that was not yet seen as read.
    const auto left = static_cast<std::int64_t>(totals.in_flight());
    if (abandoned && left > 0) totals.undelivered += static_cast<std::uint64_t>(left);
    all_run = all_run && slot->failure.empty();
    fmt::print(stderr, "{}\n", summary_line(slot->name, totals, time));
    const std::string& directory = program_->options.state_directory;
    if (slot->letters_written() != 0) say("see them with: penstock dead-letter list" + (directory.empty() ? "" : " --state " + directory));
    if (abandoned || totals.in_flight() == 0) continue;
    balanced = say(fmt::format("{}: this is a bug: {} events were read, {} born, but {} accounted for", slot->name, totals.read, totals.born, totals.settled()));
  }
  return {sum.all_well() && balanced && all_run && start_failure_.empty() ? 0 : 1, sum};
}

}  // namespace penstock
