// A partition that a worker reads, as a stream of its pipeline: messages in, the offset up to which all are acked out.
#pragma once
#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bindings/kafka/message_marks.h"
#include "bindings/kafka/message_text.h"
#include "runtime/plan/source.h"

namespace penstock::kafka {

struct PartitionId {
  std::string topic;
  std::int32_t number = 0;
  auto operator<=>(const PartitionId&) const = default;
  std::string text() const { return topic + "/" + std::to_string(number); }
};

// What every partition of a source has in common.
struct PartitionSettings {
  MessageText text{"lines"};
  std::string metadata;  // the field that gets what is known of the message; empty: none
};

// Lives on its worker's thread. A message is copied once, into the stream's memory: holding it until it is acked would keep
// librdkafka's whole response, and decoding them one by one would cost more than the copy.
class PartitionStream {
 public:
  // What of a partition others want to know; each is called on the worker's thread, possibly inside give() or commit(), and must not
  // destroy the partition.
  struct Events {
    std::function<void(PartitionStream&)> on_acked;  // acked() has moved
    // The message at `found` came where the one at `expected` should have: what lies between was no message, or is gone.
    std::function<void(PartitionStream&, std::int64_t expected, std::int64_t found)> on_gap;
  };

  // Reads from `offset` on. `context`, `settings` and `events` outlive it.
  PartitionStream(SourceContext& context, const PartitionSettings& settings, const Events& events, PartitionId id, std::int64_t offset);
  PartitionStream(const PartitionStream&) = delete;
  PartitionStream& operator=(const PartitionStream&) = delete;

  // Takes a message. False: the pipeline takes no more now, and this message has not been taken. One without a value is no event: it
  // is acked with those before it. One that was taken already is not taken again.
  bool give(const rd_kafka_message_t& message);
  // Has decoded what was given since the last call.
  void commit();

  const PartitionId& id() const { return id_; }
  // The offset behind the latest message that was taken.
  std::int64_t next() const { return next_; }
  // The offset up to which everything is acked: where reading goes on after a restart.
  std::int64_t acked() const { return acked_; }
  // Where it began.
  std::int64_t begin() const { return begin_; }
  // Nothing that was taken waits to be decoded.
  bool decoded() const { return filled_ == 0 && stream_->pending() == 0; }
  // Everything that was taken is acked.
  bool settled() const { return filled_ == 0 && marks_.empty(); }
  // Something ended undelivered: acked() will not move again.
  bool stuck() const { return stream_->tally().undelivered != 0; }

 private:
  // What is known of a message, as text in facts_text_.
  struct Fact {
    std::uint64_t end;  // of the message in the stream
    std::uint32_t at;
    std::uint32_t size;
  };

  bool make_room(std::size_t bytes);
  void give_in_pieces(const rd_kafka_message_t& message, ByteView value);
  void mark(const rd_kafka_message_t& message, std::uint64_t end);
  void pass(std::uint64_t position);
  void add_facts(Batch& batch);

  const PartitionSettings& settings_;
  const Events& events_;
  const PartitionId id_;
  const std::int64_t begin_;
  std::int64_t next_;
  std::int64_t acked_;
  MessageMarks marks_;
  std::vector<Fact> facts_;  // of what is not decoded yet
  Buffer facts_text_;
  std::size_t fact_ = 0;     // the one of the event that was looked at last
  std::span<char> room_;     // of the stream
  std::size_t filled_ = 0;   // of it
  std::uint64_t end_;        // of what was committed, in the stream
  bool whole_ = false;       // what was given must be committed whole
  std::unique_ptr<Stream> stream_;  // last: its end may still call pass()
};

}  // namespace penstock::kafka
