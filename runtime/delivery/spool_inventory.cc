#include "runtime/delivery/spool_inventory.h"

#include <algorithm>
#include <filesystem>

#include "runtime/base/file_system.h"
#include "runtime/delivery/spool_directory.h"

namespace penstock {

namespace {

// Undoes safe_file_name(), but for what it cut.
std::string name_of(const std::string& file_name) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1; };
  std::string name;
  for (std::size_t i = 0; i < file_name.size(); ++i) {
    if (file_name[i] == '%' && i + 2 < file_name.size() && digit(file_name[i + 1]) >= 0 && digit(file_name[i + 2]) >= 0) {
      name += static_cast<char>(digit(file_name[i + 1]) << 4 | digit(file_name[i + 2]));
      i += 2;
    } else {
      name += file_name[i];
    }
  }
  return name;
}

std::vector<std::string> folders_in(const std::string& path) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(path, ignored), end; entry != end; entry.increment(ignored)) {
    if (entry->is_directory(ignored)) names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

SpoolSummary summary_of(SpoolDirectory& directory) {
  SpoolSummary summary;
  summary.path = directory.path();
  const Result<SpoolDirectory::Listing> listing = directory.list();
  if (!listing.ok()) {
    summary.problems.push_back(listing.status().text());
    return summary;
  }
  for (const SpoolDirectory::File& file : listing.value().packages) {
    ++summary.files;
    summary.events += file.name.events;
    summary.bytes += file.bytes;
  }
  for (const std::string& name : listing.value().no_files) summary.problems.push_back(directory.path() + "/" + name + ": no regular file");
  for (const std::string& name : listing.value().damaged) summary.damaged.push_back(directory.path() + "/" + name);
  return summary;
}

void check(SpoolDirectory& directory, SpoolSummary& summary) {
  const Result<SpoolDirectory::Listing> listing = directory.list();
  if (!listing.ok()) return;
  for (const SpoolDirectory::File& file : listing.value().packages) {
    const Result<Package> package = directory.read(file.name);
    // One that is gone was delivered meanwhile.
    if (!package.ok() && package.status().code() != Code::not_found) summary.problems.push_back(package.status().text());
  }
}

std::vector<SpoolSummary> all_spools(const std::string& state_directory, bool checked) {
  std::vector<SpoolSummary> spools;
  const std::string root = state_directory + "/spool";
  for (const std::string& pipeline : folders_in(root)) {
    for (const std::string& sink : folders_in(root + "/" + pipeline)) {
      SpoolDirectory directory(root + "/" + pipeline + "/" + sink, real_file_system());
      SpoolSummary summary = summary_of(directory);
      summary.pipeline = name_of(pipeline);
      summary.sink = name_of(sink);
      if (checked) check(directory, summary);
      spools.push_back(std::move(summary));
    }
  }
  return spools;
}

}  // namespace

std::vector<SpoolSummary> list_spools(const std::string& state_directory) { return all_spools(state_directory, false); }

std::vector<SpoolSummary> check_spools(const std::string& state_directory) { return all_spools(state_directory, true); }

std::vector<SpoolSummary> left_behind_spools(const std::string& state_directory, const std::set<std::pair<std::string, std::string>>& sinks) {
  std::set<std::string> taken;
  for (const auto& [pipeline, sink] : sinks) taken.insert(spool_path(state_directory, pipeline, sink));
  std::vector<SpoolSummary> left = list_spools(state_directory);
  std::erase_if(left, [&](const SpoolSummary& spool) { return spool.files == 0 || taken.contains(spool.path); });
  return left;
}

}  // namespace penstock
