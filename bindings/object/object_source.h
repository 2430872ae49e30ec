// The sources `s3` and `oss`: the objects of a bucket, read once each, and new ones as they come.
//
// Worker 0 looks for objects (ObjectLister); every worker takes them one by one (ObjectCatalog) and reads a few at a time
// (ObjectInput). Memory of a worker: its objects at a time, twice a piece each, and what their formats hold of an event.
#pragma once
#include <memory>

#include "bindings/object/object_catalog.h"
#include "bindings/object/object_source_options.h"
#include "runtime/plan/components.h"

namespace penstock::object {

// What the workers of one source share. Outlives the sources that it opens.
class ObjectSourcePlan final : public SourcePlan {
 public:
  ObjectSourcePlan(ObjectSourceOptions options, int workers);
  std::unique_ptr<Source> open(SourceContext& context) override;
  bool finite() const override { return !options_.follow; }
  bool replayable() const override { return true; }
  std::string describe() const override { return options_.describe(); }

  const ObjectSourceOptions& options() const { return options_; }
  ObjectCatalog& catalog() { return catalog_; }

 private:
  const ObjectSourceOptions options_;
  ObjectCatalog catalog_;
};

}  // namespace penstock::object

namespace penstock {

void add_object_sources(Components& components);

}  // namespace penstock
