// Events to packages: encodes them entry by entry, puts them together, frames and compresses.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <span>

#include "runtime/delivery/halves.h"
#include "runtime/delivery/package.h"
#include "runtime/plan/codec.h"

namespace penstock {

struct PackageBounds {
  std::uint64_t bytes_max = 1024 * 1024;  // of a package's entries and separators; one entry alone may be larger
  std::uint64_t events_max = 0;           // 0: however many
};

// One worker's thread. Memory: one package before compression, and what compression needs; no allocation for each event.
class PackageBuilder {
 public:
  // What came of add(): how many of its events wrote nothing at all, so that there is nothing of them to send.
  struct Added {
    std::uint32_t empty = 0;
  };

  // `encoder`'s own separators are `encoder_framing`'s; packages are framed by `framing`. What is referred to outlives it.
  PackageBuilder(std::unique_ptr<Encoder> encoder, const Framing& encoder_framing, const Framing& framing, std::string compression, BodyCodec& codec, PackageBounds bounds);

  // Encodes `events`; packages that get full on the way are given to `on_package`, with their acks.
  Added add(Batch& batch, std::span<const std::uint32_t> events, Ack ack, const std::function<void(Package)>& on_package);
  // The package that is under way, closed. Requires !empty().
  Package take();
  // No event waits for more.
  bool empty() const { return entry_bytes_.empty(); }

 private:
  bool fits(std::size_t entry) const;
  void cut(Ack& ack, const std::function<void(Package)>& on_package);

  std::unique_ptr<Encoder> encoder_;
  const Framing& encoder_framing_;
  const Framing& framing_;
  const PackageForm form_;
  BodyCodec& codec_;
  const PackageBounds bounds_;
  Buffer plain_;   // prefix, entries and separators so far
  Buffer next_;    // the entry that did not fit any more
  std::vector<std::uint32_t> entry_bytes_;
  std::vector<Ack> acks_;
  std::uint32_t unacked_ = 0;  // entries at the end whose part of the ack is not split off yet
  std::chrono::system_clock::time_point made_;
};

}  // namespace penstock
