// Paths with wildcards, as scripts write them.
#pragma once
#include <string>
#include <vector>

#include "runtime/base/status.h"

namespace penstock {

// What patterns match on disk at one moment.
struct PathsFound {
  std::vector<std::string> files;        // whatever matched that is no directory; sorted and unique after tidy()
  std::vector<std::string> directories;  // where something new could match: what to watch
  void tidy();
};

// Within a name: `*`, `?`, `[a-z]`, `[!a-z]`, and a backslash before a character that means itself (glob(7)). A name `**`
// stands for any number of directories, none included. A leading dot is matched only by a dot. Symbolic links are followed,
// except below `**` (they could lead round in circles), which looks at most `depth_max` directories deep.
class PathPattern {
 public:
  static constexpr int depth_max = 64;

  // Code::invalid, with the column, when a `[` is never closed.
  static Result<PathPattern> parse(const std::string& text);

  // No wildcards: names one file, which is expected to be there.
  bool literal() const { return literal_; }
  // The file a literal pattern names, its escapes undone; the pattern itself otherwise.
  const std::string& text() const { return text_; }

  // Whether a path matches. A pattern without any slash is compared with the path's last name (`*.gz`).
  bool matches(const std::string& path) const;
  // Adds what matches on disk. Directories that cannot be opened are passed by.
  void expand(PathsFound& found) const;

 private:
  bool matches_names(const std::vector<std::string>& names, std::size_t name, std::size_t at) const;
  void walk(const std::string& directory, std::size_t at, int depth, PathsFound& found) const;
  void walk_entries(const std::string& directory, std::size_t at, int depth, PathsFound& found) const;

  std::string text_;
  std::vector<std::string> names_;  // the pattern cut at its slashes
  bool absolute_ = false;
  bool literal_ = false;
};

}  // namespace penstock
