// librdkafka's calls of transactions, which wait for brokers, beside a worker's loop.
#pragma once
#include <librdkafka/rdkafka.h>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "bindings/kafka/client.h"
#include "runtime/base/status.h"
#include "runtime/loop/scheduler.h"

namespace penstock::kafka {

// One worker's thread; one run at a time. A call is made on a thread of the process's pool for `piece` at the most and then made again:
// librdkafka goes on where it was. So no destination that is away keeps the pool's threads from the rest, and one that is given up is
// done soon.
class TransactionCalls {
 public:
  using Call = std::function<rd_kafka_error_t*(rd_kafka_t*, int wait_ms)>;
  struct Step {
    const char* what;  // for people: `commit`
    Call call;         // owns what it touches
  };
  // Code::closed: the producer is of no more use. Code::invalid: that too, and a person has to mend something. Code::retryable: the
  // transaction is to be aborted. Code::io: what became of the call is not known.
  using OnDone = std::function<void(Status)>;

  static constexpr std::chrono::milliseconds piece{500};
  // Between two pieces.
  static constexpr std::chrono::milliseconds rest{50};
  // For all pieces of a step; brokers that elect leaders anew need most of it.
  static constexpr std::chrono::milliseconds patience{150'000};

  explicit TransactionCalls(Scheduler& scheduler);
  ~TransactionCalls();

  // Makes one call after another until one fails. `done` comes later, never from inside run(). Requires !busy().
  void run(std::shared_ptr<Client> client, std::vector<Step> steps, OnDone done);
  bool busy() const { return running_ != nullptr; }
  // A piece that is under way runs to its end; `done` is not called.
  void give_up();

 private:
  struct Run;
  void next_piece();
  void on_piece(Status status, bool again);
  void finish(Status status);

  Scheduler& scheduler_;
  std::unique_ptr<Run> running_;
  std::unique_ptr<Scheduled> waiting_;
};

}  // namespace penstock::kafka
