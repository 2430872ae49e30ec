#include "runtime/pipeline/stream_run.h"

#include <fmt/format.h>

#include <utility>

namespace penstock {

StreamRun::StreamRun(StreamHost& host, std::unique_ptr<Decoder> decoder, StreamOptions options, std::size_t event_bytes_max)
    : host_(host),
      decoder_(std::move(decoder)),
      name_(std::move(options.name)),
      on_decoded_(std::move(options.on_decoded)),
      event_bytes_max_(event_bytes_max),
      whole_(options.whole),
      acks_(std::make_shared<StreamAcks>(StreamAcks{AckWindow(options.offset), std::move(options.on_acked), std::move(options.on_settled), std::move(options.locate)})),
      offset_(options.offset) {
  host_.on_open(this);
}

StreamRun::~StreamRun() {
  acks_->on_acked = nullptr;
  acks_->on_settled = nullptr;
  acks_->locate = nullptr;
  if (buffer_.capacity() != 0) host_.give_buffer(std::move(buffer_));
  host_.on_close(this);
}

std::span<char> StreamRun::space() {
  if (buffer_.capacity() < read_bytes) {
    Buffer roomy = host_.take_buffer();
    roomy.append(buffer_.view());
    buffer_ = std::move(roomy);
  }
  // Small frames leave the buffer at one read's size, which stays in the processor's cache.
  buffer_.reserve(buffer_.size() + read_bytes);
  return {buffer_.end(), std::min(buffer_.capacity() - buffer_.size(), read_bytes)};
}

void StreamRun::commit(std::size_t size) {
  buffer_.add_size(size);
  decode(false);
}

void StreamRun::commit_whole(std::size_t size) {
  buffer_.add_size(size);
  at_border_ = true;
  decode(true);
}

void StreamRun::end() {
  at_end_ = true;
  decode(true);
}

void StreamRun::resume() {
  if (!held_) return;
  held_ = false;
  decode(at_end_ || at_border_);
}

void StreamRun::decode(bool at_end) {
  if (held_) return;
  std::size_t done = 0;
  if (skipping_ && !skip_to_frame_end() && !at_end) return let_go_of_memory();
  if (skipping_) finish_skipping();
  Batch& batch = host_.batch();
  while (true) {
    if (!host_.ready()) {
      held_ = true;
      break;
    }
    batch.clear();
    const ByteView rest = buffer_.view().substr(done);
    std::size_t used = rest.empty() ? 0 : decoder_->decode(rest, offset_, at_end, batch);
    if (used == 0 && at_end && !rest.empty()) {
      // A decoder leaves nothing at the end; what it does not know is broken.
      batch.broken.push_back({rest, offset_, rest.size(), "the stream ends inside an event"});
      used = rest.size();
    }
    if (used == 0) break;
    reject_long_events(batch);
    count(batch);
    if (on_decoded_) on_decoded_(batch);
    done += used;
    offset_ += used;
    host_.run_batch(name_, acks_, used, offset_);
  }
  buffer_.drop_front(done);
  if (!held_ && buffer_.size() > event_bytes_max_) start_skipping();
  let_go_of_memory();
  if (held_) return;
  if (std::exchange(at_border_, false)) decoder_->resync();
  if (at_end_) finish();
}

void StreamRun::finish() {
  if (acks_->ended) return;
  if (const std::string reason = whole_ ? decoder_->unfinished() : ""; !reason.empty()) {
    Batch& batch = host_.batch();
    batch.clear();
    batch.broken.push_back({ByteView(), offset_, 0, reason});
    count(batch);
    host_.run_batch(name_, acks_, 0, offset_);
  }
  acks_->ended = true;
  acks_->note_settled();
}

void StreamRun::count(const Batch& batch) {
  tally_.events += batch.size() - batch.rejected.size();
  tally_.broken += batch.broken.size() + batch.rejected.size();
  if (!tally_.first_reason.empty()) return;
  if (!batch.broken.empty()) {
    tally_.first_reason = batch.broken.front().reason;
    tally_.first_offset = batch.broken.front().offset;
  } else if (!batch.rejected.empty()) {
    tally_.first_reason = batch.rejected.front().reason;
    tally_.first_offset = batch[batch.rejected.front().event].offset;
  }
}

const StreamTally& StreamRun::tally() const {
  tally_.undelivered = acks_->undelivered;
  const std::uint64_t invalid = std::exchange(acks_->invalid, 0);
  tally_.events -= invalid;
  tally_.broken += invalid;
  if (invalid != 0 && tally_.first_reason.empty()) {
    tally_.first_reason = acks_->invalid_reason;
    tally_.first_offset = acks_->invalid_offset;
  }
  return tally_;
}

void StreamRun::let_go_of_memory() {
  if (held_ || buffer_.capacity() < read_bytes || buffer_.size() > small_bytes) return;
  Buffer small;
  if (!buffer_.empty()) small.append(buffer_.view());
  buffer_.clear();
  host_.give_buffer(std::exchange(buffer_, std::move(small)));
}

// A frame that came whole with its read may be over the bound too.
void StreamRun::reject_long_events(Batch& batch) const {
  std::size_t kept = 0;
  for (const std::uint32_t index : batch.live) {
    if (batch[index].size <= event_bytes_max_)
      batch.live[kept++] = index;
    else
      batch.rejected.push_back({index, fmt::format("longer than max_event ({} bytes): {} bytes", event_bytes_max_, batch[index].size)});
  }
  batch.live.resize(kept);
}

void StreamRun::start_skipping() {
  skipping_ = true;
  skipped_from_ = offset_;
  skipped_head_.assign(buffer_.data(), std::min(buffer_.size(), kept_bytes_max));
  offset_ += buffer_.size();
  buffer_.clear();
}

// Drops what belongs to the over-long event; true when its end is found.
bool StreamRun::skip_to_frame_end() {
  const void* found = buffer_.empty() ? nullptr : std::memchr(buffer_.data(), decoder_->frame_end(), buffer_.size());
  const std::size_t skip = found ? static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) + 1 : buffer_.size();
  offset_ += skip;
  buffer_.drop_front(skip);
  return found != nullptr;
}

void StreamRun::finish_skipping() {
  skipping_ = false;
  decoder_->resync();
  const std::uint64_t size = offset_ - skipped_from_;
  Batch& batch = host_.batch();
  batch.clear();
  batch.broken.push_back({skipped_head_, skipped_from_, size,
                          fmt::format("longer than max_event ({} bytes): {} bytes, of which the first {} are kept", event_bytes_max_, size,
                                      skipped_head_.size())});
  count(batch);
  host_.run_batch(name_, acks_, size, offset_);
  skipped_head_.clear();
}

}  // namespace penstock
