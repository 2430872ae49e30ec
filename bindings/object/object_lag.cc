#include "bindings/object/object_lag.h"

namespace penstock::object {

std::vector<OwnMetric> lag_of(const ObjectCatalog& catalog) {
  constexpr auto gauge = OwnMetric::Type::gauge;
  const ObjectCatalog::Waiting waiting = catalog.waiting();
  return {
      {"penstock_object_lag_objects", gauge, "Objects that are listed and not safe at their destination yet.", {}, static_cast<double>(catalog.unread())},
      {"penstock_object_waiting_objects", gauge, "Those of them that nobody reads yet; at 10,000 the list is not walked further.", {}, static_cast<double>(waiting.objects)},
      {"penstock_object_waiting_bytes", gauge, "Their size in the bucket.", {}, static_cast<double>(waiting.bytes)},
  };
}

}  // namespace penstock::object
