// Which messages of a transaction a topic refuses: brokers refuse whole batches, and with one the transaction.
#pragma once
#include <algorithm>

namespace penstock::kafka {

// After a batch was refused, messages are sent each alone until the culprits are known and left out, and then in batches again. Where
// none is found, batches as such are refused (larger than the topic takes), and the search lasts ever longer.
class CulpritSearch {
 public:
  static constexpr int commits_first = 3;
  static constexpr int commits_most = 1024;
  // Refusals without a commit between them, from which on nothing is learnt any more: messages are others each time they are read.
  static constexpr int in_a_row_max = 10'000;

  // Messages are sent alone.
  bool is_on() const { return is_on_; }
  // Something was refused. Returns whether it is a culprit: it was alone.
  bool on_refused() {
    has_learnt_ = ++in_a_row_ < in_a_row_max;
    if (is_on_) {
      found_any_ = true;
      commits_ = 0;
    } else {
      wants_change_ = true;
    }
    return is_on_;
  }
  void on_begun() { has_learnt_ = false; }
  void on_committed() {
    in_a_row_ = 0;
    if (is_on_ && ++commits_ >= commits_needed_) wants_change_ = true;
  }
  // The producer is to be replaced, by one of the other kind.
  bool wants_change() const { return wants_change_; }
  // It is. Does nothing when no change is wanted.
  void change() {
    if (!wants_change_) return;
    wants_change_ = false;
    is_on_ = !is_on_;
    if (!is_on_) commits_needed_ = found_any_ ? commits_first : std::min(2 * commits_needed_, commits_most);
    found_any_ = false;
    commits_ = 0;
  }
  // Something was refused since the transaction was begun: the next one is not like it.
  bool has_learnt() const { return has_learnt_; }

 private:
  bool is_on_ = false;
  bool wants_change_ = false;
  bool has_learnt_ = false;
  bool found_any_ = false;  // in this search
  int commits_ = 0;         // since the last one
  int in_a_row_ = 0;
  int commits_needed_ = commits_first;
};

}  // namespace penstock::kafka
