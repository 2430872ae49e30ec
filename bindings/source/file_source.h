// The `file` source: files and globs, read to their ends or followed.
#pragma once
#include <memory>
#include <mutex>

#include "bindings/source/file_shares.h"
#include "runtime/plan/source.h"

namespace penstock {

// What the workers of one file source share. Outlives the sources that it opens.
class FileSourcePlan : public SourcePlan {
 public:
  explicit FileSourcePlan(FileOptions options, int workers);
  std::unique_ptr<Source> open(SourceContext& context) override;
  bool finite() const override { return !options_.follow; }
  bool replayable() const override { return true; }
  std::string describe() const override { return options_.describe(); }

  const FileOptions& options() const { return options_; }
  FileMemory& memory() { return memory_; }
  FileOwners& owners() { return owners_; }
  // The shares of a finite run: the first call looks at the disk, with the number of workers of that context. Thread-safe.
  FileShares& shares(SourceContext& context, const CheckpointPlace& place);

 private:
  const FileOptions options_;
  FileMemory memory_;
  FileOwners owners_;
  std::once_flag shared_out_;
  FileShares shares_;
};

// Where a worker's checkpoints go.
CheckpointPlace checkpoint_place(SourceContext& context);

}  // namespace penstock
