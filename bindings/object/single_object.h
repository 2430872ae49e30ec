// One small object beside those of a sink's stream, written as those are and removed: a test's, or a token's.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "bindings/object/body_digest.h"
#include "bindings/object/object_store.h"
#include "bindings/object/upload.h"

namespace penstock::object {

class SingleObject {
 public:
  using Done = std::function<void(const ObjectReply&)>;

  // `store` outlives it.
  SingleObject(Scheduler& scheduler, ObjectStore& store, UploadSettings settings, std::string key, Package package);

  // Each calls `done` once, not from inside this; one at a time. This may not be destroyed in it.
  void put(Done done);
  void remove(Done done);

  // For the next put().
  UploadSettings& settings() { return settings_; }
  const std::string& key() const { return key_; }
  // `s3://BUCKET/KEY`
  std::string name() const { return object_name(store_.place(), key_); }

 private:
  Scheduler& scheduler_;
  ObjectStore& store_;
  UploadSettings settings_;
  const std::string key_;
  const Package package_;
  std::unique_ptr<BodyDigest> digest_;
  std::unique_ptr<Exchange> exchange_;
};

}  // namespace penstock::object
