// Reads a pipeline's dead letters back, and takes out those that were replayed.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/delivery/dead_letter.h"

namespace penstock {

// Names of the pipelines that have dead letters in a state directory, sorted.
std::vector<std::string> pipelines_with_dead_letters(const std::string& state_directory);

// Goes over all letters once, oldest file first, also while a process writes more (what comes after the start may or may not
// be seen). Memory: one letter. A torn or foreign line is skipped and counted; so is one above 16 MiB.
class DeadLetterReader {
 public:
  DeadLetterReader(const std::string& state_directory, const std::string& pipeline);
  ~DeadLetterReader();
  DeadLetterReader(const DeadLetterReader&) = delete;
  DeadLetterReader& operator=(const DeadLetterReader&) = delete;

  // The next letter; nothing at the end.
  Result<std::optional<StoredLetter>> next();
  std::uint64_t broken_lines() const { return broken_lines_; }

  // Takes the letters with these ids out of all files and returns how many there were. Each file is replaced by one without
  // them (written aside, fsynced, renamed), so a crash leaves the old or the new one; files left empty are removed. Lines
  // that are no letters stay. A process may be writing meanwhile: it waits.
  static Result<std::uint64_t> remove(const std::string& state_directory, const std::string& pipeline,
                                      const std::unordered_set<std::string>& ids);
  // The pipeline that the letters of one file belong to; nothing when it has none.
  static std::optional<std::string> pipeline_of(const std::string& path);

 private:
  class Lines;

  std::vector<std::string> files_;  // still to be read, newest first
  std::unique_ptr<Lines> lines_;    // of the file being read
  std::uint64_t broken_lines_ = 0;
};

}  // namespace penstock
