#include "bindings/codec/json_decoder.h"

#include <map>
#include <mutex>

#include "bindings/codec/json_index.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

constexpr const char* not_an_object = "json: an element of the array is not an object";

class JsonDecoder final : public Decoder {
 public:
  explicit JsonDecoder(std::shared_ptr<JsonIndex> index) : index_of_batch_(std::move(index)), index_(*index_of_batch_) {}

  std::size_t decode(ByteView input, std::uint64_t offset, bool at_end, Batch& batch) override {
    const std::size_t used = frame(input, offset, at_end, batch);
    if (batch.size() != 0) index(batch);
    batch.all_live();
    return used;
  }
  void resync() override { in_array_ = false; }
  std::string unfinished() const override { return in_array_ && sure_ ? "json: the stream ends inside the top-level array: expected ',' or ']'" : ""; }
  // A stream that began with an array goes on in it. Should it have ended before: elements need no commas here, so lines
  // that follow are read all the same.
  bool wants_head() const override { return true; }
  void give_head(ByteView head) override {
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    json::Cursor cursor(head);
    array_stream_ = in_array_ = cursor.take('[');
    sure_ = false;
    started_ = true;
  }

 private:
  // Splits `input` into events and broken pieces, not looking into them.
  std::size_t frame(ByteView input, std::uint64_t offset, bool at_end, Batch& batch) {
    const char* const begin = input.data();
    const char* const end = begin + input.size();
    const char* at = begin;
    if (offset == 0 && input.substr(0, 3) == "\xef\xbb\xbf") at += 3;
    if (offset == 0 && !at_end && input.size() < 3) return 0;
    while (at < end && !batch.full() && static_cast<std::size_t>(at - begin) < Batch::bytes_target) {
      const auto at_offset = offset + static_cast<std::uint64_t>(at - begin);
      const char* next = in_array_ ? element(at, end, at_offset, at_end, batch) : line(at, end, at_offset, at_end, batch);
      if (!next) break;
      at = next;
    }
    // Pure white space before a frame that is not whole yet is done with, but a line's start has to stay with its line.
    return static_cast<std::size_t>(at - begin);
  }

  // Takes the line at `at`; null when it is not whole.
  const char* line(const char* at, const char* end, std::uint64_t offset, bool at_end, Batch& batch) {
    const char* first = at;
    while (first < end && is_space(*first)) ++first;
    if (first == end) return at_end ? end : blank_lines_end(at, end);
    if (*first == '[' && (!started_ || array_stream_)) {
      started_ = array_stream_ = in_array_ = sure_ = true;
      return first + 1;
    }
    const auto* newline = static_cast<const char*>(std::memchr(first, '\n', static_cast<std::size_t>(end - first)));
    if (!newline && !at_end) return nullptr;
    const char* stop = newline ? newline : end;
    const char* next = newline ? newline + 1 : end;
    // White space before the event on its own line belongs to it; blank lines before it do not.
    const char* start = first;
    while (start > at && start[-1] != '\n') --start;
    if (stop > start && stop[-1] == '\r') --stop;
    offset += static_cast<std::uint64_t>(start - at);
    const ByteView text(start, static_cast<std::size_t>(stop - start));
    started_ = true;
    if (*first == '{')
      batch.add(text, offset, Base::json);
    else if (*first != '[' || !line_of_elements(text, offset, batch))
      batch.broken.push_back({text, offset, text.size(), json::to_text(json::check_object(text))});
    return next;
  }

  // An array on one line among lines of objects. False: it is broken, as a whole.
  static bool line_of_elements(ByteView text, std::uint64_t offset, Batch& batch) {
    if (!json::valid(text)) return false;
    json::for_each_element(text, [&](const Slice& value) {
      const ByteView element = value.json();
      const auto at = offset + static_cast<std::uint64_t>(element.data() - text.data());
      if (value.kind == Kind::object)
        batch.add(element, at, Base::json);
      else
        batch.broken.push_back({element, at, element.size(), not_an_object});
    });
    return true;
  }

  // The last line's start: what stands before it is blank and done with.
  static const char* blank_lines_end(const char* at, const char* end) {
    const char* start = end;
    while (start > at && start[-1] != '\n') --start;
    return start > at ? start : nullptr;
  }

