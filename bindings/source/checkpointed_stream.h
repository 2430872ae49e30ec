// A stream of a file, and the checkpoint that follows its acks.
#pragma once
#include <memory>
#include <string>

#include "bindings/source/file_record.h"
#include "runtime/plan/source.h"

namespace penstock {

// What the checkpoints of one file source are filed under.
struct CheckpointPlace {
  CheckpointStore* store = nullptr;  // null: none are kept
  std::string pipeline;
  std::string source;

  void put(const FileRecord& record) const;
  void forget(const FileRecord& record) const;
};

// Opens the stream at record.position and puts the record whenever acks have moved it, or the file has grown (so that what is
// lost with it later can be counted): at once when everything read so far is acked or the stream has ended, else at most
// every put_interval_ms. Lives on its worker, until settled().
class CheckpointedStream {
 public:
  static constexpr int put_interval_ms = 50;
  static constexpr std::uint32_t tail_bytes = 256;

  // `place` outlives it. `fd`: for the bytes before the position; -1: none.
  CheckpointedStream(SourceContext& context, const CheckpointPlace& place, FileRecord record, int fd);
  ~CheckpointedStream();

  Stream& stream() { return *stream_; }
  const Stream& stream() const { return *stream_; }
  const FileRecord& record() const { return record_; }
  // What has been learnt of the file since. To be called also when nothing has: a put that was held back may be due.
  void update(const std::string& path, const Fingerprint& head, std::uint64_t size);
  // The descriptor was opened again, or its content is another's (-1).
  void set_fd(int fd) { fd_ = fd; }
  // It will be closed: what comes before the stream's present end is remembered, for the acks that still come.
  void closing();

  // No more bytes come. `forget`: nor can they be read again, so the checkpoint goes when everything is acked.
  void end(bool forget);
  // Its bytes cannot be read again: as end(true) says. Requires that it has ended.
  void forget();
  // Ended, and everything is acked.
  bool settled() const;
  bool forgotten() const { return forget_; }
  // Puts what has not been put yet, and from now on puts at once.
  void hurry();

 private:
  void acked(std::uint64_t position);
  bool due() const;
  void put();
  Fingerprint tail() const;

  SourceContext& context_;
  const CheckpointPlace& place_;
  FileRecord record_;
  int fd_;
  Fingerprint end_tail_;         // of the bytes before end_position_, while there is no descriptor
  std::uint64_t end_position_ = 0;
  std::chrono::milliseconds last_put_{0};
  bool dirty_ = false;
  bool ended_ = false;
  bool forget_ = false;
  bool hurry_ = false;
  std::unique_ptr<Stream> stream_;  // last: its end may still call acked()
};

}  // namespace penstock
