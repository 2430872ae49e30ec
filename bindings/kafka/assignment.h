// The partitions of a topic that a worker has, and how they come and go with the group.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bindings/kafka/partition_stream.h"
#include "runtime/base/status.h"
#include "runtime/loop/scheduler.h"

namespace penstock::kafka {

struct Position {
  PartitionId id;
  std::int64_t offset = -1;  // the next message to read; below 0: not known
  bool fresh = false;        // the group has none committed
};
using Positions = std::vector<Position>;

// What an assignment asks of the client. Tests have one of their own.
class Membership {
 public:
  using OnPositions = std::function<void(Result<Positions>)>;

  virtual ~Membership() = default;
  // Where reading of these begins: at the group's positions, or where the script says. `call` comes later, on the worker's thread, and
  // not at all when cancel_search() comes before.
  virtual void find_positions(const Positions& partitions, OnPositions call) = 0;
  virtual void cancel_search() = 0;
  // Begins to read these, and answers the group's assignment.
  virtual void assign(const Positions& partitions) = 0;
  // Gives these up, and answers the group's revocation: what has been stored for them is committed before others get them.
  virtual void unassign(const Positions& partitions) = 0;
  // Everything before the position is acked: to be committed soon.
  virtual void store(const Position& position) = 0;
};

// One worker's thread. The group asks for one change at a time, and waits for its answer: assign() or unassign() of the membership.
//
//   assigned  -> positions are looked up (tried again until they are known) -> streams open -> assign()
//   revoked   -> nothing more is read of them -> their events are acked, or `handover_max` is over -> streams close -> unassign()
//   lost      -> streams close -> unassign(): somebody else reads them already, nothing is committed any more
//
// What of a closed stream is still on its way to a sink arrives there, and its acks lead nowhere: whoever has the partition now reads it
// from the position that was committed last.
class Assignment {
 public:
  struct Hooks {
    std::function<std::unique_ptr<PartitionStream>(const Position&)> open;
    std::function<void()> flush;              // the sinks are not to wait for more
    std::function<void(const PartitionStream&)> on_closed;  // nothing more is read of it; its stream goes now
    std::function<void(const std::string&)> on_failure; // positions cannot be looked up; told again only when the text differs
    std::function<void()> on_change;          // there are other partitions than before
  };

  // How long positions wait for the next look-up after a failure.
  static constexpr std::chrono::milliseconds search_again{1000};

  // `handover_max`: how long a partition that goes to another member waits for acks. All outlive it.
  Assignment(Scheduler& scheduler, Membership& membership, Hooks hooks, std::chrono::milliseconds handover_max);

  void on_assigned(Positions partitions);
  void on_revoked(Positions partitions, bool lost);
  // The same for positions that are known, without a group that waits.
  void take(Positions partitions) { begin(std::move(partitions)); }
  // Of a stream of this assignment.
  void on_acked(const PartitionStream& partition);

  // Null when this worker does not have it, or it is on its way to another.
  PartitionStream* reads(const PartitionId& id);
  // Reads a partition that it has again from there on, with a new stream.
  void reopen(const Position& position);
  // Events may have ended without an ack: nobody waits for those.
  void look_again() {
    if (is_leaving_) check_handover();
  }
  // All that it reads, or waits for acks of.
  const std::map<PartitionId, std::unique_ptr<PartitionStream>>& partitions() const { return partitions_; }
  // Everything that was read is acked, or never will be.
  bool settled() const;
  // Answers what the group waits for, now, without looking up or waiting: the member leaves.
  void give_up();

 private:
  void search();
  void begin(Positions partitions);
  void check_handover();
  void finish_handover();
  void close(const PartitionId& id);

  Scheduler& scheduler_;
  Membership& membership_;
  const Hooks hooks_;
  const std::chrono::milliseconds handover_max_;
  std::map<PartitionId, std::unique_ptr<PartitionStream>> partitions_;
  Positions arriving_;
  Positions leaving_;
  bool is_arriving_ = false;  // the group waits for an answer, also to an empty list
  bool is_leaving_ = false;
  std::string told_;          // the failure that was told last
  std::unique_ptr<Scheduled> next_search_;
  std::unique_ptr<Scheduled> handover_end_;
  std::unique_ptr<Scheduled> handover_check_;
};

}  // namespace penstock::kafka
