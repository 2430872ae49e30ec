#include "bindings/kafka/kafka_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "bindings/kafka/failure.h"
#include "bindings/kafka/fetch_nudge.h"
#include "bindings/kafka/group_member.h"
#include "bindings/kafka/message_gaps.h"
#include "bindings/kafka/partition_ends.h"
#include "bindings/kafka/statistics.h"
#include "runtime/base/log.h"

namespace penstock::kafka {

namespace {

using std::chrono::milliseconds;

// Taken in one turn, so that others on the loop get theirs.
constexpr std::size_t turn_bytes = 1024 * 1024;
// What a message costs beside its bytes, as so many more.
constexpr std::size_t message_bytes = 32;
constexpr milliseconds beat{1000};
// How many beats lie between two looks at what was missing between messages.
constexpr int beats_between_looks = 5;

class KafkaSource final : public Source {
 public:
  // `transactions` is null for at least once.
  KafkaSource(SourceContext& context, const KafkaSourceOptions& options, const KafkaTransactions* transactions)
      : context_(context), options_(options), transactions_(transactions), nudge_(prefetch_messages_max, options.prefetch_bytes_max) {
    partition_events_.on_acked = [this](PartitionStream& partition) { assignment_->on_acked(partition); };
    partition_events_.on_gap = [this](PartitionStream& partition, std::int64_t expected, std::int64_t found) { gaps_.note(partition.id(), expected, found); };
  }

  // The group waits for nothing that would come later.
  ~KafkaSource() override {
    cycle_.reset();
    if (assignment_) assignment_->give_up();
  }

  Status start() override {
    Result<std::unique_ptr<GroupMember>> member = GroupMember::open(options_, context_.worker(), context_.scheduler(), member_hooks());
    if (!member.ok()) return member.take_status();
    member_ = *std::move(member);
    assignment_.emplace(context_.scheduler(), *member_, assignment_hooks(), options_.handover_timeout);
    if (transactions_)
      if (Status bound = start_transactions(); !bound.ok()) return bound;
    beat_ = context_.scheduler().every(beat, [this] { on_beat(); });
    if (options_.follow) return member_->subscribe();
    find_share();
    return {};
  }

  void resume() override {
    if (cycle_) cycle_->on_decoded();
    if (member_ && !stopped_ && !finished_) pump_on();
  }

  void stop() override {
    if (std::exchange(stopped_, true)) return;
    pumping_.reset();
    messages_.clear();
    if (cycle_) cycle_->commit_soon();
  }

 private:
  GroupMember::Hooks member_hooks() {
    return {.on_messages = [this] { resume(); },
            .on_assigned = [this](Positions partitions) { assignment_->on_assigned(std::move(partitions)); },
            .on_revoked = [this](Positions partitions, bool lost) { on_revoked(std::move(partitions), lost); },
            .on_error = [this](rd_kafka_resp_err_t error, const std::string& text, bool fatal) { on_error(error, text, fatal); },
            .on_statistics = [this](std::string_view json) { publish(json); },
            .on_uncommitted = [this](const std::string& why) { on_uncommitted(why); }};
  }
  Assignment::Hooks assignment_hooks() {
    return {.open = [this](const Position& position) { return open_stream(position); },
            .flush = [this] { cycle_ ? cycle_->commit_soon() : context_.flush_sinks(); },
            .on_closed = [this](const PartitionStream& partition) { on_closed(partition); },
            .on_failure = [this](const std::string& text) { tell("where to begin cannot be asked, and is asked again: " + text); },
            .on_change = [this] { on_change(); }};
  }

  // ---- What is there to be read

  void on_revoked(Positions partitions, bool lost) {
    if (lost && !partitions.empty())
      log::warn(component(), context_.pipeline() + ": the group has given partitions of ours to others; what was under way comes again there");
    drop_messages_of(partitions);
    assignment_->on_revoked(std::move(partitions), lost);
  }
  void on_closed(const PartitionStream& partition) {
    reading_ = nullptr;
    if (cycle_ && !partition.settled()) cycle_->on_partition_lost();
  }
  std::unique_ptr<PartitionStream> open_stream(const Position& position) {
    has_fresh_start_ |= position.fresh && options_.start.kind != Start::Kind::earliest;
    return std::make_unique<PartitionStream>(context_, options_.partitions, partition_events_, position.id, position.offset);
  }
  void on_change() {
    if (cycle_ && std::exchange(has_fresh_start_, false)) cycle_->keep_positions();
    tell_partitions();
  }
  void tell_partitions() {
    std::string text;
    for (const auto& [id, partition] : assignment_->partitions()) text += " " + id.text();
    if (text == told_partitions_) return;
    told_partitions_ = text;
    log::info(component(), fmt::format("{}: worker {} reads{}", context_.pipeline(), context_.worker(), text.empty() ? " nothing" : text));
  }

