// How packages get to one destination. Implemented by the sinks of each protocol; retries, batching and the spool are not
// its business: it sends once and classifies what came of it.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/delivery/package.h"

namespace penstock {

// What a destination's answer means, once for all sinks.
enum class Outcome : std::uint8_t {
  delivered,
  // Network trouble, 5xx, 408, 429, throttling: tried again, with backoff, for as long as it takes.
  transient,
  // Something that a person has to mend: 401, 403, 404, unknown host, bad certificate. The sink pauses, says so loudly, and
  // tries again at a slow beat.
  configuration,
  // The destination will never take these events: too large, malformed. The package is halved until the culprit stands
  // alone; that goes to the dead letter with `text`.
  data,
};

// What became of one of a package's entries.
struct EntryFailure {
  std::uint32_t entry = 0;
  Outcome outcome = Outcome::data;  // never delivered
  std::string text;                 // as Answer's
};

struct Answer {
  Outcome outcome = Outcome::delivered;
  // For people, not ended by a period: `HTTP 503 from https://logs.example.com/ingest: "overloaded"`. Never holds a secret.
  std::string text;
  // When the destination said how long to wait (Retry-After).
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
  // From a destination that answers for each entry: those that it did not take, ascending; all others are delivered. Then `outcome`
  // is what this says of the destination: transient or configuration when one of these is, else delivered. Empty: `outcome` is for
  // the whole package.
  std::vector<EntryFailure> failures = {};
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Once, before anything is sent: what needs no network (TLS files). Trouble with the network is for send() to tell.
  virtual Status open() = 0;
  // A request under way; destroying it gives it up: `done` is not called, and the destination may or may not have it.
  class Request {
   public:
    virtual ~Request() = default;
  };
  // Sends the package, which stays where it is and unchanged until the request is gone. Calls `done` exactly once, never from
  // inside send(), within the transport's own timeout. The request is destroyed soon after that, not from inside `done`.
  virtual std::unique_ptr<Request> send(const Package& package, std::function<void(Answer)> done) = 0;
  // The package will not be sent again, although it was not delivered: what was kept for its next try can go.
  virtual void gave_up(const Package& package) { (void)package; }
  // Nothing of its own is left to do. A run whose packages are all delivered waits for it, so it must be bounded.
  virtual bool idle() const { return true; }
  // The event's own bytes in an entry of a package, for the dead letter: some transports need more in an entry than the event.
  virtual ByteView event_of(const Package&, ByteView entry) const { return entry; }
};

}  // namespace penstock
