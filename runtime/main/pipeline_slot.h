// A pipeline by its name, through all the runs that reloads give it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "runtime/main/replacement.h"

namespace penstock {

// For the main thread.
struct PipelineSlot {
  explicit PipelineSlot(std::string pipeline) : name(std::move(pipeline)) {}

  const std::string name;
  std::unique_ptr<RunningPipeline> running;
  std::unique_ptr<Replacement> replacement;  // has the runs while it is under way
  bool wanted = true;                        // false: the script does not declare it any more
  std::string failure;                       // why nothing runs although it is wanted

  // The file for a plan's letters: the one before, unless its bounds changed.
  std::shared_ptr<DeadLetterFile> letters_for(const PipelinePlan& plan, const std::string& directory);
  std::uint64_t letters_written() const;

  void note_closed(const RunningPipeline& run) { past_.continue_with(run.totals()); }
  std::vector<RunningPipeline*> alive() const;
  // Of all runs so far.
  Totals totals() const;
  // Of finite sources: bytes in all; 0 when unknown.
  std::uint64_t total_bytes() const;

 private:
  struct Letters {
    DeadLetterBounds bounds;
    std::shared_ptr<DeadLetterFile> file;
  };
  std::vector<Letters> letters_;
  Totals past_;
};

}  // namespace penstock
