#include "bindings/stage/filter_stage.h"

#include "runtime/filter/from_data.h"
#include "runtime/filter/parser.h"
#include "runtime/filter/predicate.h"

namespace penstock {
namespace {

class FilterStage final : public Stage {
 public:
  FilterStage(std::shared_ptr<const filter::Expression> expression, SlotTable& slots) : predicate_(std::move(expression), slots) {}

  void run(Batch& batch) override {
    std::erase_if(batch.live, [&](std::uint32_t index) { return !predicate_.matches(batch[index]); });
  }

 private:
  filter::Predicate predicate_;
};

class FilterPlan final : public StagePlan {
 public:
  explicit FilterPlan(filter::Expression expression)
      : expression_(std::make_shared<const filter::Expression>(std::move(expression))) {}

  std::unique_ptr<Stage> open(const StageContext& context) const override {
    return std::make_unique<FilterStage>(expression_, context.slots);
  }
  std::string describe() const override { return "filter " + filter::to_text(*expression_); }
  std::vector<std::string> reads() const override {
    std::vector<std::string> out;
    for (const Path& path : filter::paths(*expression_)) out.push_back(to_text(path));
    return out;
  }

 private:
  std::shared_ptr<const filter::Expression> expression_;
};

}  // namespace

Result<std::unique_ptr<StagePlan>> make_filter_stage(const Value& options, const PlanContext&) {
  const Value& given = options["expression"];
  Result<filter::Expression> expression = given.is_string() ? filter::parse(given.string()) : filter::from_data(given);
  if (!expression.ok()) return expression.take_status();
  return std::unique_ptr<StagePlan>(std::make_unique<FilterPlan>(std::move(*expression)));
}

}  // namespace penstock
