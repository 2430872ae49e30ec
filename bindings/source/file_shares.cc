#include "bindings/source/file_shares.h"

#include <algorithm>

#include "bindings/source/file_reader.h"

namespace penstock {

namespace {

std::size_t least(const std::vector<std::uint64_t>& bytes) {
  return static_cast<std::size_t>(std::min_element(bytes.begin(), bytes.end()) - bytes.begin());
}

// Makes the shares of one run.
class Survey {
 public:
  Survey(const FileOptions& options, FileMemory& memory, const CheckpointPlace& place, int workers, bool may_split)
      : options_(options), memory_(memory), place_(place), workers_(workers), may_split_(may_split) {}

  FileShares run() {
    out_.by_worker.resize(static_cast<std::size_t>(workers_));
    const PathsFound found = options_.find();
    out_.status = check_literals();
    if (!out_.status.ok()) return std::move(out_);
    if (found.files.empty()) {
      out_.status = Status(Code::not_found, "no file matches " + patterns());
      return std::move(out_);
    }
    for (const std::string& path : found.files) look_at(path);
    // Contents that moved can be told only when it is known which files of earlier runs are still themselves.
    memory_.mark_absent(seen_);
    for (const Fresh& fresh : fresh_) start_fresh(fresh, found.files.size() == 1);
    if (readable_ == 0) {
      out_.status = std::move(first_failure_);
      return std::move(out_);
    }
    tell_vanished();
    hand_out();
    return std::move(out_);
  }

 private:
  // A file that no earlier run knew.
  struct Fresh {
    std::string path;
    FileStatus status;
    bool coded;
  };

  Status check_literals() const {
    for (const PathPattern& pattern : options_.paths) {
      if (!pattern.literal()) continue;
      Result<FileStatus> status = status_of(pattern.text());
      if (!status.ok()) return Status(status.status().code(), status.status().text());
    }
    return {};
  }

  std::string patterns() const {
    std::string out;
    for (const PathPattern& pattern : options_.paths) out += (out.empty() ? "'" : ", '") + pattern.text() + "'";
    return out;
  }

  void look_at(const std::string& path) {
    Result<std::unique_ptr<FileReader>> opened = FileReader::open(path, options_.compression);
    if (!opened.ok()) return cannot_read(opened.status());
    FileReader& reader = *opened.value();
    Result<FileStatus> status = reader.status();
    if (!status.ok()) return cannot_read(status.status());
    if (!seen_.insert(status->id).second) return;  // another link to a file that is read already
    ++readable_;
    reader.decide(true);
    std::vector<FileRecord> records = memory_.recall(status->id, reader.fd(), status->size);
    if (!records.empty() && records[0].range.count > 1) return resume_ranges(path, *status, std::move(records));
    if (!records.empty()) return add(path, *status, std::move(records[0]), false);
    fresh_.push_back({path, *status, reader.coded()});
  }

  void start_fresh(const Fresh& fresh, bool single) {
    const auto& [path, status, coded] = fresh;
    const std::optional<FileMemory::Content> content = known_content(memory_, options_, path).content;
    if (content && content->state == FileMemory::State::left) {
      memory_.take_content(content->record.stream);
      return add(path, status, content->record, true);
    }
    const bool split = may_split_ && single && workers_ > 1 && !coded && status.size > split_bytes_min;
    if (split) return resume_ranges(path, status, {});
    add(path, status, {}, false);
  }

  void cannot_read(const Status& failure) {
    if (first_failure_.ok()) first_failure_ = Status(failure.code(), failure.text());
    out_.troubles.push_back({failure.text(), 0});
  }

  void add(const std::string& path, const FileStatus& status, FileRecord record, bool moved) {
    const std::uint64_t left = record.coded || status.size < record.position ? status.size : status.size - record.position;
    shares_.push_back({path, status.id, left, std::move(record), moved});
  }

  // The ranges are those of the run that cut the file, whatever the number of workers is today.
  void resume_ranges(const std::string& path, const FileStatus& status, std::vector<FileRecord> records) {
    FileRange range{0, static_cast<std::uint32_t>(workers_), status.size};
    if (!records.empty()) range = records[0].range;
    for (range.index = 0; range.index < range.count; ++range.index) {
      const auto same = [&](const FileRecord& record) { return record.range == range; };
      const auto known = std::find_if(records.begin(), records.end(), same);
      FileShare share{path, status.id, range.split_size / range.count, {}, false};
      if (known != records.end()) share.record = std::move(*known);
      share.record.range = range;
      shares_.push_back(std::move(share));
    }
  }

  void tell_vanished() {
    for (const FileRecord& record : memory_.take_lost()) {
      if (!record.read_whole()) out_.troubles.push_back({vanished_text(record), record.unread()});
      place_.forget(record);
    }
  }

  // The largest first, each to the worker with the fewest bytes.
  void hand_out() {
    std::vector<std::size_t> order(shares_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto larger = [this](std::size_t a, std::size_t b) { return shares_[a].size > shares_[b].size; };
    std::stable_sort(order.begin(), order.end(), larger);
    std::vector<std::uint64_t> bytes(out_.by_worker.size(), 0);
    std::vector<std::size_t> worker_of(shares_.size());
    for (const std::size_t share : order) {
      worker_of[share] = least(bytes);
      bytes[worker_of[share]] += shares_[share].size + 1;
    }
    for (std::size_t i = 0; i < shares_.size(); ++i) out_.by_worker[worker_of[i]].push_back(std::move(shares_[i]));
  }

  const FileOptions& options_;
  FileMemory& memory_;
  const CheckpointPlace& place_;
  const int workers_;
  const bool may_split_;
  FileShares out_;
  std::vector<FileShare> shares_;
  std::vector<Fresh> fresh_;
  std::set<FileId> seen_;
  std::size_t readable_ = 0;
  Status first_failure_;
};

}  // namespace

int FileOwners::owner(const FileId& id, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  const auto [at, fresh] = owners_.try_emplace(id, 0);
  if (fresh) {
    at->second = static_cast<int>(least(bytes_));
    // An empty file counts as well: it is there to be written to.
    bytes_[static_cast<std::size_t>(at->second)] += size + 1;
  }
  return at->second;
}

void FileOwners::claim(const FileId& id, int worker) {
  const std::lock_guard lock(mutex_);
  owners_[id] = worker;
}

void FileOwners::release(const FileId& id) {
  const std::lock_guard lock(mutex_);
  owners_.erase(id);
}

FileShares share_out(const FileOptions& options, FileMemory& memory, const CheckpointPlace& place, int workers, bool may_split) {
  return Survey(options, memory, place, workers, may_split).run();
}

}  // namespace penstock
