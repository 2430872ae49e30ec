// `penstock state list|check`.
#pragma once
#include <string>

namespace penstock {

// Every checkpoint: where each stream is read up to; every sink's spool: what waits there; and the destinations that were verified,
// or are to be.
int state_list(const std::string& state_directory);
// Whether the state is sound, spooled packages and dead letters included; 1 when it is not, saying what.
int state_check(const std::string& state_directory);

}  // namespace penstock
