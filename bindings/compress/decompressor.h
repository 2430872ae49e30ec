// Compressed bytes back to bytes, in pieces of any size.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "bindings/compress/compression.h"
#include "runtime/base/status.h"

namespace penstock {

// What one step did.
struct Progress {
  std::size_t consumed = 0;   // bytes taken from the front of `in`
  std::size_t produced = 0;   // bytes written to the front of `out`
  bool member_ended = false;  // a gzip member, zstd or lz4 frame, zlib stream or snappy chunk ended with the last bytes
                              // consumed and produced, its checksum right
};

// Decodes one stream, which may be several members one after another (gzip members, zstd frames with skippable ones
// among them, lz4 frames, snappy streams that begin again); zlib is one stream, and nothing may follow it; a snappy block is
// kept until it is whole, and costs least when one step is given all of it. Zero bytes
// after a gzip member are padding (tapes, block devices); whatever else follows a member without being one is corrupt.
//
// Bounds: keeps at most the format's window (32 KiB gzip and zlib, 64 KiB snappy, 4 MiB lz4, 128 MiB zstd: frames that
// declare a larger one are refused, as the zstd program does without --long) whatever the input says; output is bounded
// by `out`. Belongs to one thread at a time.
class Decompressor {
 public:
  virtual ~Decompressor() = default;

  // Takes bytes from `in` and writes bytes to `out` until `in` is used up, `out` is full, or a member ends (the rest of
  // `in` is then for the next step). Requires a non-empty `out`. `out` full: more may be held back, so step again, also
  // with an empty `in`, before believing that it is all. Code::corrupt comes only after everything that was decoded
  // before the damage was handed out (so it may come from a later step, also one with an empty `in`); it stays.
  Result<Progress> step(ByteView in, std::span<char> out);

  // The stream could end here: before the first byte, after a member's end, or in padding. False at the end of a file: it
  // was cut short. (A snappy stream may end after any chunk: one that was cut right there cannot be told.)
  bool at_clean_end() const { return corrupt_.empty() && between_members(); }
  // Compressed bytes consumed so far, and members that ended.
  std::uint64_t consumed() const { return consumed_; }
  std::uint64_t members() const { return members_; }

 protected:
  virtual bool between_members() const = 0;
  // One round: consumes or produces something, or neither when it needs more input or room; an error must come with
  // nothing consumed or produced that is not told in `progress`.
  virtual Status round(ByteView in, std::span<char> out, Progress& progress) = 0;

 private:
  std::string corrupt_;  // what was found, once it was
  std::uint64_t consumed_ = 0;
  std::uint64_t members_ = 0;
};

// What a snappy block claims to hold, before any of it is looked at; nothing when it does not begin like one.
std::optional<std::uint64_t> snappy_block_size(ByteView block);

// For Compression::none it copies.
std::unique_ptr<Decompressor> make_decompressor(Compression compression);

}  // namespace penstock
