#include "bindings/kafka/group_member.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "bindings/kafka/failure.h"
#include "bindings/kafka/lookup.h"
#include "bindings/kafka/statistics.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"

namespace penstock::kafka {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds leave_max{5000};
constexpr milliseconds join_max{3000};
constexpr int wait_ms = 20;
constexpr const char* component = "source.kafka";

// librdkafka (up to 2.0 at the least) ends the process when a member is destroyed that has an answer to its JoinGroup and no assignment
// yet: it left its group, and is then kept as it is.
void keep_for_ever(std::shared_ptr<Client> client) {
  static std::mutex mutex;
  static auto* const kept = new std::vector<std::shared_ptr<Client>>();  // reachable, and never destroyed
  const std::lock_guard lock(mutex);
  kept->push_back(std::move(client));
}

// The group is being shared out, or its coordinator moves.
bool refused_for_now(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__WAIT_COORD: return true;
    default: return false;
  }
}

// To be said, not to be acted on: the next assignment, or the end, mends it.
void tell_of(rd_kafka_error_t* given, const char* what) {
  const Error error(given);
  if (error) log::warn(component, std::string(what) + ": " + rd_kafka_error_string(error.get()));
}

}  // namespace

Result<std::unique_ptr<GroupMember>> GroupMember::open(const KafkaSourceOptions& options, int worker, Scheduler& scheduler, Hooks hooks) {
  Result<Conf> conf = options.conf(worker);
  if (!conf.ok()) return conf.take_status();
  if (Status status = set_property(**conf, "statistics.interval.ms", statistics_interval_ms); !status.ok()) return status;
  Result<std::unique_ptr<Client>> client = Client::open(Client::Role::consumer, *std::move(conf), component, options.client);
  if (!client.ok()) return client.take_status();
  std::unique_ptr<GroupMember> member(new GroupMember(options, scheduler, std::move(hooks), *std::move(client)));
  rd_kafka_t* const handle = member->client_->get();
  Result<std::unique_ptr<MessageQueue>> messages = MessageQueue::open(*member->client_, scheduler, member->hooks_.on_messages);
  if (!messages.ok()) return messages.take_status();
  member->messages_ = *std::move(messages);
  rd_kafka_poll_set_consumer(handle);
  Result<std::unique_ptr<EventQueue>> events = EventQueue::open(Queue(rd_kafka_queue_get_consumer(handle)), scheduler, [made = member.get()](rd_kafka_event_t& event) { made->on_event(event); });
  if (!events.ok()) return events.take_status();
  member->events_ = *std::move(events);
  return member;
}

GroupMember::GroupMember(const KafkaSourceOptions& options, Scheduler& scheduler, Hooks hooks, std::shared_ptr<Client> client)
    : options_(options), scheduler_(scheduler), hooks_(std::move(hooks)), client_(std::move(client)) {}

GroupMember::~GroupMember() {
  search_.reset();
  look_up_.reset();
  nudge_.reset();
  rewind_.reset();
  events_.reset();
  const bool left = leave();
  if (joining_ || !left) keep_for_ever(client_);
}

// As librdkafka's consumer_close, which may wait for ever. While the group shares out anew, brokers refuse positions, and whoever gets our
// partitions would begin at old ones: so they are committed first.
bool GroupMember::leave() {
  const auto until = monotonic_now() + leave_max;
  rd_kafka_t* const handle = client_->get();
  join_until(std::min<std::chrono::nanoseconds>(until, monotonic_now() + join_max));
  commit_until(until);
  const Queue queue(rd_kafka_queue_new(handle));
  if (const Error refused{rd_kafka_consumer_close_queue(handle, queue.get())}) return true;  // it was never in one
  while (!rd_kafka_consumer_closed(handle) && monotonic_now() < until) answer_rebalance(Event(rd_kafka_queue_poll(queue.get(), wait_ms)));
  return rd_kafka_consumer_closed(handle) != 0;
}

// librdkafka (2.0 at the least) says nothing to the group when it is closed while it joins: the others would wait for the end of its
// session.
void GroupMember::join_until(std::chrono::nanoseconds until) {
  const Queue queue(rd_kafka_queue_get_consumer(client_->get()));
  while (joining_ && reachable_ && monotonic_now() < until) answer_rebalance(Event(rd_kafka_queue_poll(queue.get(), wait_ms)));
}

void GroupMember::commit_until(std::chrono::nanoseconds until) {
  rd_kafka_t* const handle = client_->get();
  const Queue queue(rd_kafka_queue_get_consumer(handle));
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__TIMED_OUT;
  for (bool again = true; again && monotonic_now() < until;) {
    if (rd_kafka_commit_queue(handle, nullptr, queue.get(), nullptr, nullptr) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    for (bool answered = false; !answered && monotonic_now() < until;) {
      const Event event(rd_kafka_queue_poll(queue.get(), wait_ms));
      answered = event && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_OFFSET_COMMIT;
      if (answered)
        again = refused_for_now(error = rd_kafka_event_error(event.get()));
      else
        answer_rebalance(event);
    }
    if (again) answer_rebalance(Event(rd_kafka_queue_poll(queue.get(), wait_ms)));  // what the group asks meanwhile
  }
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR__NO_OFFSET) hooks_.on_uncommitted(text_of(error));
}

// What the group asks of one that leaves.
void GroupMember::answer_rebalance(const Event& event) {
  if (!event || rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_REBALANCE) return;
  const bool comes = rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
  const Positions partitions = positions_in(*rd_kafka_event_topic_partition_list(event.get()));
  comes ? assign(partitions) : unassign(partitions);
}

