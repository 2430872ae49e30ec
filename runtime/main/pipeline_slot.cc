#include "runtime/main/pipeline_slot.h"

namespace penstock {

std::shared_ptr<DeadLetterFile> PipelineSlot::letters_for(const PipelinePlan& plan, const std::string& directory) {
  const DeadLetterBounds& bounds = plan.dead_letter;
  if (letters_.empty() || letters_.back().bounds != bounds) {
    DeadLetterOptions options;
    options.file_bytes_max = bounds.file_bytes_max;
    options.files_kept = bounds.files_max;
    letters_.push_back({bounds, std::make_shared<DeadLetterFile>(directory, name, options)});
  }
  return letters_.back().file;
}

std::uint64_t PipelineSlot::letters_written() const {
  std::uint64_t sum = 0;
  for (const Letters& each : letters_) sum += each.file->written();
  return sum;
}

std::vector<RunningPipeline*> PipelineSlot::alive() const {
  if (replacement) return replacement->alive();
  return running ? std::vector<RunningPipeline*>{running.get()} : std::vector<RunningPipeline*>{};
}

Totals PipelineSlot::totals() const {
  Totals sum = past_;
  for (const RunningPipeline* run : alive()) sum.continue_with(run->totals());
  return sum;
}

std::uint64_t PipelineSlot::total_bytes() const {
  std::uint64_t sum = 0;
  for (const RunningPipeline* run : alive()) sum += run->total_bytes();
  return sum;
}

}  // namespace penstock
