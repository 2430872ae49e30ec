// Where in a bucket's list nothing is new: long runs of keys that a walk over the whole list found read and old. Later walks pass
// over them, so that looking for new objects among millions costs a few requests.
#pragma once
#include <map>
#include <optional>
#include <string>

namespace penstock::object {

class QuietStretches {
 public:
  // Shorter runs save no request: a page of a list has 1,000 keys.
  static constexpr std::size_t keys_min = 2000;
  // Further ones are walked.
  static constexpr std::size_t stretches_max = 1000;

  // A walk over all keys begins: what was known is forgotten.
  void begin();
  // The next key of that walk. Keys that do not come in order end every stretch.
  void note(const std::string& key, bool quiet);
  // That walk has ended.
  void end();

  // When `key` is in a stretch (or is where one begins): the stretch's last key, behind which to go on.
  std::optional<std::string> end_of(const std::string& key) const;

 private:
  void close();

  std::map<std::string, std::string> stretches_;  // what is before the first key -> the last key
  std::string previous_;                          // key noted
  std::string begins_after_;                      // of the run that is noted now
  std::size_t keys_ = 0;                          // in it
  bool in_order_ = true;
};

}  // namespace penstock::object
