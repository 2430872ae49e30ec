#include "runtime/delivery/spool.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/delivery/spool_file.h"

namespace penstock {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::string_view component = "spool";
constexpr milliseconds take_over_interval = 500ms;
constexpr milliseconds remove_again_after = 10s;
// No clock is that wrong; a name that tells a later time is damaged, and would put all later packages behind it.
constexpr std::uint64_t ahead_max_ms = std::uint64_t{10} * 366 * 24 * 3600 * 1000;

std::uint64_t blocks(std::uint64_t bytes) {
  constexpr std::uint64_t block = 4096;
  return (bytes + block - 1) / block * block;
}

std::uint64_t now_ms() {
  const auto now = std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(now, 0));
}

// Never twice in a process: a reload's sink may store packages in the same millisecond and directory as the one before.
std::uint32_t next_sequence() {
  static std::atomic<std::uint32_t> sequence{0};
  return sequence.fetch_add(1);
}

}  // namespace

// A file being written, shared with the thread that does it.
struct Spool::Write {
  enum class Phase : std::uint8_t { waiting, running, ended };

  SpoolName name;
  std::uint64_t file_bytes = 0;
  std::shared_ptr<const Package> package;
  std::function<void(Status)> done;
  std::atomic<bool> cancelled{false};
  std::chrono::nanoseconds took{0};

  std::mutex mutex;
  std::condition_variable ended;
  Phase phase = Phase::waiting;  // guarded by mutex, as is what follows
  Status status;

  void run(SpoolDirectory& directory) {
    {
      const std::lock_guard lock(mutex);
      if (cancelled) return;
      phase = Phase::running;
    }
    const std::chrono::nanoseconds start = monotonic_now();
    Status result = directory.write(name, *package, cancelled);
    const std::lock_guard lock(mutex);
    took = monotonic_now() - start;
    status = std::move(result);
    phase = Phase::ended;
    ended.notify_all();
  }
  // What came of it, as far as it began; waits for its end until then, and gives it up after.
  Status end_by(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(mutex);
    if (phase == Phase::running) ended.wait_until(lock, until, [this] { return phase == Phase::ended; });
    cancelled = true;
    return phase == Phase::ended ? std::move(status) : Status(Code::closed, "the run ended first");
  }
};

Spool::Spool(SpoolOptions options, Scheduler& scheduler, FileSystem& files, SinkCounters& counters, Calls calls)
    : options_(std::move(options)),
      scheduler_(scheduler),
      directory_(std::make_shared<SpoolDirectory>(options_.directory, files)),
      counters_(counters),
      calls_(std::move(calls)) {}

Spool::~Spool() = default;

Status Spool::open() {
  if (Status status = directory_->make(); !status.ok()) return status;
  claim_.emplace(options_.directory, options_.family);
  if (!claim_->others_before()) {
    if (Status status = take_over(); !status.ok()) return status;
  } else {
    take_over_call_ = scheduler_.every(take_over_interval, [this] {
      if (claim_->others_before()) return;
      if (const Status status = take_over(); !status.ok()) log::write_limited(log::Level::warn, component, status.text());
    });
  }
  opened_ = true;
  return {};
}

// Takes what this worker, and workers that are no more, left in the directory.
Status Spool::take_over() {
  Result<SpoolDirectory::Listing> listing = directory_->list();
  if (!listing.ok()) return listing.take_status();
  const auto is_ours = [this](const SpoolName& name) { return name.key.worker % options_.workers == options_.worker && !own_.contains(to_file_name(name)); };
  std::vector<Spooled> found;
  for (const SpoolDirectory::File& file : listing->packages) {
    if (!is_ours(file.name)) continue;
    const Spooled spooled{file.name, file.bytes};
    remember(spooled);
    if (file.name.key.time_ms > now_ms() + ahead_max_ms) {
      counters_.lost_events.add(file.name.events);
      set_aside(spooled, "its name tells a time that is years ahead");
      continue;
    }
    found.push_back(spooled);
    last_time_ms_ = std::max(last_time_ms_, file.name.key.time_ms + 1);
  }
  for (const std::string& name : listing->no_files) calls_.on_message(options_.directory + "/" + name + " is left alone: no regular file");
  for (const std::string& name : listing->temporary) {
    const std::optional<SpoolName> package = spool_name_of(std::string_view(name).substr(0, name.size() - spool_temporary_ending.size()));
    if (!package || is_ours(*package)) (void)directory_->remove(name).ok();  // if not now, at the next start
  }
  taken_over_ = true;
  own_.clear();
  take_over_call_.reset();
  calls_.on_found(std::move(found));
  return {};
}

