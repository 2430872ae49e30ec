// A writer that rotates in every way, and a source that is stopped and started at any moment: nothing is missing.
#include <random>
#include <set>

#include "bindings/source/followed_files.h"
#include "tests/unit/bindings/source/source_bench.h"

namespace penstock {
namespace {

using namespace penstock::testing;
namespace fs = std::filesystem;

class Writer {
 public:
  Writer(const TemporaryDirectory& dir, std::mt19937& random) : dir_(dir), random_(random) {}

  void write_lines() {
    std::string text;
    for (unsigned i = random_() % 20 + 1; i > 0; --i) text += line();
    append_file(dir_ / "app.log", text);
  }
  void write_half() {
    const std::string whole = line();
    const std::size_t half = whole.size() / 2;
    append_file(dir_ / "app.log", whole.substr(0, half));
    rest_ = whole.substr(half);
  }
  void write_rest() {
    if (!rest_.empty()) append_file(dir_ / "app.log", rest_);
    rest_.clear();
  }
  // Rotations happen between lines.
  void rename_away() {
    write_rest();
    if (!fs::exists(dir_ / "app.log")) return;
    fs::rename(dir_ / "app.log", dir_ / ("app.log." + std::to_string(++rotations_)));
    // An empty file has no fingerprint to be found by, once it was renamed out of the glob while nobody had it open.
    const bool empty = fs::file_size(dir_ / ("app.log." + std::to_string(rotations_))) == 0;
    if (!empty && random_() % 2 == 0) append_file(dir_ / ("app.log." + std::to_string(rotations_)), line());
  }
  void truncate() { write_file(dir_ / "app.log", ""); }
  void remove() { fs::remove(dir_ / "app.log"); }

  std::set<std::string> written;
  bool half() const { return !rest_.empty(); }

 private:
  std::string line() {
    std::string text = "line " + std::to_string(next_++) + std::string(random_() % 60, '.');
    written.insert(text);
    return text + "\n";
  }

  const TemporaryDirectory& dir_;
  std::mt19937& random_;
  int next_ = 0;
  int rotations_ = 0;
  std::string rest_;
};

class RotationRace : public ::testing::TestWithParam<unsigned> {
 protected:
  void start() {
    run = std::make_unique<FileRun>(ValueMap{{"path", Value(dir / (wide ? "app.log*" : "app.log"))}}, &checkpoints);
    run->bench.auto_ack = random() % 2 == 0;
    run->bench.space_bytes = 64 + random() % 200;
    run->start();
  }
  // Stops without a word (a crash) or in good order; either way only acked lines are remembered.
  void stop() {
    if (random() % 2 == 0) run->stop();
    collect();
    run.reset();
  }
  void collect() {
    std::set<std::string> in_this_run;
    for (std::string& line : run->lines()) {
      EXPECT_TRUE(writer.written.count(line) == 1) << "made up or torn: " << line;
      EXPECT_TRUE(in_this_run.insert(line).second) << "twice in one run: " << line;
      read.insert(std::move(line));
    }
    lost += run->bench.lost;
  }
  // A file that is renamed out of the glob before it was ever seen cannot be found.
  void let_it_be_seen() {
    if (wide) return;
    if (!run) start();
    run->changed(dir.path());
    if (random() % 3 == 0) stop();
  }
  // Everything written so far is read and acked, so that truncating or deleting loses nothing.
  void catch_up() {
    if (!run) start();
    writer.write_rest();
    run->bench.auto_ack = true;
    run->bench.ack_all();
    run->bench.pass(1100);
    run->bench.ack_all();
  }

  void step() {
    switch (random() % 12) {
      case 0: let_it_be_seen(); return writer.rename_away();
      case 1: catch_up(); return writer.truncate();
      case 2: catch_up(); return writer.remove();
      case 3:
        if (run) stop();
        return;
      case 4: return writer.write_half();
      case 5:
        if (run) run->bench.pass(static_cast<int>(random() % 8) * 1000);
        return;
      case 6:
        if (run) run->bench.ack_all();
        return;
      case 7:
        if (run) run->bench.clock.change(dir.path());
        return;
      default:
        if (!run) start();
        writer.write_rest();
        writer.write_lines();
        if (random() % 2 == 0) run->changed(dir.path());
    }
  }

  std::mt19937 random{GetParam()};
  TemporaryDirectory dir;
  MemoryCheckpoints checkpoints;
  Writer writer{dir, random};
  const bool wide = GetParam() % 2 == 0;  // the glob takes rotated files as well
  std::unique_ptr<FileRun> run;
  std::set<std::string> read;
  std::uint64_t lost = 0;
};

TEST_P(RotationRace, NoLineIsMissingAndNoneIsDoubledWithinARun) {
  for (int i = 0; i < 300; ++i) {
    if (writer.half()) writer.write_rest();
    step();
  }
  writer.write_rest();
  if (!run) start();
  run->bench.auto_ack = true;
  run->bench.ack_all();
  run->bench.pass(20'000);
  collect();
  EXPECT_EQ(read.size(), writer.written.size());
  EXPECT_EQ(lost, 0u);
  const std::size_t files = static_cast<std::size_t>(std::distance(fs::directory_iterator(dir.path()), {}));
  EXPECT_LE(checkpoints.kept.size(), wide ? files : 1u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RotationRace, ::testing::Range(1u, 41u));

}  // namespace
}  // namespace penstock
