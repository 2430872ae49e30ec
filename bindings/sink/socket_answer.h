// What a failure of a connection means for the package that it was to carry.
#pragma once
#include "runtime/base/status.h"
#include "runtime/delivery/transport.h"

namespace penstock {

// configuration for what a person has to mend (an unknown host, a certificate, permission), transient for everything else.
inline Answer answer_of(const Status& failure) {
  const bool for_people = failure.code() == Code::not_found || failure.code() == Code::denied || failure.code() == Code::invalid;
  return {for_people ? Outcome::configuration : Outcome::transient, failure.text(), {}};
}

}  // namespace penstock
