#include "bindings/source/file_turns.h"

namespace penstock {

void FileTurns::add(FileInput& input) {
  if (stopped_ || input.in_turn) return;
  input.in_turn = true;
  ready_.push_back(&input);
  want_turns();
}

void FileTurns::resume() {
  if (stopped_ || blocked_.empty()) return;
  ready_.insert(ready_.end(), blocked_.begin(), blocked_.end());
  blocked_.clear();
  want_turns();
}

void FileTurns::stop() {
  stopped_ = true;
  ready_.clear();
  blocked_.clear();
  turns_.reset();
}

void FileTurns::want_turns() {
  if (!turns_) turns_ = scheduler_.repeatedly([this] { turn(); });
}

void FileTurns::turn() {
  std::size_t taken = 0;
  while (!ready_.empty() && taken < turn_bytes) {
    FileInput& input = *ready_.front();
    taken += visit_bytes;
    const FileInput::Turn result = input.read_some(turn_bytes, taken);
    // The pipeline may have stopped us in the middle of it.
    if (stopped_) return;
    ready_.pop_front();
    switch (result) {
      case FileInput::Turn::more: ready_.push_back(&input); break;
      case FileInput::Turn::blocked: blocked_.push_back(&input); break;
      case FileInput::Turn::waiting:
      case FileInput::Turn::ended:
        input.in_turn = false;
        on_rest_(input, result);
        break;
    }
  }
  if (ready_.empty()) turns_.reset();
}

}  // namespace penstock
