// `penstock dead-letter list|show|replay`.
#pragma once
#include <cstdint>
#include <string>

#include "runtime/main/program.h"

namespace penstock {

// How many letters each pipeline has, and why: the commonest reasons first.
int dead_letter_list(const std::string& state_directory);
// One letter after another, as JSON lines, oldest first; `pipeline` empty: of all; at most `limit` (0: all).
int dead_letter_show(const std::string& state_directory, const std::string& pipeline, std::uint64_t limit);
// Sends letters through the (mended) script again, each pipeline's through its own stages and sinks; what was delivered,
// filtered or sampled out is taken out of the dead letter, what failed again stays as a new letter.
int dead_letter_replay(const std::string& pipeline, const ProgramOptions& options);

}  // namespace penstock