  // Takes the array's next element or end at `at`; null when it is not whole.
  const char* element(const char* at, const char* end, std::uint64_t offset, bool at_end, Batch& batch) {
    const char* first = at;
    for (; first < end && (is_space(*first) || *first == ','); ++first) sure_ = sure_ || *first == ',';
    if (first == end) return first > at ? first : nullptr;
    offset += static_cast<std::uint64_t>(first - at);
    if (*first == ']') {
      in_array_ = false;
      return first + 1;
    }
    json::Cursor cursor(ByteView(first, static_cast<std::size_t>(end - first)));
    const Slice value = cursor.value();
    // A number at the very end of what was read may go on.
    const bool whole = value.present() && (value.kind != Kind::number || value.data + value.size < end || at_end);
    if (whole && value.kind == Kind::object) {
      Event& event = batch.add(value.view(), offset, Base::json);
      event.multiline = std::memchr(event.data, '\n', event.size) != nullptr;
      return value.data + value.size;
    }
    if (whole) {
      const ByteView text = value.json();
      batch.broken.push_back({text, offset, text.size(), not_an_object});
      return text.data() + text.size();
    }
    return broken_element(first, end, offset, at_end, batch);
  }

  // No value starts at `first`, or it does not end. Skips to the next line and leaves the array.
  const char* broken_element(const char* first, const char* end, std::uint64_t offset, bool at_end, Batch& batch) {
    const bool may_go_on = ByteView("{[\"tfn-0123456789").find(*first) != ByteView::npos;
    if (may_go_on && !at_end) return nullptr;
    const auto* newline = static_cast<const char*>(std::memchr(first, '\n', static_cast<std::size_t>(end - first)));
    if (!newline && !at_end) return nullptr;
    const char* stop = newline ? newline : end;
    const ByteView text(first, static_cast<std::size_t>(stop - first));
    const json::Problem problem = json::check(text);
    batch.broken.push_back({text, offset, text.size(), problem.what ? json::to_text(problem) : "json: a broken top-level array"});
    in_array_ = false;
    return newline ? newline + 1 : end;
  }

  void index(Batch& batch) {
    const Event& last = batch[batch.size() - 1];
    const ByteView block(batch[0].data, static_cast<std::size_t>(last.data + last.size - batch[0].data));
    batch.scanner = &index_;
    index_.begin_batch(batch.slot_table());
    if (index_.index(block)) {
      for (std::size_t i = 0; i < batch.size(); ++i) index_.assign_tokens(batch[i]);
      return;
    }
    index_.start_lines(block);
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (!index_.index_line(batch[i].raw(), batch[i])) broken_lines_.push_back(static_cast<std::uint32_t>(i));
    index_.finish_lines();
    for (const std::uint32_t i : broken_lines_) {
      Event& event = batch[i];
      batch.broken.push_back({event.raw(), event.offset, event.size, json::to_text(json::check_object(event.raw()))});
    }
    batch.erase(broken_lines_);
    broken_lines_.clear();
  }

  std::shared_ptr<JsonIndex> index_of_batch_;
  JsonIndex& index_;
  std::vector<std::uint32_t> broken_lines_;
  bool started_ = false;       // something other than white space was seen
  bool array_stream_ = false;  // the stream began with an array
  bool in_array_ = false;
  bool sure_ = false;          // of in_array_: taken up behind its start, the array may have ended before
};

// An index takes some times its block's size, and a worker looks at one batch at a time: all its streams share one, so that
// thousands of connections cost little.
class JsonDecoderPlan final : public DecoderPlan {
 public:
  std::unique_ptr<Decoder> open(SlotTable& slots) const override { return std::make_unique<JsonDecoder>(index_for(slots)); }
  std::string describe() const override { return "json"; }

 private:
  std::shared_ptr<JsonIndex> index_for(SlotTable& slots) const {
    const std::lock_guard lock(mutex_);
    std::weak_ptr<JsonIndex>& known = indices_[&slots];
    std::shared_ptr<JsonIndex> index = known.lock();
    if (!index) known = index = std::make_shared<JsonIndex>();
    return index;
  }

  mutable std::mutex mutex_;
  mutable std::map<const SlotTable*, std::weak_ptr<JsonIndex>> indices_;  // by the workers' slot tables; guarded by mutex_
};

}  // namespace

Result<std::unique_ptr<DecoderPlan>> make_json_decoder(const Value&) { return std::unique_ptr<DecoderPlan>(std::make_unique<JsonDecoderPlan>()); }

}  // namespace penstock
