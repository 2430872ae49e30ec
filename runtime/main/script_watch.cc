#include "runtime/main/script_watch.h"

#include <sys/stat.h>

namespace penstock {

namespace {

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

ScriptWatch::ScriptWatch(Loop& loop, std::function<void(const std::string&)> on_change)
    : loop_(loop), on_change_(std::move(on_change)), poll_(loop.every(poll_interval, [this] { look(); })) {}

std::optional<ScriptWatch::Print> ScriptWatch::print_of(const std::string& path) {
  struct stat found;
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return Print{found.st_dev, found.st_ino, static_cast<std::uint64_t>(found.st_size), found.st_mtim.tv_sec * 1'000'000'000LL + found.st_mtim.tv_nsec};
}

void ScriptWatch::follow(const std::vector<std::string>& paths) {
  Prints prints;
  std::map<std::string, std::unique_ptr<Scheduled>> directories;
  for (const std::string& path : paths) {
    const auto known = prints_.find(path);
    prints[path] = known == prints_.end() ? print_of(path) : known->second;
    const std::string directory = directory_of(path);
    std::unique_ptr<Scheduled>& watched = directories[directory];
    if (!watched) watched = std::move(directories_[directory]);
    if (!watched) watched = loop_.on_change(directory, [this] { look(); });
  }
  prints_ = std::move(prints);
  directories_ = std::move(directories);
  look();
}

void ScriptWatch::look() {
  for (auto& [path, print] : prints_) {
    std::optional<Print> now = print_of(path);
    if (now == print) continue;
    print = now;
    quiet_ = loop_.after(quiet_time, [this, changed = path] { on_change_(changed); });
  }
}

}  // namespace penstock
