// The bucket and directory of an `s3` or `oss` sink, as `penstock destination verify|policy` knows them.
#pragma once
#include <memory>

#include "bindings/object/object_options.h"
#include "runtime/plan/owned_destination.h"

namespace penstock::object {

// Ownership is proved to buckets of S3 and of stores that speak its protocol, not to OSS's. The token's file is
// `penstock-ownership-ID.txt` in the directory of the sink's objects.
std::unique_ptr<OwnedDestination> owned_bucket(std::shared_ptr<const ObjectSinkOptions> options, bool must_be_verified);

}  // namespace penstock::object
