#include "bindings/kafka/assignment.h"

#include <algorithm>
#include <utility>

namespace penstock::kafka {

namespace {

bool is_done_with(const PartitionStream& partition) { return partition.settled() || partition.stuck(); }

}  // namespace

Assignment::Assignment(Scheduler& scheduler, Membership& membership, Hooks hooks, std::chrono::milliseconds handover_max)
    : scheduler_(scheduler), membership_(membership), hooks_(std::move(hooks)), handover_max_(handover_max) {}

void Assignment::on_assigned(Positions partitions) {
  arriving_ = std::move(partitions);
  is_arriving_ = true;
  if (arriving_.empty()) return begin({});
  search();
}

void Assignment::search() {
  membership_.find_positions(arriving_, [this](Result<Positions> found) {
    if (found.ok()) {
      told_.clear();
      return begin(*std::move(found));
    }
    if (found.status().text() != told_) hooks_.on_failure(told_ = found.status().text());
    next_search_ = scheduler_.after(search_again, [this] { search(); });
  });
}

void Assignment::begin(Positions partitions) {
  is_arriving_ = false;
  arriving_.clear();
  for (const Position& position : partitions) {
    close(position.id);
    partitions_.emplace(position.id, hooks_.open(position));
  }
  membership_.assign(partitions);
  hooks_.on_change();
}

void Assignment::on_revoked(Positions partitions, bool lost) {
  leaving_ = std::move(partitions);
  is_leaving_ = true;
  if (lost || leaving_.empty()) return finish_handover();
  for (const Position& position : leaving_)
    if (const auto found = partitions_.find(position.id); found != partitions_.end()) found->second->commit();
  hooks_.flush();
  handover_end_ = scheduler_.after(handover_max_, [this] { finish_handover(); });
  check_handover();
}

void Assignment::on_acked(const PartitionStream& partition) {
  membership_.store({partition.id(), partition.acked()});
  if (is_leaving_ && partition.settled()) check_handover();
}

// Acks may come in the middle of a stream's own work: it is closed later.
void Assignment::check_handover() {
  const bool done = std::all_of(leaving_.begin(), leaving_.end(), [this](const Position& position) {
    const auto found = partitions_.find(position.id);
    return found == partitions_.end() || is_done_with(*found->second);
  });
  if (done && !handover_check_) handover_check_ = scheduler_.after(std::chrono::milliseconds(0), [this] { finish_handover(); });
}

void Assignment::finish_handover() {
  is_leaving_ = false;
  const std::unique_ptr<Scheduled> end = std::move(handover_end_), check = std::move(handover_check_);
  const Positions leaving = std::exchange(leaving_, {});
  for (const Position& position : leaving) close(position.id);
  membership_.unassign(leaving);
  hooks_.on_change();
}

void Assignment::close(const PartitionId& id) {
  const auto found = partitions_.find(id);
  if (found == partitions_.end()) return;
  hooks_.on_closed(*found->second);
  partitions_.erase(found);
}

void Assignment::reopen(const Position& position) {
  const auto found = partitions_.find(position.id);
  if (found != partitions_.end()) found->second = hooks_.open(position);
}

PartitionStream* Assignment::reads(const PartitionId& id) {
  const auto found = partitions_.find(id);
  if (found == partitions_.end()) return nullptr;
  const bool leaves = std::any_of(leaving_.begin(), leaving_.end(), [&](const Position& position) { return position.id == id; });
  return leaves ? nullptr : found->second.get();
}

bool Assignment::settled() const {
  return std::all_of(partitions_.begin(), partitions_.end(), [](const auto& row) { return is_done_with(*row.second); });
}

void Assignment::give_up() {
  next_search_.reset();
  membership_.cancel_search();
  if (std::exchange(is_arriving_, false)) membership_.assign(std::exchange(arriving_, {}));
  if (is_leaving_) finish_handover();
}

}  // namespace penstock::kafka
