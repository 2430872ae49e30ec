#include "bindings/source/finite_files.h"

#include <algorithm>

namespace penstock {

FiniteFiles::FiniteFiles(FileSourcePlan& plan, SourceContext& context)
    : plan_(plan),
      context_(context),
      place_(checkpoint_place(context)),
      inputs_context_{context, plan.options(), place_, plan.memory()},
      turns_(context.scheduler(), [this](FileInput& input, ReadTurn) { on_rest(input); }) {}

Status FiniteFiles::start() {
  FileShares& shares = plan_.shares(context_, place_);
  if (!shares.status.ok()) return Status(shares.status.code(), shares.status.text());
  shares_ = std::move(shares.by_worker[static_cast<std::size_t>(context_.worker())]);
  for (const FileShare& share : shares_) bytes_waiting_ += share.size;
  sweeping_ = context_.scheduler().every(sweep_interval, [this] { sweep(); });
  open_more();
  tell_total();
  return {};
}

void FiniteFiles::open_more() {
  while (!stopped_ && reading_ < open_max && next_share_ < shares_.size()) {
    FileShare& share = shares_[next_share_++];
    bytes_waiting_ -= share.size;
    if (open_share(share)) ++reading_;
  }
  if (!stopped_ && reading_ == 0 && !finishing_) {
    // Not from inside start() or a turn: the pipeline may take the source down at once.
    finishing_ = context_.scheduler().after(std::chrono::milliseconds(0), [this] { finish(); });
  }
}

bool FiniteFiles::open_share(FileShare& share) {
  // Read whole by an earlier run: not worth decoding again to find nothing more.
  if (share.record.coded && share.record.done && !share.moved && share.record.size == share.size) return false;
  auto input = std::make_unique<FileInput>(inputs_context_, share.path, share.id);
  if (const Status status = input->open(); !status.ok()) {
    context_.on_trouble(status.text(), 0);
    return false;
  }
  if (share.moved) {
    input->start_in_moved(share.record);
  } else {
    input->start_at(std::move(share.record));
  }
  inputs_.push_back(std::move(input));
  turns_.add(*inputs_.back());
  return true;
}

void FiniteFiles::on_rest(FileInput& input) {
  bytes_ended_ += input.bytes_read();
  input.park();
  --reading_;
  open_more();
}

void FiniteFiles::sweep() {
  std::erase_if(inputs_, [](const auto& input) { return input->sweep() && !input->is_open() && !input->in_turn; });
  tell_total();
}

void FiniteFiles::tell_total() {
  std::uint64_t total = bytes_ended_ + bytes_waiting_;
  for (const auto& input : inputs_)
    if (input->is_open()) total += input->bytes_expected();
  if (total == total_told_) return;
  total_told_ = total;
  context_.on_total(total);
}

void FiniteFiles::finish() {
  tell_total();
  context_.on_finished();
}

void FiniteFiles::stop() {
  stopped_ = true;
  turns_.stop();
  finishing_.reset();
  for (const auto& input : inputs_) input->stop();
}

}  // namespace penstock
