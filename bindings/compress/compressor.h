// Bytes to compressed bytes, a whole chunk at a time.
#pragma once
#include <memory>
#include <optional>

#include "bindings/compress/compression.h"
#include "runtime/base/status.h"

namespace penstock {

// Turns a chunk into one self-contained member (a gzip member, a zstd or lz4 frame, a snappy stream), so that a file of
// such members, appended to by whoever and whenever, is valid, and one cut short loses its last member only. The same
// chunk always gives the same bytes (no time stamps). Belongs to one thread; keeps its memory between chunks.
class Compressor {
 public:
  virtual ~Compressor() = default;
  // Appends the member to `out`; on failure (no memory, a chunk of 2 GiB or more) `out` is as it was.
  virtual Status compress(ByteView chunk, Buffer& out) = 0;
};

// Levels: what is not in the range is an error of check_level().
//   gzip    1 to 9, default 1. 1 to 3 are ISA-L's: its level 1 writes 1 GB/s on one core at the ratio of zlib's level 1, which
//           gives 250 MB/s; 4 to 9 are zlib's.
//   zlib    1 to 9, default 1.
//   zstd    1 to 19, default 3 (zstd's own).
//   lz4     1 to 12, default 1; from 3 on the slower high-compression search.
//   snappy, snappy_block, none   have no levels.
struct LevelRange {
  int least = 0;
  int most = 0;
  int standard = 0;
};
LevelRange levels_of(Compression compression);
// The level to use when a script gave `level` (or nothing); Code::invalid with the allowed range.
Result<int> check_level(Compression compression, std::optional<int> level);

// Not for zlib, whose streams cannot follow one another (see ZlibStream); for none it copies. Requires a level from check_level().
std::unique_ptr<Compressor> make_compressor(Compression compression, int level);

// One zlib stream (RFC 1950), written in pieces that can each be decoded when they are there (they end with a sync
// flush). Made for writers that can fail: what append() or finish() put out counts once commit() was called; rollback()
// takes it back, as if it had not been called.
class ZlibStream {
 public:
  explicit ZlibStream(int level);
  ~ZlibStream();
  ZlibStream(const ZlibStream&) = delete;
  ZlibStream& operator=(const ZlibStream&) = delete;

  // Appends the compressed chunk to `out`, the stream's header before the first one.
  Status append(ByteView chunk, Buffer& out);
  // Appends the stream's end and checksum. Only rollback() and commit() may follow.
  Status finish(Buffer& out);
  void commit();
  void rollback();

 private:
  struct State;
  Status run(ByteView chunk, int flush, Buffer& out);
  std::unique_ptr<State> state_;
};

}  // namespace penstock