SpoolKey Spool::next_key() {
  // Behind what was found, also when the clock was set back.
  last_time_ms_ = std::max(last_time_ms_, now_ms());
  SpoolKey key;
  key.time_ms = last_time_ms_;
  key.sequence = next_sequence();
  key.worker = static_cast<std::uint16_t>(options_.worker);
  assert(spool_name_of(to_file_name({key, 1})));
  return key;
}

bool Spool::has_room(const Package& package) const {
  if (files_ == 0 && writing_ == 0) return true;
  return files_ + static_cast<std::uint64_t>(writing_) < options_.files_max && blocks_bytes_ + blocks(spool_file_bytes(package)) <= options_.bytes_max;
}

bool Spool::has_slack() const {
  return files_ + static_cast<std::uint64_t>(writing_) <= options_.files_max / 2 && blocks_bytes_ <= options_.bytes_max / 2;
}

void Spool::remember(const Spooled& file) {
  ++files_;
  blocks_bytes_ += blocks(file.bytes);
  counters_.spooled_files.add(1);
  counters_.spooled_bytes.add(file.bytes);
}

void Spool::forget(const Spooled& file) {
  --files_;
  blocks_bytes_ -= blocks(file.bytes);
  counters_.spooled_files.subtract(1);
  counters_.spooled_bytes.subtract(file.bytes);
}

void Spool::write(const SpoolName& name, std::shared_ptr<const Package> package, std::function<void(Status)> done) {
  auto write = std::make_shared<Write>();
  write->name = name;
  write->file_bytes = spool_file_bytes(*package);
  write->package = std::move(package);
  write->done = std::move(done);
  blocks_bytes_ += blocks(write->file_bytes);
  ++writing_;
  if (!taken_over_) own_.insert(to_file_name(name));
  const auto job = jobs_.insert(jobs_.end(), Job{nullptr, write});
  job->work = scheduler_.in_background([write, directory = directory_] { write->run(*directory); }, [this, job] { end_write(job); });
}

void Spool::end_write(Jobs::iterator job) {
  const std::shared_ptr<Write> write = job->write;
  jobs_.erase(job);
  --writing_;
  Status status = write->end_by({});
  blocks_bytes_ -= blocks(write->file_bytes);
  if (status.ok()) {
    remember({write->name, write->file_bytes});
    counters_.spool_write_us.add(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(write->took).count()));
  }
  note_write(status);
  write->done(std::move(status));
}

void Spool::note_write(const Status& status) {
  if (status.ok()) {
    if (std::exchange(failures_, 0) != 0) calls_.on_message("its spool can be written again");
  } else if (status.code() != Code::closed) {
    if (++failures_ == 1) calls_.on_message("its spool cannot be written, so packages stay in memory; trying again: " + status.text());
    counters_.note_failure(status.text());
    const milliseconds delay = std::min<milliseconds>(1s * (1 << std::min(failures_ - 1, 5)), 30s);
    retry_ = scheduler_.after(delay, [this] {
      retry_.reset();
      calls_.on_change();
    });
  }
}

void Spool::run(std::function<void()> work, std::function<void()> done) {
  const auto job = jobs_.insert(jobs_.end(), Job{});
  job->work = scheduler_.in_background(std::move(work), [this, job, done = std::move(done)] {
    jobs_.erase(job);
    done();
  });
}

