// The bucket of an `s3` or `oss` sink being tried: keys are fetched, a small object is written where the sink's go, and removed.
#pragma once
#include <memory>

#include "bindings/object/object_options.h"
#include "runtime/delivery/package.h"
#include "runtime/plan/probe.h"

namespace penstock::object {

// Steps: `credentials`, `clock` and `region` (when they were wrong and the sink mends them), `signature`, `bucket`, `permission` or
// `object`, and `removal`, which may fail without harm: the sink itself removes nothing. A bucket that refuses is tried once more
// with server-side encryption, for that is what it may want. `options` outlives it.
std::unique_ptr<Probe> probe_bucket(const ObjectSinkOptions& options, Scheduler& scheduler, Package package, ProbeReport report);

// What the test object is named, below the directory of the sink's objects: `penstock-test-{id}.{extension}`.
KeyTemplate test_key(const ObjectSinkOptions& options);

}  // namespace penstock::object
