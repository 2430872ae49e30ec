#include "bindings/kafka/transactional_sink.h"

#include <algorithm>
#include <list>
#include <optional>
#include <random>
#include <utility>

#include "bindings/kafka/kafka_transport.h"
#include "bindings/kafka/lookup.h"
#include "bindings/sink/body_codec.h"
#include "bindings/sink/package_builder.h"
#include "runtime/base/log.h"

namespace penstock::kafka {

namespace {

using std::chrono::milliseconds;

constexpr int tries_max = 5;
constexpr int close_wait_ms = 2000;

Code code_of(const Error& error) {
  if (rd_kafka_error_is_fatal(error.get())) return Code::closed;
  return rd_kafka_error_txn_requires_abort(error.get()) ? Code::retryable : Code::io;
}

// Runs one of librdkafka's calls until it succeeds or cannot: for a thread that may wait. Code::closed: the producer is of no more use.
// Code::retryable: the transaction is to be aborted. Code::io: what became of the call is not known.
template <class Call>
Status tried(const char* what, Call&& call) {
  for (int attempt = 1;; ++attempt) {
    const Error error(call());
    if (!error) return {};
    const bool again = rd_kafka_error_is_retriable(error.get()) && !rd_kafka_error_txn_requires_abort(error.get()) && attempt < tries_max;
    if (!again) return Status(code_of(error), std::string(what) + ": " + rd_kafka_error_string(error.get()));
  }
}

class TransactionalSink final : public Sink, public TransactionalOutput {
 public:
  TransactionalSink(const SinkContext& context, const TransactionalSinkParts& parts, KafkaTransactions& transactions)
      : context_(context),
        parts_(parts),
        transactions_(transactions),
        options_(options_of(parts, transactions, context.worker)),
        bodies_(Compression::none, 0),
        builder_(parts.encoder->open(context.slots), parts.encoder->framing(), parts.encoder->framing(), "none", bodies_, {parts.delivery.batch_bytes, parts.delivery.batch_events}),
        transport_(options_, transport_context()) {}
  ~TransactionalSink() override { close(); }

  // Sink

  Status open() override {
    if (Status opened = transport_.open(); !opened.ok()) return opened;
    transactions_.enter(context_.worker, this);
    return {};
  }
  void take(Batch& batch, std::span<const std::uint32_t> events, Ack ack) override {
    context_.counters->events.add(events.size());
    context_.counters->queued_events.add(events.size());
    const PackageBuilder::Added added = builder_.add(batch, events, std::move(ack), [this](Package package) { send(std::move(package)); });
    context_.counters->queued_events.subtract(added.empty);
    context_.counters->delivered.add(added.empty);
  }
  bool ready() const override { return waiting_bytes_ < parts_.delivery.memory_bytes_max; }
  void flush() override {
    if (!builder_.empty()) send(builder_.take());
  }
  bool idle() const override { return !holds_events() && !working_; }
  void close() override {
    if (std::exchange(closed_, true)) return;
    transactions_.enter(context_.worker, nullptr);
    working_.reset();
    take_back(Verdict::undelivered);
    if (open_) {
      // So that readers and the next owner of the partitions need not wait for its end.
      const Error ignored(rd_kafka_abort_transaction(client(), close_wait_ms));
    }
  }

  // TransactionalOutput

  void recover(OnDone call) override {
    take_back(Verdict::rewound);
    const bool anew = std::exchange(must_renew_, false);
    if (anew) {
      if (Status renewed = transport_.renew(); !renewed.ok()) {
        must_renew_ = true;
        return later(std::move(renewed), std::move(call));
      }
      open_ = initialised_ = false;
    }
    const bool aborts = std::exchange(open_, false), begins = !std::exchange(initialised_, true);
    in_background(
        [aborts, begins](rd_kafka_t* producer) {
          if (begins) return tried("a producer with transactions", [&] { return rd_kafka_init_transactions(producer, wait_ms); });
          if (aborts) return tried("abort", [&] { return rd_kafka_abort_transaction(producer, wait_ms); });
          return Status();
        },
        [this, aborts, begins, call = std::move(call)](Status status) {
          if (!status.ok()) {
            must_renew_ |= status.code() == Code::closed;
            if (begins) initialised_ = false;
            if (aborts) open_ = true;
          }
          call(std::move(status));
        });
  }
  Status begin() override {
    take_back(Verdict::rewound);  // what streams held back when the last one failed: they have begun anew since
    Status begun = tried("begin", [this] { return rd_kafka_begin_transaction(client()); });
    open_ = begun.ok();
    must_renew_ |= begun.code() == Code::closed;
    return begun;
  }
  void commit(const Positions& positions, GroupMetadata group, OnDone call) override {
    flush();
    commit_ = Commit{positions, std::move(group), std::move(call)};
    commit_what_is_sent();
  }

 private:
  static constexpr int wait_ms = 30'000;

  struct Sent {
    Package package;
    std::unique_ptr<Transport::Request> request;
    bool answered = false;
  };
  struct Commit {
    Positions positions;
    GroupMetadata group;
    OnDone call;
  };

