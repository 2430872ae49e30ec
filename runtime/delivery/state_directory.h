// Directories for state: nobody else looks into them.
#pragma once
#include <string>

#include "runtime/base/status.h"

namespace penstock {

// Makes `directory` with mode 0700, and what is missing above it with the process's umask. One that is there stays as it is.
Status make_private_directory(std::string directory);

}  // namespace penstock
