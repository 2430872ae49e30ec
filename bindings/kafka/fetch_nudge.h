// When a consumer's threads have to be told that there is room again.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace penstock::kafka {

// A thread of librdkafka (up to 2.1) that found the queue of messages full looks at it again only when something else wakes it, at the
// latest after a second: a pipeline that is a little slower than the fetching would then work for a tenth of each second. Any
// request to the broker wakes it. Measured with 330-byte messages and 0.5 us of work for each: 250,000 messages/s without, 950,000 with.
class FetchNudge {
 public:
  // The client's queued.min.messages and queued.max.messages.kbytes * 1024.
  FetchNudge(std::size_t messages_max, std::size_t bytes_max) : messages_max_(messages_max), bytes_max_(bytes_max) {}

  // A portion was taken out.
  void took(std::size_t messages, std::size_t bytes) {
    // The latest 10,000 messages or so say how large one is.
    if (messages_ > 10'000) messages_ /= 2, bytes_ /= 2;
    messages_ += messages;
    bytes_ += bytes;
  }
  // `queued` messages wait now. True: the queue was about full and is half empty, so the brokers are to be asked something.
  bool due(std::size_t queued) {
    const std::size_t bytes = queued * (bytes_ / std::max<std::size_t>(messages_, 1));
    if (queued >= messages_max_ / 4 * 3 || bytes >= bytes_max_ / 4 * 3) was_full_ = true;
    if (!was_full_ || queued > messages_max_ / 2 || bytes > bytes_max_ / 2) return false;
    was_full_ = false;
    return true;
  }

 private:
  std::size_t messages_max_;
  std::size_t bytes_max_;
  std::size_t messages_ = 0;
  std::size_t bytes_ = 0;
  bool was_full_ = false;
};

}  // namespace penstock::kafka
