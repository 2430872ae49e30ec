#include "bindings/kafka/transactional_sink.h"

#include <algorithm>
#include <cstdlib>
#include <list>
#include <optional>
#include <random>
#include <utility>

#include "bindings/kafka/culprit_search.h"
#include "bindings/kafka/kafka_transport.h"
#include "bindings/kafka/lookup.h"
#include "bindings/kafka/refused_records.h"
#include "bindings/kafka/transaction_calls.h"
#include "bindings/sink/body_codec.h"
#include "bindings/sink/package_builder.h"
#include "runtime/base/units.h"
#include "runtime/delivery/destination.h"

namespace penstock::kafka {

namespace {

using std::chrono::milliseconds;

constexpr int close_wait_ms = 2000;
// Of one that sends each message alone, so that what has to be read again and again is little.
constexpr std::uint64_t alone_events_max = 1000;
// What is on its way with a culprit may hold others.
constexpr milliseconds culprits_wait{20};
// How many letters a transaction has at the most, about; and of half the sink's memory.
constexpr std::size_t letters_max = 10'000;

TransactionCalls::Step initialise() {
  return {"a producer with transactions", [](rd_kafka_t* producer, int wait_ms) { return rd_kafka_init_transactions(producer, wait_ms); }};
}
TransactionCalls::Step abort_step() {
  return {"abort", [](rd_kafka_t* producer, int wait_ms) { return rd_kafka_abort_transaction(producer, wait_ms); }};
}
TransactionCalls::Step commit_step() {
  return {"commit", [](rd_kafka_t* producer, int wait_ms) { return rd_kafka_commit_transaction(producer, wait_ms); }};
}
TransactionCalls::Step send_positions(const Positions& positions, GroupMetadata group) {
  const auto offsets = std::shared_ptr<rd_kafka_topic_partition_list_t>(list_of(positions));
  const auto of = std::shared_ptr<rd_kafka_consumer_group_metadata_t>(std::move(group));
  return {"positions", [offsets, of](rd_kafka_t* producer, int wait_ms) { return rd_kafka_send_offsets_to_transaction(producer, offsets.get(), of.get(), wait_ms); }};
}

class TransactionalSink final : public Sink, public TransactionalOutput {
 public:
  TransactionalSink(const SinkContext& context, const TransactionalSinkParts& parts, KafkaTransactions& transactions, TroubleNotice& notice)
      : context_(context),
        parts_(parts),
        transactions_(transactions),
        notice_(notice),
        options_(options_of(parts, transactions, context.worker)),
        bodies_(Compression::none, 0),
        builder_(parts.encoder->open(context.slots), parts.encoder->framing(), parts.encoder->framing(), "none", bodies_, {parts.delivery.batch_bytes, parts.delivery.batch_events}),
        transport_(options_, transport_context()),
        calls_(context.scheduler) {}
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
    taken_ += events.size();
    if (search_.is_on() && taken_ >= alone_events_max) want_end();
  }
  bool ready() const override { return waiting_bytes_ < parts_.delivery.memory_bytes_max; }
  void flush() override {
    if (!builder_.empty()) send(builder_.take());
  }
  // One that is to end waits for no broker unless there is something to commit.
  bool idle() const override { return !holds_events() && !commit_ && (draining_ || !calls_.busy()); }
  void drain() override {
    draining_ = true;
    flush();
  }
  void close() override {
    if (std::exchange(closed_, true)) return;
    transactions_.enter(context_.worker, nullptr);
    calls_.give_up();
    end_notice();
    take_back(Verdict::undelivered);
    if (open_) {
      // So that readers and the next owner of the partitions need not wait for its end.
      const Error ignored(rd_kafka_abort_transaction(client(), close_wait_ms));
    }
  }

  // TransactionalOutput

