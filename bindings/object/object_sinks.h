// The sinks `s3` and `oss`: events as objects of a bucket, one for each batch. Options: scripts/stdlib/penstock/schema/object.lua.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

// Adds `s3` and `oss`.
void add_object_sinks(Components& components);

}  // namespace penstock
