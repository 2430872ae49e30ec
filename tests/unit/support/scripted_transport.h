// A destination in memory that answers as a test tells it.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/delivery/transport.h"
#include "tests/unit/support/fake_scheduler.h"

namespace penstock::testing {

// Answers a request `latency` after it was sent, by `decide`, which sees the package; without `decide` requests stay open until
// answer() is called.
class ScriptedTransport : public Transport {
 public:
  explicit ScriptedTransport(FakeScheduler& scheduler) : scheduler_(scheduler) {}

  std::function<Answer(const Package&)> decide;
  std::chrono::milliseconds latency{1};
  // What the destination took, in order: bodies and ids.
  std::vector<std::string> taken, taken_ids;
  // Every request made, taken or not.
  std::vector<std::string> sent, sent_ids;
  std::vector<std::chrono::milliseconds> sent_at;
  int given_up = 0;

  Status open() override { return {}; }
  std::unique_ptr<Request> send(const Package& package, std::function<void(Answer)> done) override {
    auto request = std::make_unique<Open>(*this, package, std::move(done));
    sent.emplace_back(package.body.view());
    sent_ids.push_back(package.id);
    sent_at.push_back(scheduler_.now());
    open_.push_back(request.get());
    if (decide) {
      request->timer = scheduler_.after(latency, [this, it = request.get()] { answer_one(it, decide(it->package)); });
    }
    return request;
  }
  std::size_t in_flight() const { return open_.size(); }
  // Answers the oldest request that is open. Requires one.
  void answer(Answer with) { answer_one(open_.front(), std::move(with)); }

 private:
  struct Open : Request {
    Open(ScriptedTransport& t, const Package& p, std::function<void(Answer)> d) : owner(t), package(p), done(std::move(d)) {}
    ~Open() override {
      if (std::erase(owner.open_, this) != 0) ++owner.given_up;
    }
    ScriptedTransport& owner;
    const Package& package;
    std::function<void(Answer)> done;
    std::unique_ptr<Scheduled> timer;
  };

  void answer_one(Open* request, Answer with) {
    std::erase(open_, request);
    if (with.outcome == Outcome::delivered) {
      taken.emplace_back(request->package.body.view());
      taken_ids.push_back(request->package.id);
    }
    request->done(std::move(with));
  }

  FakeScheduler& scheduler_;
  std::deque<Open*> open_;
};

inline Answer delivered() { return {}; }
inline Answer transient(const std::string& text = "HTTP 503") { return {Outcome::transient, text, {}}; }
inline Answer configuration(const std::string& text = "HTTP 401") { return {Outcome::configuration, text, {}}; }
inline Answer refused(const std::string& text = "HTTP 400") { return {Outcome::data, text, {}}; }

}  // namespace penstock::testing
