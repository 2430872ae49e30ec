// Bytes to events and back.
#pragma once
#include <memory>
#include <span>
#include <string>

#include "runtime/event/batch.h"

namespace penstock {

inline constexpr std::size_t stream_head_bytes = 64 * 1024;

// Frames and decodes one stream (a file, a connection): keeps what the format carries over lines (a CSV header).
// One for each stream, on its worker's thread.
class Decoder {
 public:
  virtual ~Decoder() = default;

  // Takes as many whole frames from the front of `input` as fit the batch (events_max, about bytes_target bytes), adds
  // their events and batch.broken pieces, and returns how many bytes it is done with. The events point into `input`.
  // 0: no whole frame yet, more bytes are needed. `at_end`: no more will come, so a last line without its end is whole.
  // `offset`: of input's first byte in the stream. At least padding_bytes readable bytes follow `input`.
  // Ends with batch.all_live(). The batch comes in cleared.
  virtual std::size_t decode(ByteView input, std::uint64_t offset, bool at_end, Batch& batch) = 0;

  // How a frame that outgrows the bound is skipped: the byte that ends frames, looked for by whoever feeds this decoder.
  virtual char frame_end() const { return '\n'; }
  // The stream goes on after a skipped piece: forget what was half seen.
  virtual void resync() {}
  // The stream has ended and every byte was taken: why it should not end here (inside an array); empty: it may.
  virtual std::string unfinished() const { return {}; }
  // A stream that is taken up behind its start: whether the decoder has to know the start (a CSV header), and where it gets
  // it: the stream's first bytes, up to stream_head_bytes, before the first decode().
  virtual bool wants_head() const { return false; }
  virtual void give_head(ByteView) {}
  // Whether a stream may be cut at any frame_end() and its parts decoded by different decoders.
  virtual bool splittable() const { return true; }
};

// A format as declared; shared by all streams and workers, immutable.
class DecoderPlan {
 public:
  virtual ~DecoderPlan() = default;
  // `slots` is the opening worker's table: the plan may add the format's fields to it.
  virtual std::unique_ptr<Decoder> open(SlotTable& slots) const = 0;
  virtual std::string describe() const = 0;
  virtual bool splittable() const { return true; }
};

// How entries are put together into one output.
struct Framing {
  std::string prefix;           // before the first entry of an output: `[\n`, a CSV header line
  std::string separator = "\n";
  bool separator_ends = true;   // the last entry is followed by the separator too
  std::string suffix;           // after the last: `\n]\n`
  std::string content_type = "application/x-ndjson";
  std::string extension = "ndjson";
};

// Turns events into bytes. One for each sink and worker. Events with Base::json have been validated before.
class Encoder {
 public:
  virtual ~Encoder() = default;
  // Appends the entries of `events` (indices into batch), with framing().separator between them, and after the last one
  // when separator_ends.
  virtual void encode(Batch& batch, std::span<const std::uint32_t> events, Buffer& out) = 0;
};

class EncoderPlan {
 public:
  virtual ~EncoderPlan() = default;
  virtual std::unique_ptr<Encoder> open(SlotTable& slots) const = 0;
  virtual const Framing& framing() const = 0;
  virtual std::string describe() const = 0;
};

}  // namespace penstock
