#include "bindings/object/quiet_stretches.h"

namespace penstock::object {

void QuietStretches::begin() {
  stretches_.clear();
  previous_.clear();
  keys_ = 0;
  in_order_ = true;
}

void QuietStretches::note(const std::string& key, bool quiet) {
  if (key < previous_) in_order_ = false;
  if (!quiet) close();
  if (quiet && keys_++ == 0) begins_after_ = previous_;
  previous_ = key;
}

void QuietStretches::end() {
  close();
  if (!in_order_) stretches_.clear();
}

// The run ends with the key before the one that is noted now.
void QuietStretches::close() {
  if (keys_ >= keys_min && stretches_.size() < stretches_max) stretches_[begins_after_] = previous_;
  keys_ = 0;
}

std::optional<std::string> QuietStretches::end_of(const std::string& key) const {
  auto found = stretches_.upper_bound(key);
  if (found == stretches_.begin()) return std::nullopt;
  --found;
  if (key >= found->second) return std::nullopt;
  return found->second;
}

}  // namespace penstock::object
