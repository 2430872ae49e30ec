// The fields that a plan needs, numbered. A slot is one path: `status`, or `headers.x-id` (nested).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace penstock {

// The segments of a path, outermost first; never empty. A segment may hold any bytes, dots too.
using Path = std::vector<std::string>;

// `a."b c".d` or `a["b c"]`: names may be quoted where they hold bytes other than letters, digits, _, -, @.
std::string to_text(const Path& path);

using SlotNumber = std::uint16_t;

// One table for each plan instance. Slots are only ever added; numbers stay.
class SlotTable {
 public:
  static constexpr std::size_t slots_max = 1024;

  struct Slot {
    Path path;
    std::string name;                    // the last segment
    SlotNumber parent = no_slot;         // nested slots: the slot of the path without its last segment
    std::vector<SlotNumber> nested;      // slots whose parent this is
    std::string json_key;                // `"name":` with the name JSON-escaped, ready to be written
  };
  static constexpr SlotNumber no_slot = 0xffff;

  // The slot of `path`, made (with its parents) when it is new; no_slot when slots_max are taken.
  SlotNumber add(const Path& path);
  SlotNumber add(std::string_view top_level_name);
  // The slot of a top-level name; no_slot when the plan has none.
  SlotNumber find(std::string_view top_level_name) const;

  const Slot& operator[](SlotNumber number) const { return slots_[number]; }
  std::size_t size() const { return slots_.size(); }
  // Grows with every added slot: lets caches of top-level names notice.
  std::uint32_t version() const { return static_cast<std::uint32_t>(slots_.size()); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  std::vector<Slot> slots_;
  std::unordered_map<std::string, SlotNumber, Hash, std::equal_to<>> top_level_;
};

}  // namespace penstock