  static SinkOptions options_of(const TransactionalSinkParts& parts, const KafkaTransactions& transactions, int worker) {
    SinkOptions options = *parts.options;
    const std::string timeout = std::to_string(transactions.timeout().count());
    options.producer.emplace_back("transactional.id", transactions.id(worker));
    options.producer.emplace_back("transaction.timeout.ms", timeout);
    options.producer.emplace_back("message.timeout.ms", timeout);
    return options;
  }
  TransportContext transport_context() {
    TransportContext context{context_.scheduler, context_.counters->own, "sink." + parts_.type, context_.on_message, std::random_device()(), {}};
    context.on_ended = [this](const std::string& text) {
      must_renew_ = true;
      fail(text);
    };
    return context;
  }
  rd_kafka_t* client() const { return transport_.producer().client()->get(); }
  bool holds_events() const { return !builder_.empty() || !sent_.empty() || !acks_.empty(); }

  // ---- Messages

  void send(Package package) {
    waiting_bytes_ += package.memory_bytes();
    Sent& sent = sent_.emplace_back(Sent{std::move(package), nullptr});
    for (Ack& ack : sent.package.acks) acks_.push_back(std::move(ack));
    sent.package.acks.clear();
    sent.request = transport_.send(sent.package, [this, &sent](const Answer& answer) { on_answer(sent, answer); });
  }
  void on_answer(Sent& sent, const Answer& answer) {
    sent.answered = true;
    if (answer.outcome != Outcome::delivered) fail(answer.text);
    if (answer.outcome == Outcome::data || !answer.failures.empty()) bury(sent.package, answer);
    // Not from inside its own call.
    if (!sweep_) sweep_ = context_.scheduler.after(milliseconds(0), [this] { sweep(); });
  }
  void sweep() {
    sweep_.reset();
    const bool was_ready = ready();
    for (auto sent = sent_.begin(); sent != sent_.end();) {
      if (!sent->answered) {
        ++sent;
        continue;
      }
      waiting_bytes_ -= sent->package.memory_bytes();
      sent = sent_.erase(sent);
    }
    if (!was_ready && ready()) context_.on_ready();
    commit_what_is_sent();
  }
  // What no broker will ever take. Whatever else failed takes the transaction with it.
  void bury(const Package& package, const Answer& answer) {
    std::size_t at = 0;
    auto failure = answer.failures.begin();
    for (std::uint32_t i = 0; i < package.events(); at += package.entry_bytes[i++]) {
      if (failure == answer.failures.end() || failure->entry != i) continue;
      if (failure->outcome == Outcome::data)
        bury_one(transport_.event_of(package, package.body.view().substr(at, package.entry_bytes[i])), failure->text);
      else
        fail(failure->text);
      ++failure;
    }
  }
  void bury_one(ByteView event, const std::string& why) {
    const ByteView events[] = {event};
    const Verdict verdict = context_.bury(why, events);
    if (verdict == Verdict::undelivered) fail("a dead letter cannot be kept");
    ++(verdict == Verdict::dropped ? dropped_ : dead_lettered_);
  }
  // The first reason is the one to tell.
  void fail(const std::string& why) {
    if (failure_.empty()) failure_ = why.empty() ? "a message was not taken" : why;
  }

  // ---- Transactions

  void commit_what_is_sent() {
    if (!commit_ || !sent_.empty() || working_) return;
    if (!failure_.empty()) return finish_commit(Status(Code::retryable, failure_));
    const auto commit = std::make_shared<Commit>(Commit{commit_->positions, std::move(commit_->group), {}});
    in_background(
        [commit](rd_kafka_t* producer) {
          if (!commit->positions.empty()) {
            const TopicPartitions offsets = list_of(commit->positions);
            Status sent = tried("positions", [&] { return rd_kafka_send_offsets_to_transaction(producer, offsets.get(), commit->group.get(), wait_ms); });
            if (!sent.ok()) return sent;
          }
          return tried("commit", [&] { return rd_kafka_commit_transaction(producer, wait_ms); });
        },
        [this](Status status) {
          // This producer would go on with what it has begun, and abort nothing; its successor finds out what became of it.
          must_renew_ |= !status.ok() && status.code() != Code::retryable;
          finish_commit(std::move(status));
        });
  }
  void finish_commit(Status status) {
    const OnDone call = std::move(commit_->call);
    commit_.reset();
    if (status.ok()) {
      open_ = false;
      settle_delivered();
    }
    // Not from inside the asking.
    later(std::move(status), call);
  }
  void settle_delivered() {
    SinkCounters& counters = *context_.counters;
    std::uint64_t left_dead = std::exchange(dead_lettered_, 0), left_dropped = std::exchange(dropped_, 0);
    for (Ack& ack : std::exchange(acks_, {})) {
      const auto dead = static_cast<std::uint32_t>(std::min<std::uint64_t>(left_dead, ack.events()));
      left_dead -= dead;
      counters.queued_events.subtract(ack.events());
      counters.dead_lettered.add(dead);
      if (dead != 0) ack.settle_some(Verdict::dead_lettered, dead);
      const auto dropped = static_cast<std::uint32_t>(std::min<std::uint64_t>(left_dropped, ack.events()));
      left_dropped -= dropped;
      counters.dropped.add(dropped);
      if (dropped != 0) ack.settle_some(Verdict::dropped, dropped);
      counters.delivered.add(ack.events());
      if (ack.events() != 0) ack.settle(Verdict::delivered);
    }
  }
  // Nothing that was taken leaves any more.
  void take_back(Verdict verdict) {
    commit_.reset();
    sweep_.reset();
    if (!builder_.empty())
      for (Ack& ack : builder_.take().acks) acks_.push_back(std::move(ack));
    const bool was_ready = ready();
    sent_.clear();
    waiting_bytes_ = 0;
    failure_.clear();
    dead_lettered_ = dropped_ = 0;
    for (Ack& ack : std::exchange(acks_, {})) {
      context_.counters->queued_events.subtract(ack.events());
      (verdict == Verdict::rewound ? context_.counters->rewound : context_.counters->undelivered).add(ack.events());
      ack.settle(verdict);
    }
    if (!was_ready && !closed_) context_.on_ready();
  }

