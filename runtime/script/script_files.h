// The files of a script as they were read: the script and the modules that it requires.
#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/status.h"

namespace penstock::script {

// Every state that runs a script reads it through the same ScriptFiles, so that all of them run the same text, whatever
// becomes of the files meanwhile. Thread-safe.
class ScriptFiles {
 public:
  // The file's text, from the disk at the first time. As read_script_file() fails, then and at each further try.
  Result<std::string> read(const std::string& path);
  // The text if it was read.
  std::optional<std::string> text(const std::string& path) const;
  // A file that would be read if it were there.
  void note_missing(const std::string& path);
  // All of them, the missing ones too: a change of any may change the script.
  std::vector<std::string> paths() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::optional<std::string>> files_;  // nothing: not there, or unreadable
};

}  // namespace penstock::script
