#include "runtime/main/running_pipeline.h"

#include <utility>

namespace penstock {

RunningPipeline::RunningPipeline(RunContext& context, std::shared_ptr<Program> program, std::size_t number,
                                 std::shared_ptr<DeadLetterFile> letters, std::function<void()> on_done)
    : context_(context), program_(std::move(program)), number_(number), letters_(std::move(letters)), on_done_(std::move(on_done)) {}

RunningPipeline::~RunningPipeline() = default;

void RunningPipeline::make_shares() {
  PipelinePlan& plan = *program_->pipelines[number_];
  for (int i = 0; i < plan.workers; ++i) {
    Worker& worker = context_.workers[static_cast<std::size_t>(i)];
    PipelineEnvironment environment(worker.loop());
    environment.checkpoints = context_.checkpoints;
    environment.dead_letters = letters_.get();
    environment.durable_acks = program_->durable_acks || context_.durable_acks;
    environment.on_done = [this, i] { context_.main.post([this, i] { on_share_done(static_cast<std::size_t>(i)); }); };
    environment.on_message = context_.on_message;
    environment.on_stuck = [this, i](const std::string& text) { context_.on_stuck(i, text); };
    shares_.push_back(std::make_shared<PipelineShare>(worker, program_, plan, std::move(environment)));
  }
}

void RunningPipeline::open(Answer answer) {
  if (Status grown = context_.workers.grow(plan().workers); !grown.ok()) return answer(std::move(grown));
  make_shares();
  shares_done_.resize(shares_.size());
  ask([](PipelineShare& share) { return share.open(); }, std::move(answer));
}

void RunningPipeline::start(Answer answer) {
  started_ = true;
  ask([](PipelineShare& share) { return share.start(); }, std::move(answer));
}

void RunningPipeline::drain() {
  if (shares_.empty()) return finish_later();
  for (std::size_t i = 0; i < shares_.size(); ++i)
    if (!context_.workers.stuck(i)) context_.workers[i].post([share = shares_[i]] { share->drain(); });
}

void RunningPipeline::close(std::function<void()> closed) {
  if (shares_.empty()) return closed();
  const auto close_share = [](PipelineShare& share) {
    share.close();
    return Status();
  };
  ask(close_share, [this, call = std::move(closed)](Status) {
    last_totals_ = totals();
    closed_ = true;
    for (std::size_t i = 0; i < shares_.size(); ++i)
      // The last hold is the posted call's: it lets go on the worker's thread.
      context_.workers[i].post([share = std::exchange(shares_[i], nullptr)]() mutable { share.reset(); });
    shares_.clear();
    if (!std::exchange(done_, true)) on_done_();
    call();
  });
}

// Asks every worker; answers when all have, with the first failure.
void RunningPipeline::ask(std::function<Status(PipelineShare&)> what, Answer answer) {
  struct Round {
    std::size_t left;
    Status first_failure;
    Answer answer;
  };
  auto round = std::make_shared<Round>(Round{shares_.size(), {}, std::move(answer)});
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    context_.workers[i].post([&main = context_.main, share = shares_[i], what, round] {
      auto status = std::make_shared<Status>(what(*share));
      main.post([status, round] {
        if (round->first_failure.ok()) round->first_failure = std::move(*status);
        if (--round->left == 0) std::exchange(round->answer, nullptr)(std::move(round->first_failure));
      });
    });
  }
}

void RunningPipeline::on_share_done(std::size_t worker) {
  shares_done_[worker] = true;
  note_stuck();
}

void RunningPipeline::note_stuck() {
  for (std::size_t i = 0; i < shares_.size(); ++i)
    if (!shares_done_[i] && !context_.workers.stuck(i)) return;
  if (shares_.empty() || std::exchange(done_, true)) return;
  on_done_();
}

void RunningPipeline::finish_later() {
  if (done_ || done_call_) return;
  done_call_ = context_.main.after(std::chrono::milliseconds(0), [this] {
    done_ = true;
    on_done_();
  });
}

Totals RunningPipeline::totals() const {
  if (closed_) return last_totals_;
  Totals sum;
  for (const auto& share : shares_) sum += share->run().totals();
  return sum;
}

std::uint64_t RunningPipeline::total_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& share : shares_) sum += share->run().total_bytes();
  return sum;
}

std::int64_t RunningPipeline::unaccounted() const {
  std::int64_t sum = 0;
  for (const auto& share : shares_) sum += share->unaccounted();
  return sum;
}

std::vector<const PipelineRun*> RunningPipeline::runs() const {
  std::vector<const PipelineRun*> out;
  for (const auto& share : shares_) out.push_back(&share->run());
  return out;
}

}  // namespace penstock
