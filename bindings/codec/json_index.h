// The token index of a block of JSON lines: simdjson finds every bracket, colon, comma and value start of the whole block at
// once; looking into an event then means walking its tokens, not its bytes.
#pragma once
#include <memory>
#include <vector>

#include "runtime/event/batch.h"

namespace penstock {

// Maps a member's name to its slot. Most names of an event are not wanted: one multiplication says so.
class KeyTable {
 public:
  // Takes in slots that were added since the last call. Cheap when there are none.
  void update(const SlotTable& slots);
  // `key`: the unescaped name; at least padding_bytes readable bytes follow it.
  SlotNumber find(const char* key, std::size_t size) const {
    const Ends ends = ends_of(key, size);
    for (std::size_t bucket = hash(ends, size) >> shift_;; bucket = (bucket + 1) & mask_) {
      const Row& row = rows_[bucket];
      if (row.slot == SlotTable::no_slot) return SlotTable::no_slot;
      if (row.size == size && row.ends == ends && (size <= 16 || std::memcmp(row.name + 8, key + 8, size - 16) == 0)) return row.slot;
    }
  }

 private:
  // A name's first and last eight bytes, which are the whole name when it is no longer than both; fewer are filled up with zeros.
  struct Ends {
    std::uint64_t head = 0, tail = 0;
    bool operator==(const Ends&) const = default;
  };
  struct Row {
    Ends ends;
    const char* name = nullptr;
    std::uint32_t size = 0;
    SlotNumber slot = SlotTable::no_slot;
  };
  static Ends ends_of(const char* key, std::size_t size) {
    Ends ends;
    std::memcpy(&ends.head, key, 8);
    if (size < 8)
      ends.head &= (std::uint64_t{1} << 8 * size) - 1;
    else
      std::memcpy(&ends.tail, key + size - 8, 8);
    return ends;
  }
  // Field names of one kind often share their start: the end and the length count as well.
  static std::uint64_t hash(const Ends& ends, std::size_t size) {
    return (ends.head ^ (ends.tail << 7 | ends.tail >> 57) ^ size * 0xff51afd7ed558ccd) * 0x9e3779b97f4a7c15;
  }

  std::vector<Row> rows_ = std::vector<Row>(2);
  std::vector<std::unique_ptr<char[]>> names_;
  int shift_ = 63;
  std::size_t mask_ = 1;
  std::uint32_t version_ = 0;
};

// One for each worker and source, shared by the streams' decoders: it knows about the last batch only. Events that were indexed
// together share the block.
class JsonIndex final : public FieldScanner {
 public:
  JsonIndex();
  ~JsonIndex();

  // Indexes `block`. False: some line in it is broken (invalid UTF-8, a string that does not end, a control character in a
  // string); then index its lines one by one.
  bool index(ByteView block);
  // Before lines are indexed one by one: forgets the block's tokens.
  void start_lines(ByteView block);
  // Indexes one line of the block given to start_lines, giving `event` its token window. False: it is broken.
  bool index_line(ByteView line, Event& event);
  // After index(): gives `event`, whose bytes lie in the block, its token window. Call for ascending events.
  void assign_tokens(Event& event);
  // After index_line calls and before the batch is worked on.
  void finish_lines();

  // Call once per batch, before its events are looked into.
  void begin_batch(const SlotTable& slots) { keys_.update(slots); }

  void fill(Event& event, SlotNumber slot) override;
  bool validate(Event& event, std::string& error) override;
  void fields(Event& event, std::vector<Field>& out) override;

 private:
  struct Parser;  // simdjson's, kept out of this header
  struct Member;

  bool valid_tokens(const Event& event) const;
  bool next_member(const Event& event, std::uint32_t& token, Member& member) const;
  SlotNumber slot_of(Event& event, const Member& member) const;
  Slice value_of(const Member& member) const;

  std::unique_ptr<Parser> parser_;
  std::vector<std::uint32_t> line_tokens_;
  KeyTable keys_;
  const char* block_ = nullptr;
  const std::uint32_t* tokens_ = nullptr;  // offsets in block_; one more than token_count_ may be read
  std::uint32_t token_count_ = 0;
  std::uint32_t next_token_ = 0;
  std::uint32_t tokens_per_event_ = 16;
};

}  // namespace penstock
