#include "bindings/stage/stage_paths.h"

#include <algorithm>

#include "runtime/event/path.h"

namespace penstock {

Result<Path> parse_stage_path(std::string_view text, std::string_view stage) {
  Result<Path> path = parse_path(text);
  if (!path.ok()) return Status(Code::invalid, std::string(stage) + ": " + path.status().text());
  return path;
}

Result<std::vector<Path>> parse_paths(const Value& names, std::string_view stage) {
  ValueList list;
  if (names.is_list())
    list = names.list();
  else if (!names.is_nil())
    list.push_back(names);
  std::vector<Path> paths;
  for (const Value& name : list) {
    if (!name.is_string()) return Status(Code::invalid, std::string(stage) + ": a path must be a string, got " + to_text(name));
    Result<Path> path = parse_stage_path(name.string(), stage);
    if (!path.ok()) return path.take_status();
    if (std::find(paths.begin(), paths.end(), *path) == paths.end()) paths.push_back(*std::move(path));
  }
  return paths;
}

std::vector<std::string> to_texts(std::span<const Path> paths) {
  std::vector<std::string> texts;
  for (const Path& path : paths) texts.push_back(to_text(path));
  return texts;
}

std::string joined(std::span<const std::string> texts) {
  std::string out;
  for (const std::string& text : texts) {
    if (!out.empty()) out += ", ";
    out += text;
  }
  return out;
}

std::optional<std::vector<SlotNumber>> add_slots(SlotTable& table, std::span<const Path> paths) {
  std::vector<SlotNumber> slots;
  for (const Path& path : paths) {
    slots.push_back(table.add(path));
    if (slots.back() == SlotTable::no_slot) return std::nullopt;
  }
  return slots;
}

namespace {

class SlotlessStage final : public Stage {
 public:
  explicit SlotlessStage(std::string reason) : reason_(std::move(reason)) {}
  void run(Batch& batch) override {
    for (const std::uint32_t index : batch.live) batch.rejected.push_back({index, reason_});
    batch.live.clear();
  }

 private:
  std::string reason_;
};

void insert(std::vector<PathTree>& level, std::span<const std::string> names) {
  auto at = std::find_if(level.begin(), level.end(), [&](const PathTree& node) { return node.name == names[0]; });
  if (at == level.end()) at = level.insert(level.end(), PathTree{names[0], false, {}});
  if (at->whole) return;
  if (names.size() == 1) {
    at->whole = true;
    at->children.clear();
  } else {
    insert(at->children, names.subspan(1));
  }
}

}  // namespace

std::unique_ptr<Stage> make_slotless_stage(std::string_view stage) {
  return std::make_unique<SlotlessStage>(std::string(stage) + ": the pipeline names more than " + std::to_string(SlotTable::slots_max) +
                                         " fields");
}

std::vector<PathTree> gather(std::span<const Path> paths) {
  std::vector<PathTree> tree;
  for (const Path& path : paths) insert(tree, path);
  return tree;
}

}  // namespace penstock
