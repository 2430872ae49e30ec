// A stream of bytes on its way into a pipeline: buffers what is not whole yet, has it decoded, and skips what is too long.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "runtime/pipeline/ticket.h"
#include "runtime/plan/codec.h"
#include "runtime/plan/source.h"

namespace penstock {

// What a stream needs of its pipeline.
class StreamHost {
 public:
  virtual Batch& batch() = 0;
  // Works on the batch that was just decoded; `bytes` of the stream went into it, and it ends at position `end`.
  virtual void run_batch(const std::string& stream, std::shared_ptr<StreamAcks> acks, std::uint64_t bytes, std::uint64_t end) = 0;
  // False: sinks are full, decode no further.
  virtual bool ready() const = 0;
  // Memory for a stream's bytes; given back when the stream holds none, so that idle connections hold none either.
  virtual Buffer take_buffer() = 0;
  virtual void give_buffer(Buffer buffer) = 0;
  virtual void on_open(class StreamRun* stream) = 0;
  virtual void on_close(class StreamRun* stream) = 0;

 protected:
  ~StreamHost() = default;
};

class StreamRun final : public Stream {
 public:
  // How much one read brings at most, and what of an over-long event is kept for its dead letter.
  static constexpr std::size_t read_bytes = 256 * 1024;
  static constexpr std::size_t kept_bytes_max = 64 * 1024;
  // The start of an event that waits for its rest is moved into memory of its own size up to here.
  static constexpr std::size_t small_bytes = 16 * 1024;

  StreamRun(StreamHost& host, std::unique_ptr<Decoder> decoder, StreamOptions options, std::size_t event_bytes_max);
  ~StreamRun() override;

  std::span<char> space() override;
  void commit(std::size_t size) override;
  void commit_whole(std::size_t size) override;
  void end() override;
  std::size_t pending() const override { return buffer_.size(); }
  std::uint64_t position() const override { return offset_; }
  std::uint64_t acked() const override { return acks_->window.acked(); }
  bool wants_head() const override { return offset_ != 0 && decoder_->wants_head(); }
  void give_head(ByteView head) override { decoder_->give_head(head); }
  bool blocked() const override { return !host_.ready() || held_; }
  const StreamTally& tally() const override;
  bool settled() const override { return acks_->settled(); }

  // Whole frames wait for the sinks.
  bool holds_frames() const { return held_; }
  // The pipeline's sinks take more: decodes what was held back.
  void resume();

 private:
  void decode(bool at_end);
  void count(const Batch& batch);
  void let_go_of_memory();
  void finish();
  bool skip_to_frame_end();
  void reject_long_events(Batch& batch) const;
  void start_skipping();
  void finish_skipping();

  StreamHost& host_;
  std::unique_ptr<Decoder> decoder_;
  std::string name_;
  std::function<void(Batch&)> on_decoded_;
  std::size_t event_bytes_max_;
  bool whole_;
  std::shared_ptr<StreamAcks> acks_;
  Buffer buffer_;               // bytes from offset_ on
  mutable StreamTally tally_;
  std::uint64_t offset_;
  bool held_ = false;           // whole frames wait in the buffer for the sinks
  bool at_end_ = false;
  bool at_border_ = false;      // the buffer ends with bytes that nothing goes on from
  bool skipping_ = false;       // inside an event that is too long
  std::string skipped_head_;
  std::uint64_t skipped_from_ = 0;
};

}  // namespace penstock
