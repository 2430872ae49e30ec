// Whose turn it is to read: the inputs of one worker that have something to read, one after the other.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/loop/scheduler.h"

namespace penstock {

// Why an input's read_some() came back.
enum class ReadTurn : std::uint8_t {
  more,     // the budget is used up
  blocked,  // the pipeline takes no more of this stream for now
  waiting,  // nothing to read now: at the end of a growing file, or before bytes that are on their way
  ended,    // nothing comes any more: read to the end, or broken and reported
};

// Reads about turn_bytes in each iteration of the loop, of one input or of several small ones, then goes to the back of the
// queue with it. When no input has anything to read, the loop is not asked for turns.
//
// Input: `ReadTurn read_some(std::size_t budget, std::size_t& taken)` reads up to about `budget` bytes and adds what it read to
// `taken`; `bool in_turn = false` is set while it is in the queue, when it must not be destroyed.
template <class Input>
class ReadTurns {
 public:
  static constexpr std::size_t turn_bytes = 1024 * 1024;
  // What taking an input up costs beside its bytes, so that a turn over many tiny ones ends as well.
  static constexpr std::size_t visit_bytes = 16 * 1024;

  // `on_rest`: the input left the queue, waiting or ended; it may be destroyed there.
  ReadTurns(Scheduler& scheduler, std::function<void(Input&, ReadTurn)> on_rest) : scheduler_(scheduler), on_rest_(std::move(on_rest)) {}

  // The input may have something to read. It must not be destroyed before it rests, or stop().
  void add(Input& input) {
    if (stopped_ || input.in_turn) return;
    input.in_turn = true;
    ready_.push_back(&input);
    want_turns();
  }
  // Blocked streams may go on.
  void resume() {
    if (stopped_ || blocked_.empty()) return;
    ready_.insert(ready_.end(), blocked_.begin(), blocked_.end());
    blocked_.clear();
    want_turns();
  }
  void stop() {
    stopped_ = true;
    ready_.clear();
    blocked_.clear();
    turns_.reset();
  }

 private:
  void want_turns() {
    if (!turns_) turns_ = scheduler_.repeatedly([this] { turn(); });
  }
  void turn() {
    std::size_t taken = 0;
    while (!ready_.empty() && taken < turn_bytes) {
      Input& input = *ready_.front();
      taken += visit_bytes;
      const ReadTurn result = input.read_some(turn_bytes, taken);
      // The pipeline may have stopped us in the middle of it.
      if (stopped_) return;
      ready_.pop_front();
      switch (result) {
        case ReadTurn::more: ready_.push_back(&input); break;
        case ReadTurn::blocked: blocked_.push_back(&input); break;
        case ReadTurn::waiting:
        case ReadTurn::ended:
          input.in_turn = false;
          on_rest_(input, result);
          break;
      }
    }
    if (ready_.empty()) turns_.reset();
  }

  Scheduler& scheduler_;
  std::function<void(Input&, ReadTurn)> on_rest_;
  std::deque<Input*> ready_;
  std::vector<Input*> blocked_;
  bool stopped_ = false;
  std::unique_ptr<Scheduled> turns_;
};

}  // namespace penstock
