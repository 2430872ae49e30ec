// The `http` source: each request's body is a stream of events, and its sender is told "accepted" when they are safe.
//
// A body is collected first, inflated and bounded; only a whole one enters the pipeline, so a sender that goes away halfway
// leaves nothing behind. The answer is JSON:
//
//   200 {"accepted":98,"rejected":2,"first_error":"...","first_error_offset":1024}   delivered, spooled, filtered, or (rejected)
//                                                                                    in the dead letter
//   400 {"error":"...","offset":0,...}   nothing in it is an event, or its compression is broken
//   401, 403, 404, 405, 413, 415         {"error":"..."}
//   408, and the connection is closed    the body did not come whole within body_timeout
//   429, 503 with Retry-After            later: nothing of it was taken, or not all of it became safe (then sending it again
//                                        may bring some events twice)
#pragma once
#include "bindings/source/http_options.h"
#include "runtime/plan/components.h"
#include "runtime/plan/source.h"

namespace penstock {

// One for all workers.
class HttpSourcePlan final : public SourcePlan {
 public:
  explicit HttpSourcePlan(HttpSourceOptions options);
  std::unique_ptr<Source> open(SourceContext& context) override;
  bool finite() const override { return false; }
  bool replayable() const override { return false; }
  bool answers_when_durable() const override { return true; }
  bool overlaps() const override { return true; }
  std::vector<std::string> formats() const override;
  std::string describe() const override { return options_.describe(); }

 private:
  const HttpSourceOptions options_;
  std::vector<std::unique_ptr<net::Listening>> listening_;  // one for each address
};

Result<std::unique_ptr<SourcePlan>> make_http_source(const Value& options, const PlanContext& context);

}  // namespace penstock