  void watch(std::function<void()> on_end_wanted) override { on_end_wanted_ = std::move(on_end_wanted); }
  void recover(OnDone call) override {
    if (must_renew_) take_back(Verdict::rewound);  // the producer that has it is not asked any more
    if (Status renewed = must_renew_ ? renew() : Status(); !renewed.ok()) return answer_later(std::move(renewed), std::move(call));
    fail("the transaction was aborted");
    std::vector<TransactionCalls::Step> steps;
    if (!initialised_)
      steps.push_back(initialise());
    else if (open_)
      steps.push_back(abort_step());
    // What is on its way is given up by the abort: librdkafka loses count of messages that are purged from a transaction by somebody else.
    calls_.run(transport_.producer().client(), std::move(steps), [this, call = std::move(call)](Status status) {
      if (status.ok()) {
        initialised_ = true;
        open_ = false;
      }
      // One that could not abort would be purged of its messages by take_back(), and lose count of them.
      must_renew_ |= status.code() == Code::closed || status.code() == Code::invalid || (!status.ok() && open_);
      take_back(Verdict::rewound);
      status = said(std::move(status));
      tell(status);
      call(std::move(status));
    });
  }
  Status begin() override {
    take_back(Verdict::rewound);  // what streams held back when the last one failed: they have begun anew since
    taken_ = 0;
    search_.on_begun();
    const Error refused(rd_kafka_begin_transaction(client()));
    open_ = !refused;
    if (open_) return {};
    must_renew_ = true;  // it needs no network, so this producer is not in the state that it should be
    return said(Status(Code::retryable, std::string("begin: ") + rd_kafka_error_string(refused.get())));
  }
  void commit(const Positions& positions, GroupMetadata group, OnDone call) override {
    flush();
    commit_ = Commit{positions, std::move(group), std::move(call)};
    commit_what_is_sent();
  }
  bool has_learnt() const override { return search_.has_learnt(); }

 private:
  struct Sent {
    Package package;
    std::unique_ptr<Transport::Request> request;
    bool answered = false;
  };
  struct Letter {
    std::string event;
    std::string why;
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
    // librdkafka wants no request to outlast its transaction, and sees to it where nothing is said.
    for (const auto& [name, value] : options.client.properties)
      if (name == "socket.timeout.ms" && std::atoll(value.c_str()) > transactions.timeout().count()) options.producer.emplace_back(name, timeout);
    return options;
  }
  TransportContext transport_context() {
    TransportContext context{context_.scheduler, context_.counters->own, "sink." + parts_.type, std::random_device()()};
    context.transactions.emplace();
    context.transactions->on_ended = [this](const std::string& text) {
      must_renew_ = true;
      fail(text);
    };
    context.transactions->on_refused = [this](ByteView entry, const std::string& why) { on_refused(entry, why); };
    return context;
  }
  rd_kafka_t* client() const { return transport_.producer().client()->get(); }
  // What librdkafka says may hold what only the options' owner is to see.
  Status said(Status status) const { return status.ok() ? std::move(status) : Status(status.code(), without_secrets(status.text(), options_.client.secrets)); }
  // What somebody has to mend is said at once, by one of the workers.
  void tell(const Status& failure) {
    if (failure.ok()) return;
    SinkCounters& counters = *context_.counters;
    counters.note_failure(failure.text());
    const bool paused = failure.code() == Code::invalid;
    counters.state.store(paused ? SinkState::paused : SinkState::retrying, std::memory_order_relaxed);
    if (!paused) return;
    counters.configuration_failures.add(1);
    if (!std::exchange(noticed_, true) && notice_.begin(TroubleNotice::Kind::paused))
      context_.on_message("paused, for this has to be mended: " + failure.text() + "; nothing is lost, trying again every " + human_duration(TransactionCycle::again_after_most));
  }
  // Returns whether no worker is paused any more.
  bool end_notice() {
    context_.counters->state.store(SinkState::ok, std::memory_order_relaxed);
    return std::exchange(noticed_, false) && notice_.end(TroubleNotice::Kind::paused);
  }
  bool holds_events() const { return !builder_.empty() || !sent_.empty() || !acks_.empty(); }

  // ---- Messages

