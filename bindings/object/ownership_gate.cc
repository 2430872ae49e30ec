#include "bindings/object/ownership_gate.h"

#include <optional>

#include "runtime/delivery/ownership.h"

namespace penstock::object {

namespace {

class GatedTransport final : public Transport {
 public:
  GatedTransport(OwnershipGate gate, std::unique_ptr<Transport> transport, Scheduler& scheduler)
      : gate_(std::move(gate)), transport_(std::move(transport)), scheduler_(scheduler) {}

  Status open() override { return transport_->open(); }
  std::unique_ptr<Request> send(const Package& package, std::function<void(Answer)> done) override {
    if (verified_) return transport_->send(package, std::move(done));
    return std::make_unique<Asking>(*this, package, std::move(done));
  }
  bool idle() const override { return transport_->idle(); }

 private:
  // A package that waits for the record to be read.
  class Asking final : public Request {
   public:
    Asking(GatedTransport& transport, const Package& package, std::function<void(Answer)> done) : transport_(transport), package_(package), done_(std::move(done)) {
      auto found = std::make_shared<std::optional<Result<bool>>>();
      look_ = transport_.scheduler_.in_background([found, gate = transport_.gate_] { found->emplace(is_verified(gate.state_directory, gate.destination)); },
                                                  [this, found] { on_found(**found); });
    }

   private:
    void on_found(const Result<bool>& verified) {
      const std::function<void(Answer)> done = std::move(done_);
      if (!verified.ok()) return done({Outcome::transient, verified.status().text(), {}});
      if (!verified.value()) return done({Outcome::configuration, transport_.gate_.refusal, {}});
      transport_.verified_ = true;
      request_ = transport_.transport_->send(package_, done);
    }

    GatedTransport& transport_;
    const Package& package_;
    std::function<void(Answer)> done_;
    std::unique_ptr<Request> request_;
    std::unique_ptr<Scheduled> look_;
  };

  const OwnershipGate gate_;
  std::unique_ptr<Transport> transport_;
  Scheduler& scheduler_;
  bool verified_ = false;
};

}  // namespace

std::unique_ptr<Transport> behind_gate(OwnershipGate gate, std::unique_ptr<Transport> transport, Scheduler& scheduler) {
  return std::make_unique<GatedTransport>(std::move(gate), std::move(transport), scheduler);
}

}  // namespace penstock::object