  // ---- follow = false: a share of all partitions, to where they end now

  void find_share() {
    member_->find_partitions([this](Result<Positions> found) {
      if (!found.ok()) return fail(found.take_status());
      Positions share;
      for (std::size_t i = 0; i < found->size(); ++i)
        if (i % static_cast<std::size_t>(context_.workers()) == static_cast<std::size_t>(context_.worker())) share.push_back((*found)[i]);
      if (share.empty()) return finish();
      for (Position& position : share) position.offset = RD_KAFKA_OFFSET_END;
      find_ends(share);
    });
  }
  void find_ends(const Positions& share) {
    member_->find_offsets(share, [this](Result<Positions> found) {
      if (!found.ok()) return fail(found.take_status());
      ends_.set(*found);
      find_begins(*found);
    });
  }
  void find_begins(const Positions& share) {
    member_->find_positions(share, [this](Result<Positions> found) {
      if (!found.ok()) return fail(found.take_status());
      for (const Position& position : *found) ends_.begin_at(position);
      has_share_ = true;
      // Those at their ends too: where "latest" is now is kept for the next run.
      assignment_->take(*std::move(found));
      if (ends_.all_passed() && !(cycle_ && cycle_->is_open())) finish();
    });
  }
  // The partition's next message would be `next`.
  void note_place(const PartitionId& id, std::int64_t next) {
    if (!ends_.pass(id, next)) return;
    cycle_ ? cycle_->commit_soon() : finish();
  }
  void finish() {
    if (std::exchange(finished_, true)) return;
    pumping_.reset();
    finishing_ = context_.scheduler().after(milliseconds(0), [this] { context_.on_finished(); });
  }
  void fail(Status status) {
    if (std::exchange(finished_, true)) return;
    pumping_.reset();
    context_.on_failed(std::move(status));
  }

  // ---- Messages

  void pump_on() {
    if (!pumping_) pumping_ = context_.scheduler().repeatedly([this] { pump(); });
  }
  void pump() {
    for (std::size_t taken = 0; taken < turn_bytes && pumping_;) {
      // Nothing is taken out while partitions are sought: it would be of before, or be passed over with what is.
      if (cycle_ && !cycle_->may_take()) return pumping_.reset();
      if (messages_.empty() && !take_messages()) return pumping_.reset();
      if (cycle_ && !cycle_->takes()) return pumping_.reset();
      const std::size_t bytes = give_messages();
      if (!messages_.empty()) return pumping_.reset();  // until resume()
      taken += bytes;
    }
  }
  bool take_messages() {
    member_->messages().take(messages_);
    if (nudge_.due(member_->messages().size())) member_->nudge(positions());
    return !messages_.empty();
  }
  // Gives them to their streams, until the pipeline takes no more. Returns what that took of a turn.
  std::size_t give_messages() {
    std::size_t count = 0, bytes = 0;
    reading_ = nullptr;
    for (; !messages_.empty() && give(messages_.front()); messages_.pop()) {
      ++count;
      bytes += messages_.front().len;
    }
    leave_partition();
    nudge_.took(count, bytes);
    return bytes + count * message_bytes;
  }
  // False: the pipeline takes no more.
  bool give(const rd_kafka_message_t& message) {
    PartitionStream* const partition = partition_of(message);
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      on_message_error(message);
    } else if (partition && ends_.is_beyond(partition->id(), message.offset)) {
      note_place(partition->id(), message.offset);
    } else if (partition) {
      if (!partition->give(message)) return false;
      if (!options_.follow) note_place(partition->id(), partition->next());
    }
    return true;
  }
  // Messages of one partition come together; `reading_` is of the message before.
  PartitionStream* partition_of(const rd_kafka_message_t& message) {
    if (reading_ && reading_topic_ == message.rkt && reading_number_ == message.partition) return reading_;
    leave_partition();
    reading_topic_ = message.rkt;
    reading_number_ = message.partition;
    return reading_ = message.rkt ? assignment_->reads({rd_kafka_topic_name(message.rkt), message.partition}) : nullptr;
  }
  void leave_partition() {
    if (PartitionStream* const partition = std::exchange(reading_, nullptr)) partition->commit();
  }
  void on_message_error(const rd_kafka_message_t& message) {
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      if (message.rkt) note_place({rd_kafka_topic_name(message.rkt), message.partition}, message.offset);
      return;
    }
    on_error(message.err, message.rkt ? fmt::format("{}: {}", rd_kafka_topic_name(message.rkt), text_of(message.err)) : text_of(message.err), false);
  }
  // Messages that were taken out, and not given yet, of partitions that go.
  void drop_messages_of(const Positions& partitions) {
    if (messages_.empty()) return;
    messages_.drop_if([&](const rd_kafka_message_t& message) {
      return message.rkt && std::any_of(partitions.begin(), partitions.end(), [&](const Position& position) {
               return position.id.number == message.partition && position.id.topic == rd_kafka_topic_name(message.rkt);
             });
    });
  }
  Positions positions() const {
    Positions out;
    for (const auto& [id, partition] : assignment_->partitions()) out.push_back({id, partition->next()});
    return out;
  }

