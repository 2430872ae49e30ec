// Whose turn it is to read: the inputs of one worker that have something to read, one after the other.
#pragma once
#include <deque>
#include <functional>
#include <vector>

#include "bindings/source/file_input.h"

namespace penstock {

// Reads about turn_bytes in each iteration of the loop, of one input or of several small ones, then goes to the back of the
// queue with it. When no input has anything to read, the loop is not asked for turns.
class FileTurns {
 public:
  static constexpr std::size_t turn_bytes = 1024 * 1024;
  // What taking an input up costs beside its bytes, so that a turn over many tiny files ends as well.
  static constexpr std::size_t visit_bytes = 16 * 1024;

  // `on_rest`: the input left the queue, waiting or ended; it may be destroyed there.
  FileTurns(Scheduler& scheduler, std::function<void(FileInput&, FileInput::Turn)> on_rest)
      : scheduler_(scheduler), on_rest_(std::move(on_rest)) {}

  // The input may have something to read. It must not be destroyed before it rests, or stop().
  void add(FileInput& input);
  // Blocked streams may go on.
  void resume();
  void stop();

 private:
  void turn();
  void want_turns();

  Scheduler& scheduler_;
  std::function<void(FileInput&, FileInput::Turn)> on_rest_;
  std::deque<FileInput*> ready_;
  std::vector<FileInput*> blocked_;
  bool stopped_ = false;
  std::unique_ptr<Scheduled> turns_;
};

}  // namespace penstock
