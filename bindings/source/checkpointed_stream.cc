#include "bindings/source/checkpointed_stream.h"

namespace penstock {

void CheckpointPlace::put(const FileRecord& record) const {
  if (store) store->put(to_checkpoint(record, pipeline, source));
}

void CheckpointPlace::forget(const FileRecord& record) const {
  if (store) store->forget(pipeline, source, record.stream);
}

CheckpointedStream::CheckpointedStream(SourceContext& context, const CheckpointPlace& place, FileRecord record, int fd)
    : context_(context), place_(place), record_(std::move(record)), fd_(fd) {
  record_.done = false;
  StreamOptions options;
  options.name = record_.path;
  options.offset = record_.position;
  // A part of a file ends where the next one begins, inside whatever stands there.
  options.whole = record_.range.count == 1;
  options.on_acked = [this](std::uint64_t position) { acked(position); };
  stream_ = context.open_stream(std::move(options));
}

CheckpointedStream::~CheckpointedStream() {
  if (dirty_) put();
}

void CheckpointedStream::update(const std::string& path, const Fingerprint& head, std::uint64_t size) {
  if (record_.path != path || record_.head != head || record_.size != size) dirty_ = true;
  record_.path = path;
  record_.head = head;
  record_.size = size;
  if (dirty_ && due()) put();
}

void CheckpointedStream::end(bool forget) {
  // Known before the last bytes go out, so that an ack that comes at once finds it.
  ended_ = true;
  forget_ = forget;
  stream_->end();
  if (settled()) put();
}

void CheckpointedStream::forget() {
  forget_ = true;
  if (settled()) put();
}

bool CheckpointedStream::settled() const { return ended_ && stream_->pending() == 0 && stream_->acked() >= stream_->position(); }

void CheckpointedStream::hurry() {
  hurry_ = true;
  if (dirty_) put();
}

void CheckpointedStream::acked(std::uint64_t position) {
  record_.position = position;
  dirty_ = true;
  if (due() || position >= stream_->position()) put();
}

bool CheckpointedStream::due() const {
  const auto since = context_.scheduler().now() - last_put_;
  return hurry_ || ended_ || since >= std::chrono::milliseconds(put_interval_ms);
}

void CheckpointedStream::put() {
  dirty_ = false;
  last_put_ = context_.scheduler().now();
  if (!place_.store) return;
  record_.done = settled();
  if (record_.done && forget_) return place_.forget(record_);
  record_.tail = tail();
  place_.put(record_);
}

// Never that of another position: a restart would take the file for a new one.
Fingerprint CheckpointedStream::tail() const {
  if (record_.coded) return {};
  if (fd_ >= 0) return fingerprint_before(fd_, record_.position, tail_bytes);
  return record_.position == end_position_ ? end_tail_ : Fingerprint{};
}

void CheckpointedStream::closing() {
  if (fd_ < 0) return;
  end_position_ = stream_->position();
  if (!record_.coded) end_tail_ = fingerprint_before(fd_, end_position_, tail_bytes);
  fd_ = -1;
}

}  // namespace penstock
