// A pipeline as compiled from its declaration: what `explain` prints and what workers run. Immutable but for what sources
// and sinks share among workers by themselves.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/plan/components.h"
#include "runtime/plan/declaration.h"

namespace penstock {

struct SourceNode {
  int number = 0;  // its place among the sources
  std::string type;
  Where where;
  std::unique_ptr<SourcePlan> plan;
  // By format: the one of its option `format`, or those that the source chooses from.
  std::vector<std::pair<std::string, std::unique_ptr<DecoderPlan>>> decoders;
  std::size_t event_bytes_max = 1024 * 1024;
  bool may_split = false;  // one finite stream may be cut into parts for several workers

  // Empty: the first. Requires a format that the source's plan names.
  const DecoderPlan& decoder(const std::string& format = "") const;
};

struct StageNode {
  std::string type;
  Where where;
  std::unique_ptr<StagePlan> plan;
  std::vector<Path> recalled = {};  // those of plan->recalls() that a stage before it drops
};

struct SinkNode {
  std::string name;  // the script's, or its place: `0:file`
  std::string type;
  Where where;
  std::unique_ptr<SinkPlan> plan;
};

struct RouteNode;

// Stages in order, then where the events go: every sink gets each event, the route splits them up.
struct Chain {
  std::vector<StageNode> stages;
  std::vector<SinkNode> sinks;
  std::unique_ptr<RouteNode> route;
};

struct BranchNode {
  Where where;
  std::unique_ptr<StagePlan> condition;  // null: takes what no branch before it took
  Chain chain;
};

// An event takes the first branch whose condition holds; without an `otherwise`, what no branch takes counts as filtered.
struct RouteNode {
  Where where;
  std::vector<BranchNode> branches;
};

struct DeadLetterBounds {
  std::uint64_t file_bytes_max = 64 * 1024 * 1024;
  int files_max = 4;
  bool operator==(const DeadLetterBounds&) const = default;
};

struct PipelinePlan {
  std::string name;
  Where where;
  Value options;
  std::vector<SourceNode> sources;
  Chain chain;
  std::vector<Path> kept_aside;               // what any stage recalls: before stages are opened, their slot table is to keep it aside
  std::vector<const RawScrubber*> scrubbers;  // of the redact stages, wherever they stand
  int workers = 1;
  bool ordered = true;
  bool exactly_once = false;  // one source and one sink, which commit together
  DeadLetterBounds dead_letter;
  bool keeps_letters = true;  // false: an event that a stage fails on is counted as dropped and forgotten

  bool finite() const;
  // A reload may run its successor beside it: every source overlaps and no sink is exclusive.
  bool overlaps() const;
  // Some sink must be closed before the next run opens it.
  bool exclusive() const;
  // In every chain.
  std::size_t sinks() const;
};

// Compiles one pipeline. What cannot be is added to `mistakes` (all of it, not only the first); then the result is null.
std::unique_ptr<PipelinePlan> compile(const PipelineDeclaration& declaration, const PlanContext& context, std::vector<Mistake>& mistakes);

}  // namespace penstock
