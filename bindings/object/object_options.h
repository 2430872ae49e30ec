// What a script says about an `s3` or `oss` sink, checked. Schema: scripts/stdlib/penstock/schema/sink/{s3,oss}.lua.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "bindings/compress/compression.h"
#include "bindings/object/store_options.h"
#include "bindings/object/upload.h"
#include "runtime/base/value.h"
#include "runtime/plan/codec.h"

namespace penstock::object {

struct ObjectSinkOptions : StoreOptions {
  UploadSettings upload;  // its writer has only the extension yet
  Compression compression = Compression::gzip;
  int compression_level = 0;

  // `machine`: where the region comes from when the script gives none. Code::invalid says which option is wrong; never what a
  // secret says.
  static Result<ObjectSinkOptions> from(Vendor vendor, const Value& options, const Framing& framing, const credentials::Machine& machine);
  // `s3://logs/edge/{yyyy}/... (eu-west-1)`
  std::string describe() const;
};

// The name of the header that says how an object is encrypted by the store.
std::string_view encryption_header(Vendor vendor);
// Its value for this sink's objects: AES256, aws:kms, KMS; empty: it is not sent.
std::string_view encryption_of(const ObjectSinkOptions& options);

// The machine's name, for {host}.
std::string host_name();

}  // namespace penstock::object
