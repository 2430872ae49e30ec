#include "bindings/credentials/server_clock.h"

#include "bindings/sign/http_date.h"
#include "runtime/base/units.h"

namespace penstock::credentials {

namespace {

// A clock that is off by less is not what a server complains about (AWS and Alibaba Cloud allow 15 minutes).
constexpr std::chrono::seconds offset_least{60};

}  // namespace

std::optional<std::string> ServerClock::correct(std::string_view date, const std::string& whose) {
  const auto server = sign::parse_http_date(date);
  if (!server) return std::nullopt;
  const auto offset = std::chrono::duration_cast<std::chrono::seconds>(*server - machine_());
  if (std::chrono::abs(offset - offset_) < offset_least) return std::nullopt;
  offset_ = offset;
  return "this machine's clock is " + human_duration(std::chrono::abs(offset)) + (offset.count() > 0 ? " behind " : " ahead of ") + whose +
         "'s; signing by " + whose + "'s";
}

}  // namespace penstock::credentials
