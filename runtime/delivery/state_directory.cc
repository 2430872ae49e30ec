#include "runtime/delivery/state_directory.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

namespace penstock {

Status make_private_directory(std::string directory) {
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  std::error_code failed;
  const std::filesystem::path parent = std::filesystem::path(directory).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, failed);
  if (failed) return Status::from_errno(failed.value(), parent.string());
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return Status::from_errno(errno, directory);
  return {};
}

}  // namespace penstock
