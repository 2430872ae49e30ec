#include "bindings/stage/remove_stage.h"

#include "bindings/stage/stage_paths.h"

namespace penstock {

namespace {

class RemoveStage final : public Stage {
 public:
  explicit RemoveStage(std::vector<SlotNumber> slots) : slots_(std::move(slots)) {}
  void run(Batch& batch) override {
    for (const std::uint32_t index : batch.live) {
      Event& event = batch[index];
      for (const SlotNumber slot : slots_) {
        if (event.get(slot).present())
          event.remove(slot);
        else
          event.set_aside(slot, Slice::missing());
      }
    }
  }

 private:
  std::vector<SlotNumber> slots_;
};

class RemovePlan final : public StagePlan {
 public:
  explicit RemovePlan(std::vector<Path> paths) : paths_(std::move(paths)) {}
  std::unique_ptr<Stage> open(const StageContext& context) const override {
    auto slots = add_slots(context.slots, paths_);
    if (!slots) return make_slotless_stage("remove");
    return std::make_unique<RemoveStage>(*std::move(slots));
  }
  std::string describe() const override { return "remove " + joined(to_texts(paths_)); }
  std::vector<std::string> writes() const override { return to_texts(paths_); }

 private:
  std::vector<Path> paths_;
};

}  // namespace

Result<std::unique_ptr<StagePlan>> make_remove_stage(const Value& options, const PlanContext&) {
  Result<std::vector<Path>> paths = parse_paths(options["names"], "remove");
  if (!paths.ok()) return paths.take_status();
  if (paths->empty()) return Status(Code::invalid, "remove: names must list at least one field");
  return std::unique_ptr<StagePlan>(std::make_unique<RemovePlan>(*std::move(paths)));
}

}  // namespace penstock
