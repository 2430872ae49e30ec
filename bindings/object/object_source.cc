#include "bindings/object/object_source.h"

#include <algorithm>
#include <random>

#include "bindings/object/object_input.h"
#include "bindings/object/object_lag.h"
#include "bindings/object/object_lister.h"
#include "bindings/object/store_access.h"
#include "runtime/base/log.h"

namespace penstock::object {

namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds tick_interval{100};    // to look whether there is something to read, and what is all acked
constexpr Milliseconds advance_interval{1000};
// Objects of a worker that wait for somebody to mend something; beyond them it takes no more.
constexpr std::size_t parked_max = 100;
// Objects of a worker altogether, those included that are read and wait for their acks: many tiny ones may in one batch.
constexpr std::size_t inputs_max = 10'000;

const char* vendor_name(Vendor vendor) { return vendor == Vendor::oss ? "oss" : "s3"; }

class ObjectSource final : public Source {
 public:
  ObjectSource(ObjectSourcePlan& plan, SourceContext& context)
      : plan_(plan),
        context_(context),
        log_name_(std::string("source.") + vendor_name(plan.options().place.vendor)),
        retries_(Milliseconds(200), Milliseconds(20'000), std::random_device()()),
        turns_(context.scheduler(), [this](ObjectInput& input, ReadTurn turn) {
          if (turn == ReadTurn::ended) on_over(input);
        }) {}

  ~ObjectSource() override {
    inputs_.clear();
    plan_.catalog().advance();
  }

  Status start() override {
    const ObjectSourceOptions& options = plan_.options();
    Result<std::unique_ptr<StoreAccess>> access = StoreAccess::open(options, context_.scheduler());
    if (!access.ok()) return access.take_status();
    access_ = *std::move(access);
    const auto tell = [this](const std::string& text) { log::warn(log_name_, text); };
    store_ = std::make_unique<ObjectStore>(options.place, options.signature, access_->parts(tell));
    plan_.catalog().load(context_.checkpoints(), context_.pipeline(), std::to_string(context_.number()) + ":" + vendor_name(options.place.vendor));
    inputs_context_ = std::make_unique<ObjectInputContext>(ObjectInputContext{
        context_, options, *store_, plan_.catalog(), retries_, log_name_, [this](ObjectInput& input) { turns_.add(input); },
        [this](ObjectInput& input) { on_parked(input); }, [this](ObjectInput& input) { on_over(input); }});
    if (context_.worker() == 0) {
      lister_ = std::make_unique<ObjectLister>(context_.scheduler(), *store_, plan_.catalog(), options,
                                               ObjectLister::Events{[this] { take_more(); }, [this](std::size_t keys) { on_walked(keys); },
                                                                    [this](const Answer& answer) { return on_list_failed(answer); }});
      lister_->start();
    }
    tick_ = context_.scheduler().every(tick_interval, [this] { tick(); });
    return {};
  }

  void resume() override { turns_.resume(); }

  void stop() override {
    stopped_ = true;
    lister_.reset();
    tick_.reset();
    later_.reset();
    turns_.stop();
    for (const auto& input : inputs_) input->stop();
    plan_.catalog().advance();
  }

 private:
  void take_more() {
    while (!stopped_ && reading_ < plan_.options().objects_open_max && parked_ < parked_max && inputs_.size() < inputs_max) {
      std::optional<ObjectTask> task = plan_.catalog().take(context_.worker());
      if (!task) return;
      begin(*std::move(task));
    }
  }
  void begin(ObjectTask task) {
    inputs_.push_back(std::make_unique<ObjectInput>(*inputs_context_, std::move(task)));
    ++reading_;
    inputs_.back()->start();
  }

  // Another may be read meanwhile: this one is over, or parked.
  void count_out(ObjectInput& input) {
    if (!input.counted) return;
    input.counted = false;
    --reading_;
    plan_.catalog().rest(context_.worker());
    take_more();
  }
  void on_parked(ObjectInput& input) {
    if (input.counted) ++parked_;
    count_out(input);
  }
  void on_over(ObjectInput& input) {
    if (input.replaced()) return begin_anew(input);
    if (!input.counted) --parked_;
    count_out(input);
  }
  // What is there now is read in its place.
  void begin_anew(ObjectInput& old) {
    inputs_.push_back(std::make_unique<ObjectInput>(*inputs_context_, ObjectTask{{old.key(), "", 0, {}}, 0}));
    inputs_.back()->counted = std::exchange(old.counted, false);
    inputs_.back()->start();
  }

  void on_walked(std::size_t keys) {
    if (keys == 0 && !std::exchange(told_empty_, true)) log::warn(log_name_, "no object begins with " + object_name(plan_.options().place, plan_.options().prefix));
    for (const ObjectCatalog::Lost& lost : plan_.catalog().take_lost()) {
      const std::string what = lost.overwritten ? ": overwritten before it was read to its end; what is there now is read from its start"
                                                : ": gone before it was read to its end";
      context_.on_trouble(object_name(plan_.options().place, lost.key) + what, 0);
    }
  }

  // A run that ends by itself does not wait for somebody to mend what is wrong.
  bool on_list_failed(const Answer& answer) {
    const bool passes = answer.outcome == Outcome::transient;
    if (passes || plan_.options().follow) {
      log::write_limited(log::Level::warn, log_name_, answer.text + (passes ? "; trying again" : "; trying again every 30 s"));
      return true;
    }
    plan_.catalog().give_up();
    later_ = context_.scheduler().after(Milliseconds(0), [this, text = answer.text] { context_.on_failed(Status(Code::denied, text)); });
    return false;
  }

  void tick() {
    std::erase_if(inputs_, [this](const auto& input) {
      input->put_position();
      if (!input->settled() || input->in_turn) return false;
      bytes_ended_ += input->bytes_expected();
      return true;
    });
    const Milliseconds now = context_.scheduler().now();
    if (context_.worker() == 0 && now - advanced_ >= advance_interval) advance(now);
    take_more();
    tell_total();
    if (!plan_.options().follow && !finished_ && reading_ == 0 && plan_.catalog().exhausted()) finish();
  }

  void advance(Milliseconds now) {
    advanced_ = now;
    plan_.catalog().advance();
    if (OwnMetrics* const to = context_.own_metrics()) to->publish(lag_of(plan_.catalog()));
    if (!plan_.catalog().take_overflow()) return;
    log::warn(log_name_, "more than a million objects are younger than lookback: it is cut short, so that those that appear late may be missed (hint: set lookback)");
  }

  void tell_total() {
    if (plan_.options().follow) return;
    std::uint64_t total = bytes_ended_;
    for (const auto& input : inputs_) total += input->bytes_expected();
    if (context_.worker() == 0) total += plan_.catalog().waiting().bytes;
    context_.on_total(total);
  }

  void finish() {
    finished_ = true;
    context_.on_finished();
  }

  ObjectSourcePlan& plan_;
  SourceContext& context_;
  const std::string log_name_;
  RetrySchedule retries_;
  ReadTurns<ObjectInput> turns_;
  // Each stands on those before it.
  std::unique_ptr<StoreAccess> access_;
  std::unique_ptr<ObjectStore> store_;
  std::unique_ptr<ObjectInputContext> inputs_context_;
  std::unique_ptr<ObjectLister> lister_;
  std::vector<std::unique_ptr<ObjectInput>> inputs_;  // reading, parked, or with acks to come
  std::size_t reading_ = 0, parked_ = 0;
  std::uint64_t bytes_ended_ = 0;
  Milliseconds advanced_{0};
  bool stopped_ = false, finished_ = false, told_empty_ = false;
  std::unique_ptr<Scheduled> tick_, later_;
};

Result<std::unique_ptr<SourcePlan>> make_object_source(Vendor vendor, const Value& options, const PlanContext& context) {
  Result<ObjectSourceOptions> checked = ObjectSourceOptions::from(vendor, options, credentials::this_machine(), std::chrono::system_clock::now());
  if (!checked.ok()) return checked.take_status();
  return std::unique_ptr<SourcePlan>(std::make_unique<ObjectSourcePlan>(*std::move(checked), context.workers));
}

}  // namespace

ObjectSourcePlan::ObjectSourcePlan(ObjectSourceOptions options, int workers)
    : options_(std::move(options)), catalog_({object_name(options_.place, ""), options_.selection(), options_.lookback, workers}) {}

std::unique_ptr<Source> ObjectSourcePlan::open(SourceContext& context) { return std::make_unique<ObjectSource>(*this, context); }

}  // namespace penstock::object

namespace penstock {

void add_object_sources(Components& components) {
  using object::Vendor;
  components.sources["s3"] = [](const Value& options, const PlanContext& context) { return object::make_object_source(Vendor::s3, options, context); };
  components.sources["oss"] = [](const Value& options, const PlanContext& context) { return object::make_object_source(Vendor::oss, options, context); };
}

}  // namespace penstock
