// Taking packages apart: into halves when the destination refuses the data, and into entries for the dead letter.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/delivery/package.h"

namespace penstock {

// Compression by its name in scripts; implemented by bindings. Used on one worker's thread.
class BodyCodec {
 public:
  virtual ~BodyCodec() = default;
  // Replaces `plain` by the body before compression, which has `plain_bytes`. Code::corrupt when it is something else,
  // Code::unsupported when the compression is not known.
  virtual Status decode(const std::string& compression, ByteView body, std::uint64_t plain_bytes, Buffer& plain) = 0;
  // Replaces `body`. Allocates no more than it fills, for packages may wait for long.
  virtual Status encode(const std::string& compression, ByteView plain, Buffer& body) = 0;
};

// Whether the sizes that the package tells fit together: prefix, entries, separators and suffix make up plain_bytes.
bool sizes_agree(const Package& package);

// The first half of the package's events and the rest, each framed and compressed as the package is, with an id of its own that
// is made of the package's: a repetition makes the same two. Without acks; they stay in `package`. Requires two events at least
// and sizes_agree(). The failure is the codec's.
Result<std::pair<Package, Package>> halve(const Package& package, BodyCodec& codec);

// The package's entries of these numbers (ascending, at least one), framed and compressed as the package is, with an id of its own
// that is made of the package's and of them. Without acks. Requires sizes_agree(). Failure as above.
Result<Package> with_entries(const Package& package, std::span<const std::uint32_t> entries, BodyCodec& codec);

// Calls nothing and keeps nothing: views of the package's entries within `plain`, which it replaces. Failure as above.
Result<std::vector<ByteView>> entries_of(const Package& package, BodyCodec& codec, Buffer& plain);

// Moves acks for the first `events` events out of `acks`.
std::vector<Ack> take_acks(std::vector<Ack>& acks, std::uint32_t events);

// What became of each entry of a package; nothing: not known yet.
using EntryVerdicts = std::vector<std::optional<Verdict>>;
// Moves the acks of those entries that have a verdict out of `acks`, which are for all of them; to be settled by the caller.
std::vector<std::pair<Ack, Verdict>> take_settled(std::vector<Ack>& acks, const EntryVerdicts& verdicts);

}  // namespace penstock
