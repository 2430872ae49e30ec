// The paths that a stage's options name, and the slots they get when the stage is opened.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/base/value.h"
#include "runtime/event/slot_table.h"
#include "runtime/plan/stage.h"

namespace penstock {

// Reads a list of paths, or one path. The same path twice counts once. Fails with Code::invalid, `STAGE: path '...', column 3: ...`.
Result<std::vector<Path>> parse_paths(const Value& names, std::string_view stage);
Result<Path> parse_stage_path(std::string_view text, std::string_view stage);

std::vector<std::string> to_texts(std::span<const Path> paths);
// `a, b.c`
std::string joined(std::span<const std::string> texts);

// The slots of `paths`, in their order; nullopt when the table is full (SlotTable::slots_max).
std::optional<std::vector<SlotNumber>> add_slots(SlotTable& table, std::span<const Path> paths);

// What open() returns when the table is full: refuses every event, because going on without the stage could let through
// what it had to take away.
std::unique_ptr<Stage> make_slotless_stage(std::string_view stage);

// Paths gathered by their leading names: {a.b, a.c, d} is a{b, c}, d. Order of first mention; a path takes in all below it.
struct PathTree {
  std::string name;
  bool whole = false;              // a path ends here; has no children then
  std::vector<PathTree> children;
};
std::vector<PathTree> gather(std::span<const Path> paths);

}  // namespace penstock
