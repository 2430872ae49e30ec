#include "bindings/kafka/message_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>

namespace penstock::kafka {

Result<std::unique_ptr<MessageQueue>> MessageQueue::open(const Client& client, Scheduler& scheduler, std::function<void()> on_ready) {
  net::Descriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake) return Status::from_errno(errno, "a queue's descriptor");
  std::unique_ptr<MessageQueue> opened(new MessageQueue(client, scheduler, std::move(on_ready), std::move(wake)));
  if (!opened->watch_) return Status(Code::limit, "a queue's descriptor cannot be watched");
  return opened;
}

MessageQueue::MessageQueue(const Client& client, Scheduler& scheduler, std::function<void()> on_ready, net::Descriptor wake)
    : client_(client), queue_(rd_kafka_queue_new(client.get())), wake_(std::move(wake)) {
  watch_ = scheduler.on_readable(wake_.get(), [fd = wake_.get(), call = std::move(on_ready)] {
    std::uint64_t count = 0;
    static_cast<void>(::read(fd, &count, sizeof count));
    call();
  });
  const std::uint64_t one = 1;
  rd_kafka_queue_io_event_enable(queue_.get(), wake_.get(), &one, sizeof one);
}

MessageQueue::~MessageQueue() { rd_kafka_queue_io_event_enable(queue_.get(), -1, nullptr, 0); }

void MessageQueue::forward(const PartitionId& partition) {
  const Queue own(rd_kafka_queue_get_partition(client_.get(), partition.topic.c_str(), partition.number));
  if (own) rd_kafka_queue_forward(own.get(), queue_.get());
}

void MessageQueue::take(Messages& into) {
  assert(into.empty());
  into.messages_.resize(messages_at_once);
  into.at_ = 0;
  const ssize_t taken = rd_kafka_consume_batch_queue(queue_.get(), 0, into.messages_.data(), messages_at_once);
  into.messages_.resize(static_cast<std::size_t>(std::max<ssize_t>(taken, 0)));
}

}  // namespace penstock::kafka
