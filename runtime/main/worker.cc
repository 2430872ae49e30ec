#include "runtime/main/worker.h"

#include <pthread.h>

#include <algorithm>

namespace penstock {

Worker::Worker(Program& program, int number, CheckpointStore* checkpoints, std::vector<DeadLetterFile*> dead_letters, WorkerReports reports)
    : program_(program), number_(number), checkpoints_(checkpoints), dead_letters_(std::move(dead_letters)), reports_(std::move(reports)) {
  // Made here, filled in by the thread: counters may be asked for at any time.
  runs_.resize(program.pipelines.size());
}

Worker::~Worker() { join(); }

Status Worker::start() {
  Result<std::unique_ptr<Loop>> loop = Loop::open();
  if (!loop.ok()) return loop.take_status();
  loop_ = *std::move(loop);
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    PipelinePlan& plan = *program_.pipelines[i];
    if (number_ >= plan.workers) continue;
    PipelineEnvironment environment(*loop_);
    environment.checkpoints = checkpoints_;
    environment.dead_letters = dead_letters_[i];
    environment.worker = number_;
    environment.durable_acks = program_.durable_acks || checkpoints_ != nullptr;
    environment.on_done = [this] { on_pipeline_done(); };
    environment.on_message = reports_.on_message;
    environment.on_stuck = [this](const std::string& text) { reports_.on_stuck(number_, text); };
    environment.script = [this]() -> script::Script* { return script_.get(); };
    runs_[i] = std::make_unique<PipelineRun>(plan, std::move(environment));
  }
  thread_ = std::thread([this] { run(); });
  return {};
}

void Worker::run() {
  pthread_setname_np(pthread_self(), ("worker-" + std::to_string(number_)).c_str());
  script_ = std::make_unique<script::Script>(program_.script_options);
  script_->state().set_memory_bytes(program_.script_memory_bytes);
  const Declaration& declaration = script_->declare();
  if (!declaration.mistakes.empty()) reports_.on_start_failed(Status(Code::invalid, "the script was changed: " + declaration.mistakes.front().where.text() + ": " + declaration.mistakes.front().text));
  if (!open_pipelines() || running_ == 0) reports_.on_done(number_);
  loop_->run();
  for (const auto& run : runs_)
    if (run) run->close();
  script_.reset();
  end_.set_value();
}

bool Worker::open_pipelines() {
  // All count as running before the first one starts: a short input may be done before the next is opened.
  running_ = static_cast<std::size_t>(std::count_if(runs_.begin(), runs_.end(), [](const auto& run) { return run != nullptr; }));
  for (const auto& run : runs_) {
    if (!run) continue;
    if (Status started = run->start(); !started.ok()) {
      reports_.on_start_failed(started);
      return false;
    }
  }
  return true;
}

void Worker::on_pipeline_done() {
  if (--running_ == 0) reports_.on_done(number_);
}

void Worker::drain() {
  loop_->post([this] {
    if (std::exchange(draining_, true)) return;
    for (const auto& run : runs_)
      if (run) run->drain();
  });
}

void Worker::finish() {
  loop_->post([this] { loop_->stop(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::add_totals(std::size_t index, Totals& totals) const {
  if (index < runs_.size() && runs_[index]) totals += runs_[index]->totals();
}

std::uint64_t Worker::total_bytes(std::size_t index) const {
  return index < runs_.size() && runs_[index] ? runs_[index]->total_bytes() : 0;
}

}  // namespace penstock
