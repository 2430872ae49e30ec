#include "bindings/codec/syslog_frames.h"

#include <cstring>
#include <string>
#include <utility>

namespace penstock {

namespace {

constexpr std::size_t digits_max = 9;
constexpr std::size_t kept_bytes_max = 64 * 1024;  // of a message that is too long

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class FrameDecoder final : public Decoder {
 public:
  FrameDecoder(std::unique_ptr<LineParser> parser, SyslogFraming framing, std::size_t event_bytes_max)
      : parser_(std::move(parser)), framing_(framing), event_bytes_max_(event_bytes_max) {}

  std::size_t decode(ByteView input, std::uint64_t offset, bool at_end, Batch& batch) override {
    std::size_t at = skip(input);
    // Broken messages count towards the bound: their reasons are memory too.
    while (at < input.size() && at < Batch::bytes_target && batch.size() + batch.broken.size() < Batch::events_max) {
      const std::size_t size = take_frame(input.substr(at), offset + at, at_end, batch);
      if (size == 0) break;
      at += size;
    }
    batch.all_live();
    return at;
  }
  void resync() override { skip_left_ = 0; }
  bool splittable() const override { return false; }

 private:
  // What is left of a message that was too long.
  std::size_t skip(ByteView input) {
    const std::size_t skipped = std::min(skip_left_, input.size());
    skip_left_ -= skipped;
    return skipped;
  }

  // The message at the front of `input`: how many bytes it took, 0 when it is not whole.
  std::size_t take_frame(ByteView input, std::uint64_t offset, bool at_end, Batch& batch) {
    const char first = input.front();
    const bool counted_only = framing_ != SyslogFraming::automatic;
    if (first == '<' && !counted_only) return take_line(input, offset, at_end, batch);
    if (is_digit(first)) return take_counted(input, offset, at_end, batch);
    if (static_cast<unsigned char>(first) <= ' ') return 1;
    if (counted_only) return take_broken(input, offset, at_end, "syslog: expected a message's length", batch);
    return take_line(input, offset, at_end, batch);
  }

  std::size_t take_line(ByteView input, std::uint64_t offset, bool at_end, Batch& batch) {
    const std::size_t size = line_size(input, at_end);
    if (size != 0) take_message(input.substr(0, size), offset, batch);
    return size;
  }

  std::size_t take_counted(ByteView input, std::uint64_t offset, bool at_end, Batch& batch) {
    std::size_t count = 0, at = 0;
    while (at < input.size() && at < digits_max && is_digit(input[at])) count = count * 10 + static_cast<std::size_t>(input[at++] - '0');
    if (at == input.size()) return at_end ? take_broken(input, offset, at_end, "syslog: the stream ends inside a message's length", batch) : 0;
    if (input[at] != ' ' || input.front() == '0')
      return take_broken(input, offset, at_end, "syslog: expected a message's length and ' '", batch);
    ++at;
    const ByteView message = input.substr(at, count);
    if (at + count > event_bytes_max_) {
      if (message.empty() && !at_end) return 0;
      // A length is believed when what follows looks like a message: nothing else is skipped unseen.
      if (!message.starts_with('<') && framing_ != SyslogFraming::datagrams) return take_broken(input, offset, at_end, "syslog: expected a message behind its length", batch);
      return take_long(message, offset, at, count, batch);
    }
    if (message.size() < count) return at_end ? take_torn(input, offset, count, batch) : 0;
    take_message(message, offset + at, batch);
    return at + count;
  }

  std::size_t take_long(ByteView message, std::uint64_t offset, std::size_t prefix, std::size_t count, Batch& batch) {
    batch.broken.push_back({message.substr(0, kept_bytes_max), offset + prefix, count,
                            "syslog: a message of " + std::to_string(count) + " bytes is longer than max_event (" + std::to_string(event_bytes_max_) + " bytes)"});
    skip_left_ = count - message.size();
    return prefix + message.size();
  }

  std::size_t take_torn(ByteView input, std::uint64_t offset, std::size_t count, Batch& batch) {
    batch.broken.push_back({input, offset, input.size(), "syslog: the stream ends inside a message of " + std::to_string(count) + " bytes"});
    return input.size();
  }

  // Up to the next line end, where messages may begin again.
  std::size_t take_broken(ByteView input, std::uint64_t offset, bool at_end, const char* reason, Batch& batch) {
    const std::size_t size = line_size(input, at_end);
    if (size != 0) batch.broken.push_back({input.substr(0, size), offset, size, reason});
    return size;
  }

  // With its line end; 0: not whole.
  static std::size_t line_size(ByteView input, bool at_end) {
    const void* found = std::memchr(input.data(), '\n', input.size());
    if (found) return static_cast<std::size_t>(static_cast<const char*>(found) - input.data()) + 1;
    return at_end ? input.size() : 0;
  }

  void take_message(ByteView message, std::uint64_t offset, Batch& batch) {
    if (message.ends_with('\n')) message.remove_suffix(1);
    if (message.ends_with('\r')) message.remove_suffix(1);
    if (is_blank(message)) return;
    if (parser_->parse(message, batch.add(message, offset, Base::entries), error_)) return;
    batch.take_back();
    batch.broken.push_back({message, offset, message.size(), error_});
  }

  std::unique_ptr<LineParser> parser_;
  const SyslogFraming framing_;
  const std::size_t event_bytes_max_;
  std::size_t skip_left_ = 0;
  std::string error_;
};

class FramedFormat final : public DecoderPlan {
 public:
  FramedFormat(std::unique_ptr<LineFormat> format, SyslogFraming framing, std::size_t event_bytes_max)
      : format_(std::move(format)), framing_(framing), event_bytes_max_(event_bytes_max) {}
  std::unique_ptr<Decoder> open(SlotTable& slots) const override {
    return std::make_unique<FrameDecoder>(format_->open_parser(slots), framing_, event_bytes_max_);
  }
  std::string describe() const override {
    if (framing_ == SyslogFraming::datagrams) return format_->describe();
    return format_->describe() + (framing_ == SyslogFraming::octet_counting ? " framing=octet_counting" : " framing=auto");
  }
  bool splittable() const override { return false; }

 private:
  const std::unique_ptr<LineFormat> format_;
  const SyslogFraming framing_;
  const std::size_t event_bytes_max_;
};

}  // namespace

std::optional<SyslogFraming> syslog_framing_from_name(std::string_view name) {
  if (name == "newline") return SyslogFraming::newline;
  if (name == "octet_counting") return SyslogFraming::octet_counting;
  if (name == "auto") return SyslogFraming::automatic;
  if (name == "datagrams") return SyslogFraming::datagrams;
  return std::nullopt;
}

std::unique_ptr<DecoderPlan> with_syslog_framing(std::unique_ptr<LineFormat> format, SyslogFraming framing, std::size_t event_bytes_max) {
  if (framing == SyslogFraming::newline) return format;
  return std::make_unique<FramedFormat>(std::move(format), framing, event_bytes_max);
}

}  // namespace penstock
