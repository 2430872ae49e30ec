#include "bindings/source/path_pattern.h"

#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>

namespace penstock {

namespace {

std::vector<std::string> names_of(const std::string& path) {
  std::vector<std::string> names;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) names.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

bool has_wildcard(const std::string& name) { return name.find_first_of("*?[") != std::string::npos; }

std::string unescape(const std::string& name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '\\' && i + 1 < name.size()) ++i;
    out += name[i];
  }
  return out;
}

bool name_matches(const std::string& pattern, const char* name) { return fnmatch(pattern.c_str(), name, FNM_PERIOD) == 0; }

std::string below(const std::string& directory, const std::string& name) {
  if (directory.empty() || directory.back() == '/') return directory + name;
  return directory + "/" + name;
}

// Offset of the first `[` that is never closed, or npos. A `]` right behind `[` or `[!` is an ordinary member.
std::size_t unclosed_bracket(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '[') {
      std::size_t member = i + 1;
      if (member < text.size() && (text[member] == '!' || text[member] == '^')) ++member;
      const std::size_t close = text.find_first_of("]/", member + 1);
      if (close == std::string::npos || text[close] == '/') return i;
      i = close;
    }
  }
  return std::string::npos;
}

struct OpenDirectory {
  explicit OpenDirectory(const std::string& path) : stream(opendir(path.empty() ? "." : path.c_str())) {}
  ~OpenDirectory() {
    if (stream) closedir(stream);
  }
  OpenDirectory(const OpenDirectory&) = delete;
  OpenDirectory& operator=(const OpenDirectory&) = delete;
  DIR* stream;
};

bool is_directory(const std::string& path, const dirent& entry, bool follow_links) {
  if (entry.d_type == DT_DIR) return true;
  if (entry.d_type != DT_UNKNOWN && (entry.d_type != DT_LNK || !follow_links)) return false;
  struct stat status;
  if ((follow_links ? stat : lstat)(path.c_str(), &status) != 0) return false;
  return S_ISDIR(status.st_mode);
}

void sort_unique(std::vector<std::string>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

void PathsFound::tidy() {
  sort_unique(files);
  sort_unique(directories);
}

Result<PathPattern> PathPattern::parse(const std::string& text) {
  if (text.empty()) return Status(Code::invalid, "a path must not be empty");
  if (text.find('\0') != std::string::npos) return Status(Code::invalid, "a path must not hold a NUL byte");
  if (const std::size_t at = unclosed_bracket(text); at != std::string::npos)
    return Status(Code::invalid, "path '" + text + "': the '[' at column " + std::to_string(at + 1) + " is never closed");
  PathPattern pattern;
  pattern.names_ = names_of(text);
  pattern.absolute_ = text[0] == '/';
  pattern.literal_ = !has_wildcard(text);
  pattern.text_ = pattern.literal_ ? unescape(text) : text;
  return pattern;
}

bool PathPattern::matches(const std::string& path) const {
  const std::vector<std::string> names = names_of(path);
  if (names.empty()) return false;
  if (names_.size() == 1 && !absolute_ && names_[0] != "**") return name_matches(names_[0], names.back().c_str());
  return absolute_ == (path[0] == '/') && matches_names(names, 0, 0);
}

bool PathPattern::matches_names(const std::vector<std::string>& names, std::size_t name, std::size_t at) const {
  if (at == names_.size()) return name == names.size();
  if (names_[at] == "**") {
    for (std::size_t skip = name; skip <= names.size(); ++skip)
      if (matches_names(names, skip, at + 1)) return true;
    return false;
  }
  return name < names.size() && name_matches(names_[at], names[name].c_str()) && matches_names(names, name + 1, at + 1);
}

void PathPattern::expand(PathsFound& found) const { walk(absolute_ ? "/" : "", 0, 0, found); }

void PathPattern::walk(const std::string& directory, std::size_t at, int depth, PathsFound& found) const {
  const std::string& name = names_[at];
  const bool last = at + 1 == names_.size();
  if (has_wildcard(name)) return walk_entries(directory, at, depth, found);
  const std::string path = below(directory, unescape(name));
  if (!last) return walk(path, at + 1, depth, found);
  found.directories.push_back(directory.empty() ? "." : directory);
  struct stat status;
  if (stat(path.c_str(), &status) == 0 && (literal_ || !S_ISDIR(status.st_mode))) found.files.push_back(path);
}

void PathPattern::walk_entries(const std::string& directory, std::size_t at, int depth, PathsFound& found) const {
  const bool any_depth = names_[at] == "**";
  const bool last = at + 1 == names_.size();
  if (any_depth && !last) walk(directory, at + 1, depth, found);
  const OpenDirectory open(directory);
  if (!open.stream) return;
  found.directories.push_back(directory.empty() ? "." : directory);
  while (const dirent* entry = readdir(open.stream)) {
    // `**` alone at the end matches every file below, as `**/*` does.
    if (!name_matches(any_depth ? "*" : names_[at], entry->d_name)) continue;
    const std::string path = below(directory, entry->d_name);
    if (is_directory(path, *entry, !any_depth)) {
      if (any_depth && depth < depth_max) walk(path, at, depth + 1, found);
      if (!any_depth && !last) walk(path, at + 1, depth, found);
    } else if (last) {
      found.files.push_back(path);
    }
  }
}

}  // namespace penstock
