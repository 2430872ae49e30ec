#include "runtime/delivery/state_directory.h"

#include <filesystem>

#include "runtime/base/file_system.h"

namespace penstock {

Status make_private_directory(std::string directory) {
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  const std::string parent = std::filesystem::path(directory).parent_path().string();
  if (const int made = real_file_system().make_directories(parent); made < 0) return Status::from_errno(-made, parent);
  const int made = real_file_system().make_directories(directory, 0700);
  return made < 0 ? Status::from_errno(-made, directory) : Status();
}

}  // namespace penstock
