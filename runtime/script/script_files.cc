#include "runtime/script/script_files.h"

#include "runtime/script/sandbox.h"

namespace penstock::script {

Result<std::string> ScriptFiles::read(const std::string& path) {
  const std::lock_guard lock(mutex_);
  std::optional<std::string>& known = files_[path];
  if (known) return *known;
  Result<std::string> read = read_script_file(path);
  if (read.ok()) known = *read;
  return read;
}

std::optional<std::string> ScriptFiles::text(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(path);
  return found == files_.end() ? std::nullopt : found->second;
}

void ScriptFiles::note_missing(const std::string& path) {
  const std::lock_guard lock(mutex_);
  files_.try_emplace(path);
}

std::vector<std::string> ScriptFiles::paths() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [path, text] : files_) out.push_back(path);
  return out;
}

}  // namespace penstock::script
