// A destination being tried: what `penstock destination test` asks of a sink.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace penstock {

// One thing that was tried on the way to a delivery.
struct ProbeStep {
  enum class Result : std::uint8_t {
    passed,
    warned,   // it works, and somebody should look at it
    failed,
    skipped,  // a step before it failed
  };
  std::string name;    // `DNS`, `TCP`, `TLS`, `permission`, `delivery`
  Result result = Result::passed;
  // What was found. Never a secret.
  std::string text;
  std::string advice = {};  // what to do about it
  std::optional<std::chrono::microseconds> took = {};
};

// Called on the scheduler's thread, never from inside the call that begins the probe.
struct ProbeReport {
  std::function<void(ProbeStep)> on_step;
  // Once, after the last step; whether none failed. The probe may be destroyed in it.
  std::function<void(bool well)> on_done;
};

// Under way while it lives; destroying it gives up. It is bounded in time by the sink's own timeouts.
class Probe {
 public:
  virtual ~Probe() = default;
};

}  // namespace penstock
