// A consumer of librdkafka as a member of its group: on one worker, with nothing that waits on its thread.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "bindings/kafka/assignment.h"
#include "bindings/kafka/event_queue.h"
#include "bindings/kafka/kafka_source_options.h"
#include "bindings/kafka/message_queue.h"

namespace penstock::kafka {

// Each worker is a member of its own, rather than one for the process that hands partitions to workers: a partition's messages are
// fetched, decompressed and checked on the threads of its own worker's client, the group spreads partitions over workers as it does
// over processes (one with more workers gets more), and no rebalance has to stop other workers. It costs a few idle threads and
// connections for each worker.
class GroupMember final : public Membership {
 public:
  struct Hooks {
    std::function<void()> on_messages;  // there are messages, after there were none
    std::function<void(Positions)> on_assigned;
    std::function<void(Positions, bool lost)> on_revoked;
    // Something goes wrong, and may again; librdkafka goes on trying unless it is fatal.
    std::function<void(rd_kafka_resp_err_t error, const std::string& text, bool fatal)> on_error;
    std::function<void(std::string_view json)> on_statistics;
    // Positions that are acked were not taken when the member left: others begin before them. From the destructor.
    std::function<void(const std::string& why)> on_uncommitted;
  };
  using OnFound = std::function<void(Result<Positions>)>;

  // Needs no network. `options` outlive it.
  static Result<std::unique_ptr<GroupMember>> open(const KafkaSourceOptions& options, int worker, Scheduler& scheduler, Hooks hooks);
  // Commits what is stored and leaves the group, up to 5 s. on_revoked is not called.
  ~GroupMember() override;

  // Joins the group: its changes come to the hooks.
  Status subscribe();
  // The partitions of the topics that there are, in order, with their positions unknown: for a reader that shares with nobody. Fails with
  // Code::not_found when a topic that is named is not there, Code::retryable when no broker answers.
  void find_partitions(OnFound call);
  // The offset of the first message that is not older than the positions' offset, in milliseconds since 1970; -2: the first there is, -1: behind
  // the last one there is.
  void find_offsets(const Positions& times, OnFound call);

  // Reads these partitions of ours from there on: what was fetched before is dropped.
  void seek(const Positions& positions, std::function<void(Status)> call);
  // The group's positions of these, as find_positions gives them, for another question at the same time.
  void find_committed(const Positions& partitions, OnFound call);
  // As it is now: of the right generation to commit positions. Null when there is no group to speak of.
  GroupMetadata group() const { return GroupMetadata(rd_kafka_consumer_group_metadata(client_->get())); }

  // Membership
  void find_positions(const Positions& partitions, OnPositions call) override;
  void cancel_search() override { search_.reset(); }
  void assign(const Positions& partitions) override;
  void unassign(const Positions& partitions) override;
  void store(const Position& position) override;

  MessageQueue& messages() { return *messages_; }
  // Wakes the brokers' threads: see FetchNudge.
  void nudge(const Positions& partitions);
  // To be called every second or so: a member that does not listen is thrown out.
  void listen() { events_->serve(std::chrono::milliseconds(0)); }

 private:
  GroupMember(const KafkaSourceOptions& options, Scheduler& scheduler, Hooks hooks, std::shared_ptr<Client> client);
  void on_event(rd_kafka_event_t& event);
  void on_rebalance(rd_kafka_event_t& event);
  void ask(std::unique_ptr<Scheduled>& slot, std::function<Result<Positions>(rd_kafka_t*)> question, OnFound call);
  void keep_starts(const Positions& partitions);
  bool leave();
  void join_until(std::chrono::nanoseconds until);
  void commit_until(std::chrono::nanoseconds until);
  void answer_rebalance(const Event& event);

  const KafkaSourceOptions& options_;
  Scheduler& scheduler_;
  const Hooks hooks_;
  std::shared_ptr<Client> client_;  // what is asked in the background holds it too
  bool reachable_ = true;           // the latest that was heard of brokers
  bool joining_ = false;            // subscribed, and nothing was assigned yet
  std::unique_ptr<MessageQueue> messages_;
  std::unique_ptr<EventQueue> events_;
  std::unique_ptr<Scheduled> search_;
  std::unique_ptr<Scheduled> look_up_;
  std::unique_ptr<Scheduled> nudge_;
  std::unique_ptr<Scheduled> rewind_;
};

}  // namespace penstock::kafka
