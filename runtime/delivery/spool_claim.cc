#include "runtime/delivery/spool_claim.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace penstock {

namespace {

struct Claims {
  std::mutex mutex;
  // By directory: families in the order in which they came, with how many workers hold a claim.
  std::map<std::string, std::vector<std::pair<const void*, int>>> families;  // guarded by mutex
};

Claims& claims() {
  static Claims all;
  return all;
}

}  // namespace

SpoolClaim::SpoolClaim(std::string directory, const void* family) : directory_(std::move(directory)), family_(family) {
  const std::lock_guard lock(claims().mutex);
  auto& families = claims().families[directory_];
  const auto mine = std::find_if(families.begin(), families.end(), [&](const auto& row) { return row.first == family_; });
  if (mine != families.end()) {
    ++mine->second;
  } else {
    families.emplace_back(family_, 1);
  }
}

SpoolClaim::~SpoolClaim() {
  const std::lock_guard lock(claims().mutex);
  auto& families = claims().families[directory_];
  for (auto& [family, workers] : families)
    if (family == family_) --workers;
  std::erase_if(families, [](const auto& row) { return row.second == 0; });
  if (families.empty()) claims().families.erase(directory_);
}

bool SpoolClaim::others_before() const {
  const std::lock_guard lock(claims().mutex);
  return claims().families[directory_].front().first != family_;
}

}  // namespace penstock
