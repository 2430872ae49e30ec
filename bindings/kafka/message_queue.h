// The messages that librdkafka has fetched for a consumer, on a worker's loop.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "bindings/kafka/client.h"
#include "bindings/kafka/partition_stream.h"
#include "bindings/net/descriptor.h"
#include "runtime/loop/scheduler.h"

namespace penstock::kafka {

// Messages that were taken out of the queue, in order, each to be used up or dropped.
class Messages {
 public:
  Messages() = default;
  ~Messages() { clear(); }
  Messages(const Messages&) = delete;
  Messages& operator=(const Messages&) = delete;

  bool empty() const { return at_ == messages_.size(); }
  // Requires !empty().
  const rd_kafka_message_t& front() const { return *messages_[at_]; }
  void pop() { rd_kafka_message_destroy(messages_[at_++]); }
  void clear() {
    while (!empty()) pop();
  }
  template <class Unwanted>
  void drop_if(Unwanted&& unwanted) {
    std::size_t kept = at_;
    for (std::size_t i = at_; i < messages_.size(); ++i) {
      if (unwanted(std::as_const(*messages_[i])))
        rd_kafka_message_destroy(messages_[i]);
      else
        messages_[kept++] = messages_[i];
    }
    messages_.resize(kept);
  }

 private:
  friend class MessageQueue;
  std::vector<rd_kafka_message_t*> messages_;
  std::size_t at_ = 0;
};

// One worker's thread; to be gone before its client is. What it holds is bounded by the client's queued.max.messages.kbytes and
// queued.min.messages, which count all partitions that are forwarded to it: a queue that is not served is how a pipeline that takes
// no more stops the fetching.
class MessageQueue {
 public:
  static constexpr std::size_t messages_at_once = 512;

  // `on_ready`: there are messages, after there were none. Code::limit: no descriptors left.
  static Result<std::unique_ptr<MessageQueue>> open(const Client& client, Scheduler& scheduler, std::function<void()> on_ready);
  ~MessageQueue();
  MessageQueue(const MessageQueue&) = delete;
  MessageQueue& operator=(const MessageQueue&) = delete;

  // Lets a partition's messages come here; to be called before it is assigned.
  void forward(const PartitionId& partition);
  // Takes some out, without waiting. None: on_ready is called when there are some again.
  void take(Messages& into);
  // How many wait.
  std::size_t size() const { return rd_kafka_queue_length(queue_.get()); }

 private:
  MessageQueue(const Client& client, Scheduler& scheduler, std::function<void()> on_ready, net::Descriptor wake);

  const Client& client_;
  Queue queue_;
  net::Descriptor wake_;
  std::unique_ptr<Scheduled> watch_;
};

}  // namespace penstock::kafka