  void send(Package package) {
    for (Ack& ack : package.acks) acks_.push_back(std::move(ack));
    package.acks.clear();
    if (!failure_.empty()) return;  // it will be read again
    if (!refused_.empty()) refused_.mark(package);
    waiting_bytes_ += package.memory_bytes();
    Sent& sent = sent_.emplace_back(Sent{std::move(package), nullptr});
    sent.request = transport_.send(sent.package, [this, &sent](const Answer& answer) { on_answer(sent, answer); });
  }
  void on_answer(Sent& sent, const Answer& answer) {
    sent.answered = true;
    note_failures(sent.package, answer);
    sweep_soon();
  }
  // Not from inside their own calls.
  void sweep_soon() {
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
  // What no broker will ever take is left out, and everything else that failed takes the transaction with it.
  void note_failures(const Package& package, const Answer& answer) {
    if (answer.outcome == Outcome::transient || answer.outcome == Outcome::configuration) fail(answer.text, answer.outcome);
    const bool all = answer.outcome == Outcome::data;
    std::size_t at = 0;
    auto failure = answer.failures.begin();
    for (std::uint32_t i = 0; i < package.events(); at += package.entry_bytes[i++]) {
      const bool is_told = failure != answer.failures.end() && failure->entry == i;
      if (all || (is_told && failure->outcome == Outcome::data)) keep_letter(package, package.body.view().substr(at, package.entry_bytes[i]), is_told ? failure->text : answer.text);
      if (is_told) ++failure;
    }
  }
  void keep_letter(const Package& package, ByteView entry, const std::string& why) {
    const Letter& letter = letters_.emplace_back(Letter{std::string(transport_.event_of(package, entry)), why});
    letter_bytes_ += letter.event.size();
    if (letters_.size() >= letters_max || letter_bytes_ >= parts_.delivery.memory_bytes_max / 2) want_end();
  }
  // Written when nothing else can keep the transaction from being committed: one that is taken back would have them written again.
  void write_letters() {
    letter_bytes_ = 0;
    for (const Letter& letter : std::exchange(letters_, {})) {
      const ByteView events[] = {letter.event};
      const Verdict verdict = context_.bury(letter.why, events);
      if (verdict == Verdict::undelivered) return fail("a dead letter cannot be kept");
      ++(verdict == Verdict::dropped ? dropped_ : dead_lettered_);
    }
  }
  // Brokers refused it, and its transaction with it.
  void on_refused(ByteView entry, const std::string& why) {
    if (search_.on_refused()) refused_.add(entry, why);
    must_renew_ |= search_.wants_change();
    fail(why);
  }
  // The first reason is the one to tell, unless a later one has to be mended.
  void fail(const std::string& why, Outcome outcome = Outcome::transient) {
    const bool is_worse = outcome == Outcome::configuration && failure_code_ != Code::invalid;
    if (!failure_.empty() && !is_worse) return;
    failure_ = why.empty() ? "a message was not taken" : why;
    failure_code_ = outcome == Outcome::configuration ? Code::invalid : Code::retryable;
    want_end();
    sweep_soon();
  }
  void want_end() {
    if (!end_wanted_ && on_end_wanted_) end_wanted_ = context_.scheduler.after(search_.is_on() ? culprits_wait : milliseconds(0), [this] { tell_end_wanted(); });
  }
  void tell_end_wanted() {
    end_wanted_.reset();
    if (on_end_wanted_) on_end_wanted_();
  }

  // ---- Transactions

  void commit_what_is_sent() {
    if (!commit_ || calls_.busy() || (!sent_.empty() && failure_.empty())) return;
    if (failure_.empty()) write_letters();
    if (!failure_.empty()) return finish_commit(Status(failure_code_, failure_));
    std::vector<TransactionCalls::Step> steps;
    if (!commit_->positions.empty()) steps.push_back(send_positions(commit_->positions, std::move(commit_->group)));
    steps.push_back(commit_step());
    calls_.run(transport_.producer().client(), std::move(steps), [this](Status status) {
      // This producer would go on with what it has begun, and abort nothing; its successor finds out what became of it.
      must_renew_ |= !status.ok() && status.code() != Code::retryable;
      finish_commit(said(std::move(status)));
    });
  }
  void finish_commit(Status status) {
    OnDone call = std::move(commit_->call);
    commit_.reset();
    tell(status);
    if (!status.ok()) return answer_later(std::move(status), std::move(call));
    open_ = false;
    if (end_notice()) context_.on_message("transactions are committed again");
    settle_delivered();
    refused_.forget_marked();
    search_.on_committed();
    if (!search_.wants_change() || !renew().ok()) return answer_later({}, std::move(call));
    // What was committed is, whatever comes of this: begin() will tell.
    calls_.run(transport_.producer().client(), {initialise()}, [this, call = std::move(call)](const Status& ready) {
      initialised_ = ready.ok();
      must_renew_ |= !initialised_;
      call({});
    });
  }
  // Another producer, which is to be initialised.
  Status renew() {
    search_.change();
    if (!search_.is_on()) refused_.clear();
    must_renew_ = true;
    if (Status renewed = transport_.renew(search_.is_on()); !renewed.ok()) return said(std::move(renewed));
    open_ = initialised_ = must_renew_ = false;
    return {};
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
    end_wanted_.reset();
    if (!builder_.empty())
      for (Ack& ack : builder_.take().acks) acks_.push_back(std::move(ack));
    const bool was_ready = ready();
    sent_.clear();
    waiting_bytes_ = 0;
    failure_.clear();
    failure_code_ = Code::ok;
    letters_.clear();
    letter_bytes_ = 0;
    dead_lettered_ = dropped_ = 0;
    for (Ack& ack : std::exchange(acks_, {})) {
      context_.counters->queued_events.subtract(ack.events());
      (verdict == Verdict::rewound ? context_.counters->rewound : context_.counters->undelivered).add(ack.events());
      ack.settle(verdict);
    }
    if (!was_ready && !closed_) context_.on_ready();
  }

  // Not from inside the asking.
  void answer_later(Status status, OnDone call) {
    auto result = std::make_shared<Status>(std::move(status));
    calls_.run(transport_.producer().client(), {}, [result, call = std::move(call)](const Status&) { call(std::move(*result)); });
  }

  const SinkContext context_;
  const TransactionalSinkParts& parts_;
  KafkaTransactions& transactions_;
  TroubleNotice& notice_;
  const SinkOptions options_;
  CompressedBodies bodies_;
  PackageBuilder builder_;
  KafkaTransport transport_;
  std::list<Sent> sent_;     // without an answer, or just answered; their requests end before the transport
  std::vector<Ack> acks_;    // of all that was sent in this transaction
  std::size_t waiting_bytes_ = 0;
  std::vector<Letter> letters_;  // of this transaction, not written yet
  std::size_t letter_bytes_ = 0;
  std::uint64_t dead_lettered_ = 0, dropped_ = 0;  // in this transaction
  std::uint64_t taken_ = 0;  // events, in this transaction
  std::string failure_;      // why it cannot be committed
  Code failure_code_ = Code::ok;
  RefusedRecords refused_;
  CulpritSearch search_;
  std::optional<Commit> commit_;
  bool initialised_ = false;
  bool open_ = false;        // a transaction is
  bool must_renew_ = false;  // the producer is of no more use
  bool draining_ = false;
  bool closed_ = false;
  bool noticed_ = false;     // counted in notice_
  TransactionCalls calls_;
  std::function<void()> on_end_wanted_;
  std::unique_ptr<Scheduled> end_wanted_;
  std::unique_ptr<Scheduled> sweep_;
};

class TransactionalSinkPlan final : public SinkPlan {
 public:
  TransactionalSinkPlan(TransactionalSinkParts parts, std::string pipeline)
      : parts_(std::move(parts)), transactions_(std::make_shared<KafkaTransactions>(std::move(pipeline), parts_.options->client)) {}

