// Says when the files that a script was made of change: `--watch`.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/loop/loop.h"

namespace penstock {

// For the main thread's loop. Their directories are watched, and looked at every poll_interval too, for file systems that
// tell nothing. Editors write a file in several steps: a change is told when nothing has changed for quiet_time.
class ScriptWatch {
 public:
  static constexpr std::chrono::milliseconds poll_interval{2000};
  static constexpr std::chrono::milliseconds quiet_time{200};

  // `on_change` gets one of the paths that changed.
  ScriptWatch(Loop& loop, std::function<void(const std::string& path)> on_change);

  // Watches these from now on, files that are not there included. What was watched before and has changed meanwhile is told.
  void follow(const std::vector<std::string>& paths);

 private:
  // What a change of the file changes; nothing: no file.
  struct Print {
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t modified_ns = 0;
    bool operator==(const Print&) const = default;
  };
  using Prints = std::map<std::string, std::optional<Print>>;

  static std::optional<Print> print_of(const std::string& path);
  void look();

  Loop& loop_;
  std::function<void(const std::string&)> on_change_;
  Prints prints_;
  std::map<std::string, std::unique_ptr<Scheduled>> directories_;  // null: cannot be watched
  std::unique_ptr<Scheduled> poll_, quiet_;
};

}  // namespace penstock
