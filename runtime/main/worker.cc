#include "runtime/main/worker.h"

#include <pthread.h>

#include "runtime/main/pipeline_share.h"

namespace penstock {

Worker::~Worker() { join(); }

Status Worker::start() {
  Result<std::unique_ptr<Loop>> loop = Loop::open();
  if (!loop.ok()) return loop.take_status();
  loop_ = *std::move(loop);
  thread_ = std::thread([this] { run(); });
  return {};
}

void Worker::run() {
  pthread_setname_np(pthread_self(), ("worker-" + std::to_string(number_)).c_str());
  loop_->run();
  const std::set<PipelineShare*> shares = shares_;
  for (PipelineShare* share : shares) share->close();
  end_.set_value();
}

Result<std::shared_ptr<script::Script>> Worker::script_of(const std::shared_ptr<Program>& program) {
  std::erase_if(scripts_, [](const auto& row) { return row.second.expired(); });
  std::weak_ptr<script::Script>& known = scripts_[program.get()];
  if (std::shared_ptr<script::Script> script = known.lock()) return script;
  auto script = std::make_shared<script::Script>(program->script_options);
  script->state().set_memory_bytes(program->script_memory_bytes);
  const Declaration& declaration = script->declare();
  if (!declaration.mistakes.empty()) {
    const Mistake& first = declaration.mistakes.front();
    return Status(Code::invalid, "the script does not declare on a worker what it declared before: " + first.where.text() + ": " + first.text);
  }
  known = script;
  return script;
}

void Worker::take_notes() {
  std::size_t bytes = 0;
  for (const auto& [program, script] : scripts_)
    if (const std::shared_ptr<script::Script> held = script.lock()) bytes += held->state().memory_used();
  lua_bytes_.store(bytes, std::memory_order_relaxed);
  for (PipelineShare* share : shares_) share->take_notes();
}

void Worker::finish() {
  post([this] { loop_->stop(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace penstock