  // ---- Exactly once

  Status start_transactions() {
    TransactionalOutput* const output = transactions_->output(context_.worker());
    if (!output) return Status(Code::closed, "the sink of the pipeline is not open");
    TransactionCycle::Hooks hooks{.is_decoded = [this] { return std::all_of(assignment_->partitions().begin(), assignment_->partitions().end(), [](const auto& row) { return row.second->decoded(); }); },
                                  .positions = [this] { return positions(); },
                                  .group = [this] { return member_->group(); },
                                  .rewind = [this](TransactionalOutput::OnDone call) { rewind(std::move(call)); },
                                  .on_ready = [this] { resume(); },
                                  .on_committed = [this] { on_committed(); },
                                  .on_failure = [this](const Status& status) { tell("a transaction is given up, and its messages are read again: " + status.text()); }};
    cycle_.emplace(context_.scheduler(), *output, std::move(hooks), transactions_->interval());
    cycle_->start();
    return {};
  }
  // What was made of messages since the last commit is gone: they are read again.
  void rewind(TransactionalOutput::OnDone call) {
    messages_.clear();
    assignment_->look_again();
    const Positions read = positions();
    if (read.empty()) return call({});
    member_->find_committed(read, [this, asked = streams(), call = std::move(call)](Result<Positions> found) {
      if (!found.ok()) return call(found.take_status());
      for (Position& position : *found) begin_again_at(position);
      std::erase_if(*found, [&](const Position& position) { return !is_still(asked, position.id); });
      const Positions to = *found;
      member_->seek(to, [this, asked, to, call = std::move(call)](Status sought) {
        if (sought.ok())
          for (const Position& position : to)
            if (is_still(asked, position.id)) reopen(position);
        call(std::move(sought));
      });
    });
  }
  // Streams by their partitions. One that went and came back meanwhile has begun where it is to, and is left alone.
  using Streams = std::map<PartitionId, const PartitionStream*>;
  Streams streams() const {
    Streams out;
    for (const auto& [id, partition] : assignment_->partitions()) out.emplace(id, partition.get());
    return out;
  }
  bool is_still(const Streams& before, const PartitionId& id) const {
    const auto then = before.find(id);
    const auto now = assignment_->partitions().find(id);
    return then != before.end() && now != assignment_->partitions().end() && then->second == now->second.get();
  }
  // Where nothing was ever committed, "latest" would be further on by now.
  void begin_again_at(Position& position) const {
    const auto found = assignment_->partitions().find(position.id);
    if (position.fresh && found != assignment_->partitions().end()) position.offset = found->second->begin();
  }
  void reopen(const Position& position) {
    assignment_->reopen(position);
    ends_.begin_at(position);
  }
  void on_committed() {
    assignment_->look_again();
    if (!options_.follow && has_share_ && ends_.all_passed()) finish();
  }

  // ---- What happens beside

  void on_beat() {
    member_->listen();
    if (++beats_ % beats_between_looks == 0 && !gaps_.empty()) look_at_gaps();
  }

