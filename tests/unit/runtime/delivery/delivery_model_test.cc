// A delivery queue with its spool against a model that is a list of numbers: a source numbers its events, reads on from what was
// acked after each restart, and at the end every number is at the destination or in the dead letter. In between everything
// happens that can: the destination fails in each way, file operations fail, the process is killed between any two of them.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "runtime/delivery/spool_file.h"
#include "tests/unit/runtime/delivery/queue_world.h"

namespace penstock::testing {
namespace {

using namespace std::chrono_literals;
using Number = std::uint64_t;

constexpr Number bad_every = 29;  // the destination refuses these

std::vector<Number> numbers_in(ByteView body) {
  std::vector<Number> numbers;
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    numbers.push_back(std::stoull(std::string(body.substr(0, end))));
    body.remove_prefix(end + 1);
  }
  return numbers;
}

// One batch of the source, until each of its events has a verdict.
struct Batch final : AckTarget {
  Batch(Number from, std::uint32_t count) : first(from), events(count) {}
  void settle(Verdict verdict, std::uint32_t count) override {
    settled += count;
    if (verdict == Verdict::undelivered) lost = true;
  }
  bool acked() const { return settled == events && !lost; }
  Number first;
  std::uint32_t events;
  std::uint32_t settled = 0;
  bool lost = false;
};

class Model {
 public:
  explicit Model(std::uint32_t seed) : random_(seed) {
    options_.ordered = chance(3);
    answers_for_each_ = chance(2);
    options_.disk = chance(2);
    options_.on_full = chance(3) && options_.disk ? OnFull::block : OnFull::spool;
    options_.concurrency = static_cast<int>(1 + pick(6));
    options_.memory_bytes_max = 2000 + pick(20'000);
    spool_bytes_max_ = 4096 * (3 + pick(40));
    start();
  }

  void step() {
    switch (pick(14)) {
      case 0: case 1: case 2: case 3: case 4: return push();
      case 5: case 6: case 7: return world_->advance(std::chrono::milliseconds(pick(500)));
      case 8: world_->scheduler.finish_work(); return world_->expect_balance();
      case 9: return world_->pass(std::chrono::milliseconds(pick(5'000)));
      case 10: mood_ = static_cast<Mood>(pick(5)); return;
      case 11: return trouble_with_files();
      case 12: if (chance(4)) return restart(); return;
      case 13: if (chance(3)) return kill(); return;
    }
  }

  // All is well again; everything has to arrive.
  void finish() {
    world_->files.forget_fault();
    world_->files.disk_has_room();
    mood_ = Mood::well;
    for (int i = 0; i < 50 && !(acked_to() == next_ && world_->queue->idle()); ++i) {
      world_->pass(1min);
      note_acks();
    }
    EXPECT_EQ(acked_to(), next_);
    EXPECT_TRUE(world_->queue->idle());
    stop();
    EXPECT_TRUE(folder_.names().empty()) << folder_.names().front();
    for (Number number = 0; number < next_; ++number) {
      const int times = static_cast<int>(arrived_[number]);
      EXPECT_GE(times, 1) << "event " << number << " was lost";
      if (!may_repeat_.contains(number)) {
        EXPECT_EQ(times, 1) << "event " << number << " was never in flight at a crash";
      }
    }
    EXPECT_EQ(lost_, 0u);
  }

 private:
  enum class Mood { well, down, paused, mixed, hangs };

  Number pick(Number below) { return std::uniform_int_distribution<Number>(0, below - 1)(random_); }
  bool chance(Number one_in) { return pick(one_in) == 0; }

  void start() {
    world_ = std::make_unique<QueueWorld>();
    world_->options = options_;
    world_->transport.latency = std::chrono::milliseconds(1 + pick(50));
    world_->transport.decide = [this](const Package& package) { return answer(package); };
    spool_.directory = folder_.path("spool");
    spool_.family = world_.get();
    spool_.bytes_max = spool_bytes_max_;
    world_->spool = spool_;
    world_->open();
    ASSERT_TRUE(world_->queue->open().ok());
    newest_pushed_ = 0;
    next_ = acked_to();
    batches_.clear();
  }

  Answer answer(const Package& package) {
    const Mood mood = mood_ == Mood::mixed ? static_cast<Mood>(pick(3)) : mood_;
    if (mood == Mood::down) return transient();
    if (mood == Mood::paused) return configuration();
    if (mood == Mood::hangs) return transient("timed out");
    const std::vector<Number> numbers = numbers_in(package.body.view());
    if (answers_for_each_) return answer_for_each(numbers);
    for (const Number number : numbers)
      if (number % bad_every == 0) return refused();
    for (const Number number : numbers) ++arrived_[number];
    check_order(numbers);
    return delivered();
  }

  // Takes some and refuses others, some of them for a while (not when ordered: what is left would come after what was taken).
  Answer answer_for_each(const std::vector<Number>& numbers) {
    Answer answer;
    std::vector<Number> taken;
    for (std::uint32_t entry = 0; entry < numbers.size(); ++entry) {
      if (numbers[entry] % bad_every == 0) {
        answer.failures.push_back({entry, Outcome::data, "refused"});
      } else if (!options_.ordered && chance(6)) {
        answer.outcome = chance(4) ? Outcome::configuration : Outcome::transient;
        answer.failures.push_back({entry, answer.outcome, "later"});
      } else {
        taken.push_back(numbers[entry]);
      }
    }
    for (const Number number : taken) ++arrived_[number];
    check_order(taken);
    return answer;
  }

  // What is recovered comes first and in order, then what is pushed, in order.
  void check_order(const std::vector<Number>& numbers) {
    if (!options_.ordered) return;
    for (const Number number : numbers) {
      if (pushed_.contains(number) && !recovered_.contains(number)) {
        EXPECT_GE(number, newest_pushed_);
        newest_pushed_ = number;
      }
    }
  }

  void push() {
    if (!world_->queue->ready()) return;
    const auto count = static_cast<std::uint32_t>(1 + pick(6));
    std::vector<std::string> lines;
    for (std::uint32_t i = 0; i < count; ++i) {
      lines.push_back(std::to_string(next_ + i));
      pushed_.insert(next_ + i);
    }
    batches_.push_back(std::make_unique<Batch>(next_, count));
    world_->queue->count_taken(count);
    world_->queue->push(package_of(lines, batches_.back().get()));
    next_ += count;
    most_ = std::max(most_, next_);
    world_->expect_balance();
  }

  void trouble_with_files() {
    switch (pick(4)) {
      case 0: return world_->files.fail(static_cast<int>(1 + pick(20)), chance(2) ? EIO : ENOSPC, static_cast<int>(1 + pick(3)));
      case 1: return world_->files.disk_full_after(static_cast<std::int64_t>(pick(2000)));
      default:
        world_->files.disk_has_room();
        world_->files.forget_fault();
    }
  }

  // The end of a process in good order, and another one.
  void restart() {
    stop();
    start();
  }
  void stop() {
    world_->queue->drain();
    world_->pass(std::chrono::milliseconds(pick(8'000)));
    world_->files.forget_fault();  // at the very end only removals are left, and what cannot be removed is sent again
    world_->queue->close();
    world_->expect_balance();
    end();
  }
  // No file operation works from some moment on, and then the process is gone.
  void kill() {
    world_->files.fail(static_cast<int>(1 + pick(12)), EIO, 1'000'000);
    if (chance(2)) world_->scheduler.finish_work();
    note_acks();
    end();
    start();
  }
  void end() {
    note_acks();
    note_letters();
    lost_ += world_->counters.lost_events.get();
    // In flight: what is not acked is read again, what is still in files is sent again.
    for (Number number = acked_to(); number < most_; ++number) may_repeat_.insert(number);
    recovered_.clear();
    for (const std::string& name : folder_.names()) {
      const Result<Package> package = parse_spool_file(folder_.read(name));
      if (!package.ok()) continue;
      for (const Number number : numbers_in(package.value().body.view())) {
        may_repeat_.insert(number);
        recovered_.insert(number);
      }
    }
    pushed_.clear();
    world_->queue.reset();
    note_letters();
    world_.reset();
  }

  void note_acks() {
    note_letters();
    while (!batches_.empty() && batches_.front()->acked()) {
      acked_ = batches_.front()->first + batches_.front()->events;
      done_.push_back(std::move(batches_.front()));
      batches_.erase(batches_.begin());
    }
  }
  Number acked_to() {
    if (world_) note_acks();
    return acked_;
  }
  void note_letters() {
    for (const auto& [reason, event] : world_->letters) ++arrived_[std::stoull(event)];
    world_->letters.clear();
  }

  std::mt19937 random_;
  TemporaryFolder folder_;
  DeliveryOptions options_;
  SpoolOptions spool_;
  std::uint64_t spool_bytes_max_;
  Mood mood_ = Mood::well;
  bool answers_for_each_ = false;
  Number next_ = 0, most_ = 0, acked_ = 0;
  Number newest_pushed_ = 0;
  std::vector<std::unique_ptr<Batch>> batches_, done_;
  std::map<Number, Number> arrived_;
  std::set<Number> may_repeat_, pushed_, recovered_;
  std::uint64_t lost_ = 0;
  std::unique_ptr<QueueWorld> world_;
};

TEST(DeliveryModel, NothingIsLostAndOnlyWhatWasInFlightComesTwice) {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Model model(seed);
    for (int i = 0; i < 400; ++i) model.step();
    model.finish();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace penstock::testing
