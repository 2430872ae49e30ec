// The policy that lets a sink write to a bucket, and to nothing else in it.
//
// S3: Amazon S3 user guide, "Policies and permissions in Amazon S3", "Protecting data with server-side encryption". OSS: Alibaba
// Cloud OSS, "Authorization syntax and elements": without a principal it is a RAM policy, with one a bucket policy.
#pragma once
#include "bindings/object/object_options.h"
#include "runtime/plan/owned_destination.h"

namespace penstock::object {

// s3:PutObject and s3:AbortMultipartUpload (OSS: oss:...) on the sink's directory: objects, parts of them, and token files. With
// encryption (the sink's, or because it is wished for) objects are taken only with its header; when it is required, those that
// anybody writes there without it are refused.
Policy bucket_policy(const ObjectSinkOptions& options, const PolicyWishes& wishes);

}  // namespace penstock::object
