// Where secrets come from.
#pragma once
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/base/value.h"

namespace penstock::script {

// A file of a secret may have this many bytes.
inline constexpr std::size_t secret_bytes_max = 64 * 1024;

// Reads the secret that `reference` names: `env:NAME` is an environment variable, `file:PATH` a file's content without the
// line end at its end. Failures (not_found, denied, invalid for another spelling, limit for a larger file) name the
// variable or the file, never the text.
Result<Secret> read_secret(std::string_view reference);

}  // namespace penstock::script
