#include "runtime/delivery/halves.h"

#include <xxhash.h>

#include <array>
#include <cstdio>
#include <numeric>

namespace penstock {

namespace {

std::uint64_t separators(const Package& package) {
  const std::uint64_t entries = package.entry_bytes.size();
  return package.form.separator_ends || entries == 0 ? entries : entries - 1;
}

// Bytes of the entries [from, to) and the separators between them.
std::uint64_t run_bytes(const Package& package, std::size_t from, std::size_t to) {
  const std::uint64_t entries = std::accumulate(package.entry_bytes.begin() + static_cast<std::ptrdiff_t>(from),
                                                package.entry_bytes.begin() + static_cast<std::ptrdiff_t>(to), std::uint64_t{0});
  return entries + (to - from - 1) * std::uint64_t{package.form.separator_bytes};
}

std::string derived_id(const std::string& id, std::uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(id.data(), id.size(), seed);
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(hash.high64), static_cast<unsigned long long>(hash.low64));
  return text.data();
}

class Plain {
 public:
  Plain(const Package& package, ByteView bytes) : package_(package), bytes_(bytes) {}

  ByteView prefix() const { return bytes_.substr(0, package_.form.prefix_bytes); }
  ByteView suffix() const { return bytes_.substr(bytes_.size() - package_.form.suffix_bytes); }
  // Requires one: two entries, or separator_ends.
  ByteView separator() const { return bytes_.substr(package_.form.prefix_bytes + package_.entry_bytes[0], package_.form.separator_bytes); }
  // Entries [from, to), separators only between them.
  ByteView run(std::size_t from, std::size_t to) const {
    std::uint64_t at = package_.form.prefix_bytes;
    if (from != 0) at += run_bytes(package_, 0, from) + package_.form.separator_bytes;
    return bytes_.substr(at, run_bytes(package_, from, to));
  }

 private:
  const Package& package_;
  ByteView bytes_;
};

Result<Package> part(const Package& whole, const Plain& plain, std::size_t from, std::size_t to, std::uint64_t half, BodyCodec& codec) {
  Buffer bytes(plain.prefix().size() + plain.run(from, to).size() + plain.separator().size() + plain.suffix().size());
  bytes.append(plain.prefix());
  bytes.append(plain.run(from, to));
  if (whole.form.separator_ends) bytes.append(plain.separator());
  bytes.append(plain.suffix());
  Package package;
  package.id = derived_id(whole.id, half);
  package.plain_bytes = bytes.size();
  package.entry_bytes.assign(whole.entry_bytes.begin() + static_cast<std::ptrdiff_t>(from), whole.entry_bytes.begin() + static_cast<std::ptrdiff_t>(to));
  package.form = whole.form;
  package.made = whole.made;
  if (Status status = codec.encode(whole.form.compression, bytes.view(), package.body); !status.ok()) return status;
  return package;
}

Status decode(const Package& package, BodyCodec& codec, Buffer& plain) {
  if (Status status = codec.decode(package.form.compression, package.body.view(), package.plain_bytes, plain); !status.ok()) return status;
  if (plain.size() != package.plain_bytes || !sizes_agree(package)) return Status(Code::corrupt, "the package is not made as it says");
  return {};
}

}  // namespace

bool sizes_agree(const Package& package) {
  const std::uint64_t entries = std::accumulate(package.entry_bytes.begin(), package.entry_bytes.end(), std::uint64_t{0});
  const std::uint64_t framing = std::uint64_t{package.form.prefix_bytes} + package.form.suffix_bytes;
  return entries + separators(package) * package.form.separator_bytes + framing == package.plain_bytes;
}

Result<std::pair<Package, Package>> halve(const Package& package, BodyCodec& codec) {
  Buffer bytes;
  if (Status status = decode(package, codec, bytes); !status.ok()) return status;
  const Plain plain(package, bytes.view());
  const std::size_t middle = package.entry_bytes.size() / 2;
  Result<Package> first = part(package, plain, 0, middle, 1, codec);
  if (!first.ok()) return first.take_status();
  Result<Package> second = part(package, plain, middle, package.entry_bytes.size(), 2, codec);
  if (!second.ok()) return second.take_status();
  return std::pair(std::move(*first), std::move(*second));
}

Result<Package> with_entries(const Package& whole, std::span<const std::uint32_t> entries, BodyCodec& codec) {
  Buffer bytes;
  if (Status status = decode(whole, codec, bytes); !status.ok()) return status;
  const Plain plain(whole, bytes.view());
  std::vector<std::size_t> offsets(1, whole.form.prefix_bytes);
  for (const std::uint32_t size : whole.entry_bytes) offsets.push_back(offsets.back() + size + whole.form.separator_bytes);
  Package package;
  Buffer kept;
  kept.append(plain.prefix());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::uint32_t size = whole.entry_bytes[entries[i]];
    if (i != 0) kept.append(plain.separator());
    kept.append(bytes.view().substr(offsets[entries[i]], size));
    package.entry_bytes.push_back(size);
  }
  if (whole.form.separator_ends) kept.append(plain.separator());
  kept.append(plain.suffix());
  package.id = derived_id(whole.id, XXH3_64bits(entries.data(), entries.size_bytes()));
  package.plain_bytes = kept.size();
  package.form = whole.form;
  package.made = whole.made;
  package.attempts = whole.attempts;
  if (Status status = codec.encode(whole.form.compression, kept.view(), package.body); !status.ok()) return status;
  return package;
}

Result<std::vector<ByteView>> entries_of(const Package& package, BodyCodec& codec, Buffer& plain) {
  if (Status status = decode(package, codec, plain); !status.ok()) return status;
  std::vector<ByteView> entries;
  entries.reserve(package.entry_bytes.size());
  std::size_t at = package.form.prefix_bytes;
  for (const std::uint32_t bytes : package.entry_bytes) {
    entries.push_back(plain.view().substr(at, bytes));
    at += bytes + package.form.separator_bytes;
  }
  return entries;
}

std::vector<Ack> take_acks(std::vector<Ack>& acks, std::uint32_t events) {
  std::vector<Ack> taken;
  std::size_t used = 0;
  while (events != 0) {
    const std::uint32_t count = std::min(events, acks[used].events());
    events -= count;
    taken.push_back(acks[used].split(count));
    if (acks[used].events() == 0) ++used;
  }
  acks.erase(acks.begin(), acks.begin() + static_cast<std::ptrdiff_t>(used));
  return taken;
}

std::vector<std::pair<Ack, Verdict>> take_settled(std::vector<Ack>& acks, const EntryVerdicts& verdicts) {
  std::vector<std::pair<Ack, Verdict>> settled;
  std::size_t entry = 0;
  for (Ack& ack : acks) {
    for (std::uint32_t left = ack.events(); left != 0;) {
      // Neighbours with one verdict leave together.
      std::uint32_t run = 1;
      while (run < left && verdicts[entry + run] == verdicts[entry]) ++run;
      if (verdicts[entry]) settled.emplace_back(ack.split(run), *verdicts[entry]);
      entry += run;
      left -= run;
    }
  }
  std::erase_if(acks, [](const Ack& ack) { return ack.events() == 0; });
  return settled;
}

}  // namespace penstock