Status GroupMember::subscribe() {
  const TopicPartitions topics(rd_kafka_topic_partition_list_new(static_cast<int>(options_.topics.size())));
  for (const std::string& topic : options_.topics) rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto error = rd_kafka_subscribe(client_->get(), topics.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return Status(Code::invalid, "topics cannot be subscribed to: " + text_of(error));
  joining_ = true;
  return {};
}

void GroupMember::on_event(rd_kafka_event_t& event) {
  switch (rd_kafka_event_type(&event)) {
    case RD_KAFKA_EVENT_REBALANCE: return on_rebalance(event);
    case RD_KAFKA_EVENT_STATS: return hooks_.on_statistics(rd_kafka_event_stats(&event));
    case RD_KAFKA_EVENT_OFFSET_COMMIT: {
      const auto error = rd_kafka_event_error(&event);
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR__NO_OFFSET && !refused_for_now(error))
        hooks_.on_error(error, "positions are not committed: " + text_of(error), false);
      return;
    }
    case RD_KAFKA_EVENT_ERROR: {
      const auto error = rd_kafka_event_error(&event);
      reachable_ &= error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
      const char* const words = rd_kafka_event_error_string(&event);
      return hooks_.on_error(error, text_of(error) + (words ? ": " + without_secrets(words, options_.client.secrets) : ""), rd_kafka_event_error_is_fatal(&event) != 0);
    }
    default: return;  // a message of a partition that nobody asked for
  }
}

void GroupMember::on_rebalance(rd_kafka_event_t& event) {
  reachable_ = true;
  Positions partitions = positions_in(*rd_kafka_event_topic_partition_list(&event));
  switch (rd_kafka_event_error(&event)) {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS: return hooks_.on_assigned(std::move(partitions));
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS: return hooks_.on_revoked(std::move(partitions), rd_kafka_assignment_lost(client_->get()) != 0);
    default: rd_kafka_assign(client_->get(), nullptr);
  }
}

// One question at a time for each slot: a new one takes the place of the old one, whose answer is not waited for any more.
void GroupMember::ask(std::unique_ptr<Scheduled>& slot, std::function<Result<Positions>(rd_kafka_t*)> question, OnFound call) {
  auto answer = std::make_shared<std::optional<Result<Positions>>>();
  slot = scheduler_.in_background([client = client_, question = std::move(question), answer] { answer->emplace(question(client->get())); },
                                  [answer, call = std::move(call)] { call(std::move(**answer)); });
}

void GroupMember::find_positions(const Positions& partitions, OnPositions call) {
  ask(search_, [partitions, start = options_.start](rd_kafka_t* client) { return look_up_positions(client, partitions, start); }, std::move(call));
}

void GroupMember::find_committed(const Positions& partitions, OnFound call) {
  ask(rewind_, [partitions, start = options_.start](rd_kafka_t* client) { return look_up_positions(client, partitions, start); }, std::move(call));
}

void GroupMember::seek(const Positions& positions, std::function<void(Status)> call) {
  const auto question = [positions](rd_kafka_t* client) -> Result<Positions> {
    Status sought = seek_to(client, positions);
    if (!sought.ok()) return sought;
    return Positions();
  };
  ask(rewind_, question, [call = std::move(call)](Result<Positions> done) { call(done.ok() ? Status() : done.take_status()); });
}

void GroupMember::find_partitions(OnFound call) {
  ask(look_up_, [topics = options_.topics](rd_kafka_t* client) { return look_up_partitions(client, topics); }, std::move(call));
}

void GroupMember::find_offsets(const Positions& times, OnFound call) {
  ask(look_up_, [times](rd_kafka_t* client) { return look_up_offsets(client, times); }, std::move(call));
}

void GroupMember::nudge(const Positions& partitions) {
  Positions times = partitions;
  for (Position& position : times) position.offset = RD_KAFKA_OFFSET_END;
  ask(nudge_, [times = std::move(times)](rd_kafka_t* client) { return look_up_offsets(client, times); }, [](const Result<Positions>&) {});
}

void GroupMember::assign(const Positions& partitions) {
  joining_ = false;
  for (const Position& position : partitions) messages_->forward(position.id);
  const TopicPartitions list = list_of(partitions);
  if (options_.follow) {
    tell_of(rd_kafka_incremental_assign(client_->get(), list.get()), "partitions cannot be taken");
  } else if (const auto error = rd_kafka_assign(client_->get(), list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    log::warn(component, "partitions cannot be taken: " + text_of(error));
  }
  keep_starts(partitions);
}

// Where "latest" and "1h" were is something else after a restart.
void GroupMember::keep_starts(const Positions& partitions) {
  if (options_.start.kind == Start::Kind::earliest) return;
  for (const Position& position : partitions)
    if (position.fresh) store(position);
}

void GroupMember::unassign(const Positions& partitions) {
  if (!options_.follow) {
    rd_kafka_assign(client_->get(), nullptr);
    return;
  }
  const TopicPartitions list = list_of(partitions);
  tell_of(rd_kafka_incremental_unassign(client_->get(), list.get()), "partitions cannot be given up");
}

void GroupMember::store(const Position& position) {
  if (options_.exactly_once) return;  // the sink's transaction has it
  const TopicPartitions list = list_of({position});
  // A partition that is no longer ours refuses it, as it should.
  rd_kafka_offsets_store(client_->get(), list.get());
}

}  // namespace penstock::kafka
