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
    bool aside = false;                  // keeps the value of a path aside, see Aside: no name leads to it
  };
  // A path that the stage `fields` may drop while a later stage still wants it as it came. What `fields` drops is then put into
  // the slot `kept` (unset until a `fields` has run), which is no field of the event: no name leads to it and nothing emits it.
  // What stages write to the path, above it or below it is written there too.
  struct Aside {
    SlotNumber source;
    SlotNumber kept;
  };
  static constexpr SlotNumber no_slot = 0xffff;

  // The slot of `path`, made (with its parents) when it is new; no_slot when slots_max are taken.
  SlotNumber add(const Path& path);
  SlotNumber add(std::string_view top_level_name);
  // The slot of a top-level name; no_slot when the plan has none.
  SlotNumber find(std::string_view top_level_name) const;

  // Keeps `path` aside from now on; before any stage is opened. False when slots_max are taken.
  bool keep_aside(const Path& path);
  const std::vector<Aside>& asides() const { return asides_; }
  // The slot that keeps `source` aside; no_slot when it is not kept.
  SlotNumber kept_of(SlotNumber source) const;

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
  std::vector<Aside> asides_;
  std::unordered_map<std::string, SlotNumber, Hash, std::equal_to<>> top_level_;
};

}  // namespace penstock