  std::unique_ptr<Sink> open(const SinkContext& context) override { return std::make_unique<TransactionalSink>(context, parts_, *transactions_, notice_); }
  bool durable() const override { return true; }
  // Two producers of one id end each other.
  bool exclusive() const override { return true; }
  std::shared_ptr<Transactions> transactions() override { return transactions_; }
  std::string name() const override { return parts_.delivery.name; }
  std::string describe() const override { return parts_.description + ", in transactions"; }
  std::vector<std::string> reads() const override { return parts_.options->parts.reads(); }
  std::unique_ptr<Probe> probe(const SinkContext& context, ProbeReport report) override { return parts_.plain->probe(context, std::move(report)); }
  bool has_probe() const override { return parts_.plain->has_probe(); }

 private:
  const TransactionalSinkParts parts_;
  const std::shared_ptr<KafkaTransactions> transactions_;
  TroubleNotice notice_;
};

}  // namespace

Result<std::unique_ptr<SinkPlan>> make_transactional_sink(TransactionalSinkParts parts, std::string pipeline) {
  const auto& properties = parts.options->producer;
  const bool idempotent = std::find(properties.begin(), properties.end(), std::pair<std::string, std::string>("enable.idempotence", "true")) != properties.end();
  const struct {
    bool given;
    const char* what;
  } refused[] = {
      {parts.delivery.disk, "option 'buffer.type' = \"disk\""},
      {parts.delivery.on_full == OnFull::drop, "option 'on_full' = \"drop\""},
      {parts.delivery.max_attempts != 0, "option 'retry.max_attempts'"},
      {parts.options->mode == SinkOptions::Mode::batch, "option 'mode' = \"batch\""},
      {!idempotent, "a producer that is not idempotent (options 'acks' and 'idempotent')"},
  };
  std::string all;
  for (const auto& [given, what] : refused)
    if (given) all += (all.empty() ? "" : ", ") + std::string(what);
  if (!all.empty()) return Status(Code::invalid, all + ": no meaning with delivery = \"exactly_once\"");
  return std::unique_ptr<SinkPlan>(std::make_unique<TransactionalSinkPlan>(std::move(parts), std::move(pipeline)));
}

}  // namespace penstock::kafka
