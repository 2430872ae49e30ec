#include "bindings/kafka/event_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace penstock::kafka {

namespace {

constexpr int events_at_once = 256;

}  // namespace

Result<std::unique_ptr<EventQueue>> EventQueue::open(Queue queue, Scheduler& scheduler, OnEvent on_event) {
  net::Descriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (wake.get() < 0) return Status::from_errno(errno, "a queue's descriptor");
  std::unique_ptr<EventQueue> opened(new EventQueue(std::move(queue), scheduler, std::move(on_event), std::move(wake)));
  if (!opened->watch_) return Status(Code::limit, "a queue's descriptor cannot be watched");
  return opened;
}

EventQueue::EventQueue(Queue queue, Scheduler& scheduler, OnEvent on_event, net::Descriptor wake)
    : queue_(std::move(queue)), scheduler_(scheduler), on_event_(std::move(on_event)), wake_(std::move(wake)) {
  watch_ = scheduler_.on_readable(wake_.get(), [this] {
    std::uint64_t count = 0;
    static_cast<void>(::read(wake_.get(), &count, sizeof count));
    serve_portion();
  });
  const std::uint64_t one = 1;
  rd_kafka_queue_io_event_enable(queue_.get(), wake_.get(), &one, sizeof one);
  // What came before that wakes nobody.
  more_ = scheduler_.after(std::chrono::milliseconds(0), [this] { serve_portion(); });
}

EventQueue::~EventQueue() { rd_kafka_queue_io_event_enable(queue_.get(), -1, nullptr, 0); }

void EventQueue::serve_portion() {
  more_.reset();
  for (int served = 0; served < events_at_once; ++served)
    if (!serve_one(std::chrono::milliseconds(0))) return;
  more_ = scheduler_.after(std::chrono::milliseconds(0), [this] { serve_portion(); });
}

void EventQueue::serve(std::chrono::milliseconds wait) {
  for (bool more = serve_one(wait); more;) more = serve_one(std::chrono::milliseconds(0));
}

bool EventQueue::serve_one(std::chrono::milliseconds wait) {
  const Event event(rd_kafka_queue_poll(queue_.get(), static_cast<int>(wait.count())));
  if (!event) return false;
  on_event_(*event);
  return true;
}

}  // namespace penstock::kafka
