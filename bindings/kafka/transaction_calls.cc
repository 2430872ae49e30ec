#include "bindings/kafka/transaction_calls.h"

#include <string>
#include <utility>

#include "bindings/kafka/failure.h"
#include "bindings/kafka/handles.h"

namespace penstock::kafka {

namespace {

// What a thread of the pool hands back.
struct Made {
  Status status;
  bool again = false;  // it is not over, or may succeed the next time
};

Code code_of(const Error& error) {
  if (outcome_of(rd_kafka_error_code(error.get())) == Outcome::configuration) return Code::invalid;
  if (rd_kafka_error_is_fatal(error.get())) return Code::closed;
  return rd_kafka_error_txn_requires_abort(error.get()) ? Code::retryable : Code::io;
}

Made make(rd_kafka_t* producer, const TransactionCalls::Step& step) {
  const Error error(step.call(producer, static_cast<int>(TransactionCalls::piece.count())));
  if (!error) return {};
  return {Status(code_of(error), std::string(step.what) + ": " + hinted(rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get()))),
          rd_kafka_error_is_retriable(error.get()) && !rd_kafka_error_txn_requires_abort(error.get())};
}

}  // namespace

struct TransactionCalls::Run {
  std::shared_ptr<Client> client;
  std::vector<Step> steps;
  OnDone done;
  std::size_t at = 0;
  std::chrono::milliseconds until{0};  // of the step
};

TransactionCalls::TransactionCalls(Scheduler& scheduler) : scheduler_(scheduler) {}
TransactionCalls::~TransactionCalls() = default;

void TransactionCalls::run(std::shared_ptr<Client> client, std::vector<Step> steps, OnDone done) {
  running_ = std::make_unique<Run>(Run{std::move(client), std::move(steps), std::move(done), 0, scheduler_.now() + patience});
  next_piece();
}

void TransactionCalls::next_piece() {
  if (running_->at == running_->steps.size()) {
    waiting_ = scheduler_.after(std::chrono::milliseconds(0), [this] { finish({}); });
    return;
  }
  auto made = std::make_shared<Made>();
  waiting_ = scheduler_.in_background([client = running_->client, step = running_->steps[running_->at], made] { *made = make(client->get(), step); },
                                      [this, made] { on_piece(std::move(made->status), made->again); });
}

void TransactionCalls::on_piece(Status status, bool again) {
  const std::unique_ptr<Scheduled> over = std::move(waiting_);
  if (status.ok()) {
    ++running_->at;
    running_->until = scheduler_.now() + patience;
    return next_piece();
  }
  if (!again || scheduler_.now() >= running_->until) return finish(std::move(status));
  waiting_ = scheduler_.after(rest, [this] { next_piece(); });
}

void TransactionCalls::finish(Status status) {
  const std::unique_ptr<Scheduled> over = std::move(waiting_);
  const std::unique_ptr<Run> run = std::move(running_);
  run->done(std::move(status));
}

void TransactionCalls::give_up() {
  waiting_.reset();
  running_.reset();
}

}  // namespace penstock::kafka
