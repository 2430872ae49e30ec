// What a script says about an `s3` or `oss` source, checked. Schema: scripts/stdlib/penstock/schema/source/{s3,oss}.lua.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "bindings/compress/compression.h"
#include "bindings/object/store_options.h"
#include "bindings/object/store_xml.h"
#include "bindings/source/path_pattern.h"

namespace penstock::object {

struct ObjectSourceOptions : StoreOptions {
  using Time = std::chrono::system_clock::time_point;

  std::string prefix;               // of the keys, as it is
  std::string start_after;          // keys up to this one are left out
  std::vector<PathPattern> match;   // none: every key
  std::vector<PathPattern> exclude;
  std::optional<Time> since;        // objects last modified before it are left out
  std::string since_text;           // as the script has it
  std::chrono::milliseconds lookback{std::chrono::hours(24)};
  bool follow = true;
  std::chrono::milliseconds poll{60'000};       // between walks
  std::chrono::milliseconds poll_all{3'600'000};  // between those over all keys
  std::optional<Compression> compression;       // nothing: told by each object
  std::size_t objects_open_max = 4;             // on each worker
  std::size_t piece_bytes = 4 << 20;            // of one request

  // Code::invalid says which option is wrong; never what a secret says. `now`: for a `since` that is a time ago.
  static Result<ObjectSourceOptions> from(Vendor vendor, const Value& options, const credentials::Machine& machine, Time now);

  // Whether it is to be read: by its key, time and size (what is empty is not).
  bool takes(const ListedObject& object) const;
  // What of the bucket is read, as one text: another one is another set of objects.
  std::string selection() const;
  // `s3://logs/edge/* (eu-west-1) (followed)`
  std::string describe() const;
};

}  // namespace penstock::object
