#include "bindings/stage/rename_stage.h"

#include <algorithm>

#include "bindings/stage/stage_paths.h"

namespace penstock {

namespace {

class RenameStage final : public Stage {
 public:
  RenameStage(std::vector<SlotNumber> from, std::vector<SlotNumber> to)
      : from_(std::move(from)), to_(std::move(to)), values_(from_.size()) {}

  void run(Batch& batch) override {
    for (const std::uint32_t index : batch.live) rename(batch[index]);
  }

 private:
  // Reads all, takes all away, then writes all: the order of the map does not show.
  void rename(Event& event) {
    for (std::size_t i = 0; i < from_.size(); ++i) values_[i] = event.get(from_[i]);
    for (std::size_t i = 0; i < from_.size(); ++i)
      if (values_[i].present()) event.remove(from_[i]);
    for (std::size_t i = 0; i < from_.size(); ++i)
      if (values_[i].present()) event.set(to_[i], values_[i]);
  }

  std::vector<SlotNumber> from_;
  std::vector<SlotNumber> to_;
  std::vector<Slice> values_;
};

class RenamePlan final : public StagePlan {
 public:
  RenamePlan(std::vector<Path> from, std::vector<Path> to) : from_(std::move(from)), to_(std::move(to)) {}
  std::unique_ptr<Stage> open(const StageContext& context) const override {
    auto from = add_slots(context.slots, from_);
    auto to = add_slots(context.slots, to_);
    if (!from || !to) return make_slotless_stage("rename");
    return std::make_unique<RenameStage>(*std::move(from), *std::move(to));
  }
  std::string describe() const override {
    std::string text = "rename ";
    for (std::size_t i = 0; i < from_.size(); ++i) text += (i ? ", " : "") + to_text(from_[i]) + " to " + to_text(to_[i]);
    return text;
  }
  std::vector<std::string> reads() const override { return to_texts(from_); }
  std::vector<std::string> writes() const override {
    std::vector<std::string> paths = to_texts(from_);
    for (const Path& path : to_) paths.push_back(to_text(path));
    return paths;
  }

 private:
  std::vector<Path> from_;
  std::vector<Path> to_;
};

}  // namespace

Result<std::unique_ptr<StagePlan>> make_rename_stage(const Value& options, const PlanContext&) {
  const Value& names = options["names"];
  if (!names.is_map() || names.map().empty()) return Status(Code::invalid, "rename: names must map at least one field to its new name");
  std::vector<Path> from, to;
  for (const auto& [old_name, new_name] : names.map()) {
    if (!new_name.is_string()) return Status(Code::invalid, "rename: the new name of " + old_name + " must be a path, got " + to_text(new_name));
    Result<Path> old_path = parse_stage_path(old_name, "rename");
    if (!old_path.ok()) return old_path.take_status();
    Result<Path> new_path = parse_stage_path(new_name.string(), "rename");
    if (!new_path.ok()) return new_path.take_status();
    if (*old_path == *new_path) continue;
    if (std::find(to.begin(), to.end(), *new_path) != to.end())
      return Status(Code::invalid, "rename: two fields are renamed to " + to_text(*new_path));
    from.push_back(*std::move(old_path));
    to.push_back(*std::move(new_path));
  }
  return std::unique_ptr<StagePlan>(std::make_unique<RenamePlan>(std::move(from), std::move(to)));
}

}  // namespace penstock
