// How far an object source is behind its bucket, for the metrics.
#pragma once
#include <vector>

#include "bindings/object/object_catalog.h"
#include "runtime/base/own_metrics.h"

namespace penstock::object {

// Of all workers together, so that one of them publishes it. A walk stops at ObjectCatalog::waiting_max: behind that it is not known
// how much more there is.
std::vector<OwnMetric> lag_of(const ObjectCatalog& catalog);

}  // namespace penstock::object