  // One thing at a time.
  void in_background(std::function<Status(rd_kafka_t*)> work, OnDone call) {
    auto result = std::make_shared<Status>();
    working_ = context_.scheduler.in_background([client = transport_.producer().client(), work = std::move(work), result] { *result = work(client->get()); },
                                                [this, result, call = std::move(call)] {
                                                  const std::unique_ptr<Scheduled> done = std::move(working_);
                                                  call(std::move(*result));
                                                });
  }
  void later(Status status, OnDone call) {
    auto result = std::make_shared<Status>(std::move(status));
    working_ = context_.scheduler.after(milliseconds(0), [this, result, call = std::move(call)] {
      const std::unique_ptr<Scheduled> done = std::move(working_);
      call(std::move(*result));
    });
  }

  const SinkContext context_;
  const TransactionalSinkParts& parts_;
  KafkaTransactions& transactions_;
  const SinkOptions options_;
  CompressedBodies bodies_;
  PackageBuilder builder_;
  KafkaTransport transport_;
  std::list<Sent> sent_;     // without an answer, or just answered; their requests end before the transport
  std::vector<Ack> acks_;    // of all that was sent in this transaction
  std::size_t waiting_bytes_ = 0;
  std::uint64_t dead_lettered_ = 0, dropped_ = 0;  // in this transaction
  std::string failure_;      // why it cannot be committed
  std::optional<Commit> commit_;
  bool initialised_ = false;
  bool open_ = false;        // a transaction is
  bool must_renew_ = false;  // the producer is of no more use
  bool closed_ = false;
  std::unique_ptr<Scheduled> working_;
  std::unique_ptr<Scheduled> sweep_;
};

class TransactionalSinkPlan final : public SinkPlan {
 public:
  TransactionalSinkPlan(TransactionalSinkParts parts, std::string pipeline)
      : parts_(std::move(parts)), transactions_(std::make_shared<KafkaTransactions>(std::move(pipeline), parts_.options->client)) {}

  std::unique_ptr<Sink> open(const SinkContext& context) override { return std::make_unique<TransactionalSink>(context, parts_, *transactions_); }
  bool durable() const override { return true; }
  // Two producers of one id end each other.
  bool exclusive() const override { return true; }
  std::shared_ptr<Transactions> transactions() override { return transactions_; }
  std::string name() const override { return parts_.delivery.name; }
  std::string describe() const override { return parts_.description + ", in transactions"; }
  std::vector<std::string> reads() const override { return parts_.options->parts.reads(); }

 private:
  const TransactionalSinkParts parts_;
  const std::shared_ptr<KafkaTransactions> transactions_;
};

}  // namespace

Result<std::unique_ptr<SinkPlan>> make_transactional_sink(TransactionalSinkParts parts, std::string pipeline) {
  const auto refuse = [](const char* what) { return Status(Code::invalid, std::string(what) + " has no meaning with delivery = \"exactly_once\""); };
  if (parts.delivery.disk) return refuse("option 'buffer.type' = \"disk\"");
  if (parts.delivery.on_full == OnFull::drop) return refuse("option 'on_full' = \"drop\"");
  if (parts.delivery.max_attempts != 0) return refuse("option 'retry.max_attempts'");
  if (parts.options->mode == SinkOptions::Mode::batch) return refuse("option 'mode' = \"batch\"");
  const auto& properties = parts.options->producer;
  const bool idempotent = std::find(properties.begin(), properties.end(), std::pair<std::string, std::string>("enable.idempotence", "true")) != properties.end();
  if (!idempotent) return refuse("a producer that is not idempotent (options 'acks' and 'idempotent')");
  return std::unique_ptr<SinkPlan>(std::make_unique<TransactionalSinkPlan>(std::move(parts), std::move(pipeline)));
}

}  // namespace penstock::kafka
