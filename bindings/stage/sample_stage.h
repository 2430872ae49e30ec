// The stage `sample`: keeps a share of the events.
//
// Options: rate (0 < rate <= 1); key (a path, optional); seed (integer, optional); add_rate (a path, optional).
//
// Without key, each event is kept at random. With seed the choice repeats: it depends on the seed, the worker's number and
// the order of the events; without, each run chooses anew.
//
// With key, an event is kept when XXH64 (xxHash, 64 bits, seeded with `seed`, 0 when none is given) of the key's bytes is
// below rate * 2^64. So all events of one key stay or go together, on every worker and machine and in every version, and
// what a rate keeps every higher rate keeps too. The key's bytes are a string's unescaped value and any other value's JSON
// text (1 and 1.0 are two keys). Events without the key are one key: the empty one.
//
// add_rate writes the rate into that field of the events that are kept, so that counts can be scaled back. A
// rate (a number above 0 and up to 1) that is there already, left by an earlier sampling, is multiplied by this one's.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

Result<std::unique_ptr<StagePlan>> make_sample_stage(const Value& options, const PlanContext& context);

}  // namespace penstock
