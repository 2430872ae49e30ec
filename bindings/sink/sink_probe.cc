#include "bindings/sink/sink_probe.h"

#include <fmt/format.h>

#include "runtime/base/clock.h"

namespace penstock {

namespace {

using std::chrono::milliseconds;

class SinkProbe final : public Probe {
 public:
  SinkProbe(Scheduler& scheduler, SinkProbeParts parts, Package package, ProbeReport report)
      : scheduler_(scheduler), parts_(std::move(parts)), package_(std::move(package)), report_(std::move(report)) {
    step_ = scheduler_.after(milliseconds(0), [this] { next(); });
  }

 private:
  void next() {
    if (at_ < parts_.connections.size()) {
      part_ = probe_connection(scheduler_, parts_.connections[at_++], {[this](ProbeStep step) { tell(std::move(step)); }, [this](bool well) { on_connection(well); }});
      return;
    }
    if (!parts_.connections.empty() && !reached_) return give_up();
    part_ = parts_.deliver(std::move(package_), {report_.on_step, [this](bool well) { finish(well && (all_well_ || one_of_several())); }});
  }
  bool one_of_several() const { return parts_.one_is_enough && parts_.connections.size() > 1; }
  // Of one of several nobody knows yet whether it matters.
  void tell(ProbeStep step) {
    if (one_of_several() && step.result == ProbeStep::Result::failed) step.result = ProbeStep::Result::warned;
    report_.on_step(std::move(step));
  }
  void give_up() {
    if (one_of_several())
      report_.on_step({"delivery", ProbeStep::Result::failed, fmt::format("not tried: none of {} addresses can be connected to", parts_.connections.size()), "see the steps above"});
    else
      report_.on_step({"delivery", ProbeStep::Result::skipped, "not tried"});
    finish(false);
  }
  // The part that calls this goes in a turn of its own.
  void on_connection(bool well) {
    reached_ = reached_ || well;
    all_well_ = all_well_ && well;
    step_ = scheduler_.after(milliseconds(0), [this] { next(); });
  }
  void finish(bool well) {
    const auto done = std::move(report_.on_done);
    done(well);  // *this may be gone now
  }

  Scheduler& scheduler_;
  const SinkProbeParts parts_;
  Package package_;
  ProbeReport report_;
  std::size_t at_ = 0;
  bool reached_ = false;
  bool all_well_ = true;
  std::unique_ptr<Probe> part_;
  std::unique_ptr<Scheduled> step_;
};

class DeliveryProbe final : public Probe {
 public:
  DeliveryProbe(Scheduler& scheduler, std::unique_ptr<Transport> transport, std::string sent, Package package, ProbeReport report)
      : transport_(std::move(transport)), sent_(std::move(sent)), package_(std::move(package)), report_(std::move(report)) {
    step_ = scheduler.after(milliseconds(0), [this] { begin(); });
  }

 private:
  void begin() {
    began_ = monotonic_now();
    if (Status opened = transport_->open(); !opened.ok()) return finish({Outcome::configuration, opened.text(), {}});
    request_ = transport_->send(package_, [this](const Answer& answer) { finish(answer); });
  }
  void finish(const Answer& answer) {
    ProbeStep step = step_of("delivery", answer, sent_);
    step.took = std::chrono::duration_cast<std::chrono::microseconds>(monotonic_now() - began_);
    report_.on_step(std::move(step));
    const auto done = std::move(report_.on_done);
    done(answer.outcome == Outcome::delivered);  // *this may be gone now
  }

  std::unique_ptr<Transport> transport_;
  const std::string sent_;
  const Package package_;
  ProbeReport report_;
  std::chrono::nanoseconds began_{};
  std::unique_ptr<Transport::Request> request_;  // goes before its transport and package
  std::unique_ptr<Scheduled> step_;
};

const char* advice_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::transient: return "it may pass: a run would try again for as long as it takes; look at the destination when it stays";
    case Outcome::data: return "the destination refuses what it is sent: check format and compression, and what it expects";
    default: return "";
  }
}

}  // namespace

ProbeStep step_of(std::string name, const Answer& answer, std::string sent) {
  if (answer.outcome == Outcome::delivered) return {std::move(name), ProbeStep::Result::passed, std::move(sent)};
  ProbeStep step{std::move(name), ProbeStep::Result::failed, answer.text, advice_of(answer.outcome)};
  static constexpr std::string_view mark = " (hint: ";
  const std::size_t hint = answer.text.rfind(mark);
  if (hint == std::string::npos || !answer.text.ends_with(')')) return step;
  step.text = answer.text.substr(0, hint);
  step.advice = answer.text.substr(hint + mark.size(), answer.text.size() - hint - mark.size() - 1);
  return step;
}

std::unique_ptr<Probe> probe_sink(Scheduler& scheduler, SinkProbeParts parts, Package package, ProbeReport report) {
  return std::make_unique<SinkProbe>(scheduler, std::move(parts), std::move(package), std::move(report));
}

std::unique_ptr<Probe> probe_delivery(Scheduler& scheduler, std::unique_ptr<Transport> transport, std::string sent, Package package, ProbeReport report) {
  return std::make_unique<DeliveryProbe>(scheduler, std::move(transport), std::move(sent), std::move(package), std::move(report));
}

}  // namespace penstock
