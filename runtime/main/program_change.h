// What a new version of a script changes about the pipelines that run.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "runtime/main/pipeline_slot.h"

namespace penstock {

struct ProgramChange {
  struct Added {
    std::size_t number;            // in the new program
    PipelineSlot* slot = nullptr;  // null: the name is new
  };
  std::vector<Added> added, replaced;
  std::vector<PipelineSlot*> removed, unchanged;

  bool nothing() const { return added.empty() && replaced.empty() && removed.empty(); }
  // `1 added (x), 2 replaced (a, b), 3 unchanged`, or `nothing changed`; those of `failed` are counted apart.
  std::string text(const Program& next, const std::vector<std::string>& failed) const;
};

// Compares what runs with what `next` declares. Requires that no replacement is under way. A pipeline that is wanted and does
// not run counts as replaced.
ProgramChange compare(const std::vector<std::unique_ptr<PipelineSlot>>& slots, const Program& next);

// What reads standard input cannot hand it over: why the change cannot be made while it runs; empty: it can.
std::string why_refused(const std::vector<std::unique_ptr<PipelineSlot>>& slots, const ProgramChange& change, const Program& next);

}  // namespace penstock
