#include "runtime/main/pipeline_share.h"

namespace penstock {

PipelineShare::PipelineShare(Worker& worker, std::shared_ptr<Program> program, PipelinePlan& plan, PipelineEnvironment environment)
    : worker_(worker), program_(std::move(program)) {
  environment.worker = worker.number();
  environment.script = [this] { return script_.get(); };
  run_ = std::make_unique<PipelineRun>(plan, std::move(environment));
}

PipelineShare::~PipelineShare() { close(); }

Status PipelineShare::open() {
  worker_.add(this);
  Result<std::shared_ptr<script::Script>> script = worker_.script_of(program_);
  if (!script.ok()) return script.take_status();
  script_ = *std::move(script);
  return run_->open();
}

Status PipelineShare::start() {
  if (draining_ || closed_) return {};
  return run_->start();
}

void PipelineShare::drain() {
  if (std::exchange(draining_, true) || closed_) return;
  run_->drain();
}

void PipelineShare::close() {
  if (std::exchange(closed_, true)) return;
  worker_.remove(this);
  run_->close();
  script_.reset();
}

}  // namespace penstock