  void look_at_gaps() {
    Positions times;
    for (const PartitionId& id : gaps_.partitions()) times.push_back({id, RD_KAFKA_OFFSET_BEGINNING});
    member_->find_offsets(times, [this](const Result<Positions>& found) {
      if (!found.ok()) return;
      for (const MessageGaps::Loss& loss : gaps_.losses(found.value()))
        context_.on_trouble(fmt::format("{}: source.kafka: {}: {} messages from offset {} on were deleted at the broker before they were read (hint: the topic's retention, or "
                                        "more workers and processes)",
                                        context_.pipeline(), loss.id.text(), loss.messages, loss.from),
                            0);
    });
  }

  void on_error(rd_kafka_resp_err_t error, const std::string& text, bool fatal) {
    if (fatal || (!options_.follow && outcome_of(error) == Outcome::configuration)) return fail(Status(Code::invalid, text));
    tell(text, outcome_of(error) == Outcome::configuration);
  }
  // With others in the group somebody goes on before them. A run that ends has promised to be over with them.
  void on_uncommitted(const std::string& why) {
    const char* const hint = options_.follow ? "" : " (hint: a run with follow = false wants a group of its own, that nobody else is in)";
    tell("the last positions are not committed, so their messages are read again by whoever comes next: " + why + hint, !options_.follow);
  }
  // Each is told once in a while: librdkafka says the same with every try.
  void tell(const std::string& text, bool is_trouble = false) {
    const milliseconds now = context_.scheduler().now();
    std::erase_if(told_, [now](const auto& row) { return now - row.second >= told_again; });
    if (told_.size() >= told_max || !told_.try_emplace(text, now).second) return;
    const std::string full = context_.pipeline() + ": source.kafka: " + text;
    if (is_trouble)
      context_.on_trouble(full, 0);
    else
      log::warn(component(), full);
  }

  void publish(std::string_view json) {
    OwnMetrics* const to = context_.own_metrics();
    if (!to) return;
    if (Result<std::vector<OwnMetric>> metrics = metrics_of(json); metrics.ok()) to->publish(*std::move(metrics));
  }

  static constexpr std::size_t told_max = 100;
  static constexpr milliseconds told_again{600'000};
  static const char* component() { return "source.kafka"; }

  SourceContext& context_;
  const KafkaSourceOptions& options_;
  const KafkaTransactions* const transactions_;
  PartitionStream::Events partition_events_;
  std::map<std::string, milliseconds> told_;  // the member tells something also when it goes
  std::unique_ptr<GroupMember> member_;
  std::optional<TransactionCycle> cycle_;
  std::optional<Assignment> assignment_;  // its streams go before the client: their messages are its
  Messages messages_;                     // taken out, and not given yet
  PartitionStream* reading_ = nullptr;    // what the message before went to
  const rd_kafka_topic_t* reading_topic_ = nullptr;
  std::int32_t reading_number_ = 0;
  FetchNudge nudge_;
  PartitionEnds ends_;                    // follow = false
  bool has_share_ = false;                // they are known
  bool has_fresh_start_ = false;          // where "latest" or a time was is not committed yet
  MessageGaps gaps_;
  std::string told_partitions_;
  int beats_ = 0;
  bool stopped_ = false;
  bool finished_ = false;
  std::unique_ptr<Scheduled> beat_;
  std::unique_ptr<Scheduled> pumping_;
  std::unique_ptr<Scheduled> finishing_;
};

}  // namespace

std::unique_ptr<Source> KafkaSourcePlan::open(SourceContext& context) { return std::make_unique<KafkaSource>(context, options_, transactions_.get()); }

Status KafkaSourcePlan::commit_in(std::shared_ptr<Transactions> transactions) {
  transactions_ = std::dynamic_pointer_cast<KafkaTransactions>(std::move(transactions));
  if (!transactions_) return Status(Code::invalid, "does not go with this sink in delivery = \"exactly_once\" (hint: sink.kafka does)");
  return transactions_->bind({options_.group, options_.instance_id, options_.commit_interval}, options_.client);
}

}  // namespace penstock::kafka

namespace penstock {

Result<std::unique_ptr<SourcePlan>> make_kafka_source(const Value& options, const PlanContext& context) {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  Result<kafka::KafkaSourceOptions> checked = kafka::KafkaSourceOptions::from(options, now.count(), context.exactly_once);
  if (!checked.ok()) return checked.take_status();
  return std::unique_ptr<SourcePlan>(std::make_unique<kafka::KafkaSourcePlan>(*std::move(checked)));
}

}  // namespace penstock
