#include "runtime/delivery/destination.h"

#include <algorithm>
#include <utility>

#include "runtime/base/units.h"

namespace penstock {

namespace {

// A wait that the destination asks for is told from this on.
constexpr std::chrono::seconds told_from{30};

}  // namespace

Destination::Destination(const DeliveryOptions& options, SinkCounters& counters, TroubleNotice& notice, Tell tell, std::uint32_t seed)
    : pause_(options.pause),
      counters_(counters),
      notice_(notice),
      tell_(std::move(tell)),
      schedule_(options.retry_min, options.retry_max, seed),
      breaker_(options.breaker_failures),
      limit_(options.ordered ? 1 : options.concurrency) {
  publish(Milliseconds{0});
}

Destination::~Destination() { end_notices(); }

int Destination::allowed(Milliseconds now) const {
  return now < opens_at_ ? 0 : limit();
}

void Destination::on_send(int in_flight, Milliseconds now) {
  limit_.on_send(in_flight);
  publish(now);
}

void Destination::on_delivered(Milliseconds started, Milliseconds now, std::chrono::microseconds latency) {
  limit_.on_success(latency);
  // What was under way before a pause is no sign that it is over; one after another failed in a row, or did not.
  if (!paused_ || started > trouble_since_) {
    if (started > asked_by_) opens_at_ = std::min(opens_at_, now);
    recover(now, "delivers again");
  }
  publish(now);
}

void Destination::on_data(Milliseconds now) {
  if (paused_) {
    breaker_.on_success();
  } else {
    recover(now, "answers again");
  }
  publish(now);
}

Destination::Milliseconds Destination::on_transient(Milliseconds started, Milliseconds now, const Answer& answer, std::uint32_t failures) {
  counters_.transient_failures.add(1);
  counters_.note_failure(answer.text);
  limit_.on_failure(started, now);
  const bool was_open = breaker_.open();
  const bool news = !in_trouble() || started > trouble_since_;
  if (news) breaker_.on_failure();
  const Milliseconds delay = schedule_.delay(failures, answer.retry_after);
  if (answer.retry_after) wait_as_asked(started, now, delay, answer);
  if (paused_) {
    if (news) opens_at_ = std::max(opens_at_, now + pause_);
  } else if (breaker_.open() && news) {
    if (!was_open) begin_trouble(Kind::down, now, "the destination fails; trying again until it takes what waits: " + answer.text);
    opens_at_ = std::max(opens_at_, now + schedule_.delay(breaker_.failures_open()));
  }
  publish(now);
  return now + delay;
}

// It says so of itself, not of the one request.
void Destination::wait_as_asked(Milliseconds started, Milliseconds now, Milliseconds delay, const Answer& answer) {
  asked_by_ = std::max(asked_by_, started);
  opens_at_ = std::max(opens_at_, now + delay);
  if (in_trouble() || delay < told_from) return;
  begin_trouble(Kind::down, now, "the destination asks to wait " + human_duration(delay) + ", nothing is sent until then: " + answer.text);
}

void Destination::on_configuration(Milliseconds now, const Answer& answer) {
  counters_.configuration_failures.add(1);
  counters_.note_failure(answer.text);
  // Told also when the destination was down before: this needs a person.
  if (!std::exchange(paused_, true))
    begin_trouble(Kind::paused, now, "paused, for this has to be mended: " + answer.text + "; nothing is lost, trying again every " + human_duration(pause_));
  opens_at_ = std::max(opens_at_, now + (answer.retry_after ? schedule_.delay(1, answer.retry_after) : pause_));
  publish(now);
}

void Destination::recover(Milliseconds now, const char* text) {
  breaker_.on_success();
  paused_ = false;
  if (now < opens_at_) return;  // it asked for time, and an older request says nothing of that
  if (end_notices()) tell_(std::string(text) + ", after " + human_duration(now - trouble_since_));
}

void Destination::begin_trouble(Kind kind, Milliseconds now, const std::string& text) {
  trouble_since_ = now;
  bool& noticed = noticed_[static_cast<std::size_t>(kind)];
  if (noticed) return;
  noticed = true;
  if (notice_.begin(kind)) tell_(text);
}

// Returns whether this was the last worker in trouble.
bool Destination::end_notices() {
  bool last = false;
  for (const Kind kind : {Kind::down, Kind::paused})
    if (std::exchange(noticed_[static_cast<std::size_t>(kind)], false)) last |= notice_.end(kind);
  return last;
}

void Destination::publish(Milliseconds now) {
  const bool waits = breaker_.open() || now < opens_at_;
  counters_.state.store(paused_ ? SinkState::paused : waits ? SinkState::retrying : SinkState::ok, std::memory_order_relaxed);
  counters_.concurrency.set(static_cast<std::uint64_t>(limit()));
}

}  // namespace penstock
