#include "bindings/sink/package_builder.h"

#include <cassert>
#include <utility>

#include "runtime/delivery/package_id.h"

namespace penstock {

namespace {

PackageForm form_of(const Framing& framing, std::string compression) {
  PackageForm form;
  form.compression = std::move(compression);
  form.content_type = framing.content_type;
  form.prefix_bytes = static_cast<std::uint32_t>(framing.prefix.size());
  form.suffix_bytes = static_cast<std::uint32_t>(framing.suffix.size());
  form.separator_bytes = static_cast<std::uint32_t>(framing.separator.size());
  form.separator_ends = framing.separator_ends;
  return form;
}

}  // namespace

PackageBuilder::PackageBuilder(std::unique_ptr<Encoder> encoder, const Framing& encoder_framing, const Framing& framing, std::string compression,
                               BodyCodec& codec, PackageBounds bounds)
    : encoder_(std::move(encoder)),
      encoder_framing_(encoder_framing),
      framing_(framing),
      form_(form_of(framing, std::move(compression))),
      codec_(codec),
      bounds_(bounds) {}

PackageBuilder::Added PackageBuilder::add(Batch& batch, std::span<const std::uint32_t> events, Ack ack, const std::function<void(Package)>& on_package) {
  Added added;
  const std::size_t own_separator = encoder_framing_.separator_ends ? encoder_framing_.separator.size() : 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (entry_bytes_.empty()) {
      plain_.clear();
      plain_.append(framing_.prefix);
      made_ = std::chrono::system_clock::now();
    } else if (!framing_.separator_ends) {
      plain_.append(framing_.separator);
    }
    const std::size_t start = plain_.size();
    encoder_->encode(batch, events.subspan(i, 1), plain_);
    if (plain_.size() == start) {
      ++added.empty;
      if (!entry_bytes_.empty() && !framing_.separator_ends) plain_.set_size(start - framing_.separator.size());
      continue;
    }
    const std::size_t entry = plain_.size() - start - own_separator;
    plain_.set_size(start + entry);
    if (!entry_bytes_.empty() && !fits(plain_.size())) {
      next_.clear();
      next_.append({plain_.data() + start, entry});
      plain_.set_size(start - (framing_.separator_ends ? 0 : framing_.separator.size()));
      cut(ack, on_package);
      plain_.clear();
      plain_.append(framing_.prefix);
      plain_.append(next_.view());
      made_ = std::chrono::system_clock::now();
    }
    if (framing_.separator_ends) plain_.append(framing_.separator);
    entry_bytes_.push_back(static_cast<std::uint32_t>(entry));
    ++unacked_;
    if (plain_.size() - framing_.prefix.size() >= bounds_.bytes_max || entry_bytes_.size() == bounds_.events_max) cut(ack, on_package);
  }
  if (added.empty != 0) ack.settle_some(Verdict::delivered, added.empty);
  if (unacked_ != 0) acks_.push_back(ack.split(std::exchange(unacked_, 0)));
  return added;
}

// Whether the package under way may grow to `size`.
bool PackageBuilder::fits(std::size_t size) const {
  return size + (framing_.separator_ends ? framing_.separator.size() : 0) - framing_.prefix.size() <= bounds_.bytes_max;
}

void PackageBuilder::cut(Ack& ack, const std::function<void(Package)>& on_package) {
  if (unacked_ != 0) acks_.push_back(ack.split(std::exchange(unacked_, 0)));
  on_package(take());
}

Package PackageBuilder::take() {
  assert(!empty());
  plain_.append(framing_.suffix);
  Package package;
  package.id = new_package_id();
  package.plain_bytes = plain_.size();
  package.entry_bytes = entry_bytes_;
  package.form = form_;
  package.made = made_;
  package.acks = std::exchange(acks_, {});
  if (!codec_.encode(form_.compression, plain_.view(), package.body).ok()) {
    // No memory, or 2 GiB at once: it leaves uncompressed rather than not at all.
    package.form.compression = "none";
    package.body = Buffer(plain_.size());
    package.body.append(plain_.view());
  }
  entry_bytes_.clear();
  plain_.clear();
  plain_.shrink(2 * static_cast<std::size_t>(bounds_.bytes_max) + (64 << 10));
  return package;
}

}  // namespace penstock