void Spool::read(const Spooled& spooled, std::function<void(Result<Package>)> done) {
  ++reading_;
  auto result = std::make_shared<std::optional<Result<Package>>>();
  run([result, name = spooled.name, directory = directory_] { *result = directory->read(name); },
      [this, result, done = std::move(done)] {
        --reading_;
        done(std::move(**result));
      });
}

void Spool::remove(const Spooled& spooled) {
  to_remove_.push_back(spooled);
  remove_leftovers();
  remove_files();
}

void Spool::remove_leftover(const SpoolName& name) {
  // Not counted as stored, so that taking it from the counts has to give nothing.
  leftovers_.push_back(to_file_name(name));
  leftovers_.push_back(to_file_name(name) + std::string(spool_temporary_ending));
  remove_leftovers();
}

void Spool::remove_leftovers() {
  std::erase_if(leftovers_, [this](const std::string& name) { return directory_->remove(name).ok(); });
}

// One round at a time: what comes meanwhile is for the next.
void Spool::remove_files() {
  if (finished_ || removing_ || to_remove_.empty() || remove_later_) return;
  removing_ = std::make_shared<std::vector<Spooled>>(std::exchange(to_remove_, {}));
  auto failed = std::make_shared<std::vector<Spooled>>();
  run(
      [files = removing_, failed, directory = directory_] {
        for (const Spooled& file : *files)
          if (!directory->remove(to_file_name(file.name)).ok()) failed->push_back(file);
      },
      [this, failed] { end_removal(*failed); });
}

void Spool::end_removal(const std::vector<Spooled>& failed) {
  for (const Spooled& file : *std::exchange(removing_, nullptr)) forget(file);
  for (const Spooled& file : failed) {
    remember(file);
    to_remove_.push_back(file);
  }
  if (!failed.empty()) {
    log::write_limited(log::Level::warn, component,
                       options_.directory + ": packages that were delivered cannot be removed, so a restart would send them again; trying again");
    remove_later_ = scheduler_.after(remove_again_after, [this] {
      remove_later_.reset();
      remove_files();
    });
  }
  remove_files();
  calls_.on_change();
}

void Spool::set_aside(const Spooled& spooled, const std::string& why) {
  counters_.spool_damaged_files.add(1);
  forget(spooled);
  calls_.on_message(fmt::format("a spooled package of {} event{} is damaged and set aside as {}{}: {}", spooled.name.events, spooled.name.events == 1 ? "" : "s",
                                to_file_name(spooled.name), spool_damaged_ending, why));
  auto status = std::make_shared<Status>();
  run([status, name = spooled.name, directory = directory_] { *status = directory->set_aside(name); },
      [status] {
        if (!status->ok()) log::warn(component, "a damaged package stays where it is: " + status->text());
      });
}

void Spool::finish_writes(milliseconds patience) {
  finished_ = true;
  take_over_call_.reset();
  retry_.reset();
  remove_later_.reset();
  const auto until = std::chrono::steady_clock::now() + patience;
  Jobs jobs = std::move(jobs_);
  jobs_.clear();
  for (Job& job : jobs) {
    if (!job.write) continue;
    Status status = job.write->end_by(until);
    job.work.reset();
    --writing_;
    blocks_bytes_ -= blocks(job.write->file_bytes);
    if (status.ok()) remember({job.write->name, job.write->file_bytes});
    job.write->done(std::move(status));
  }
}

void Spool::close() {
  // The round under way may have removed some already, or may do so yet: one that is not there is fine.
  if (removing_) to_remove_.insert(to_remove_.end(), removing_->begin(), removing_->end());
  removing_.reset();
  for (const Spooled& file : std::exchange(to_remove_, {}))
    if (directory_->remove(to_file_name(file.name)).ok()) forget(file);
  remove_leftovers();
  claim_.reset();
}

}  // namespace penstock
