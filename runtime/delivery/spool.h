// A sink's spool on one worker: its files, its share of the disk, and the work on them in the background.
//
// A file is written, and then its package durable, or it is not there: see SpoolDirectory. At most `writes_max` are written at
// once. After a failure nothing is written for a while (1 s, doubling to 30 s), then one package tries it.
// A file counts with the 4 KiB blocks that it takes; at `bytes_max` or `files_max` has_room() is false.
// One worker's thread. Never throws.
#pragma once
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/delivery/package.h"
#include "runtime/delivery/sink_counters.h"
#include "runtime/delivery/spool_claim.h"
#include "runtime/delivery/spool_directory.h"
#include "runtime/loop/scheduler.h"

namespace penstock {

struct SpoolOptions {
  std::string directory;
  int worker = 0;
  int workers = 1;
  const void* family = nullptr;       // see SpoolClaim
  std::uint64_t bytes_max = 1u << 30;  // this worker's share
  std::uint64_t files_max = 1u << 18;  // this worker's share
};

// A package on disk.
struct Spooled {
  SpoolName name;
  std::uint64_t bytes = 0;  // of its file
};

class Spool {
 public:
  static constexpr int writes_max = 4;

  struct Calls {
    // Files that were found: those of an earlier run, in order. Called from open(), or later when a sink that was replaced by
    // a reload has gone.
    std::function<void(std::vector<Spooled>)> on_found;
    // Something may go on: it can be written again, or there is room again.
    std::function<void()> on_change;
    std::function<void(const std::string&)> on_message;
  };

  // `files`, `scheduler` and `counters` outlive it.
  Spool(SpoolOptions options, Scheduler& scheduler, FileSystem& files, SinkCounters& counters, Calls calls);
  // Requires finish_writes() and close() after open().
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Makes the directory and finds what is there. Temporary files of a crash are removed.
  Status open();
  // What was there before is known.
  bool taken_over() const { return taken_over_; }

  // A key behind all others of this worker.
  SpoolKey next_key();
  // An empty spool has room for any package: else one that is larger than the bound would never be stored.
  bool has_room(const Package& package) const;
  // An eighth of its bounds is free.
  bool has_slack() const;
  // Another write may begin now.
  bool may_write() const { return opened_ && !finished_ && writing_ < (failures_ == 0 ? writes_max : 1) && !retry_; }
  // The last write did not fail.
  bool is_well() const { return failures_ == 0; }
  // Requires may_write() and has_room(). `done` is called once, never from inside write(): durable, or not there.
  void write(const SpoolName& name, std::shared_ptr<const Package> package, std::function<void(Status)> done);
  // `done` is called once, never from inside read(), unless close() comes first.
  void read(const Spooled& spooled, std::function<void(Result<Package>)> done);
  // Removes the file, soon; when that fails, again later.
  void remove(const Spooled& spooled);
  // As remove(), for a package whose write failed: its file may have been left behind.
  void remove_leftover(const SpoolName& name);
  // Renames the file to NAME.damaged and forgets it.
  void set_aside(const Spooled& spooled, const std::string& why);
  int reading() const { return reading_; }

  // The end, in two steps. Writes that have begun get up to `patience` to end, and their `done` is called; others are cancelled
  // (`done` with Code::closed), and so are reads (without). Only remove() and close() may follow.
  void finish_writes(std::chrono::milliseconds patience = std::chrono::seconds(5));
  // Files that are to be removed are, and the directory is somebody else's. Requires finish_writes(). Nothing may follow.
  void close();

 private:
  struct Write;
  struct Job {
    std::unique_ptr<Scheduled> work;
    std::shared_ptr<Write> write;  // of a write
  };
  using Jobs = std::list<Job>;

  Status take_over();
  void remember(const Spooled& file);
  void forget(const Spooled& file);
  void end_write(Jobs::iterator job);
  void note_write(const Status& status);
  void remove_files();
  void remove_leftovers();
  void end_removal(const std::vector<Spooled>& failed);
  void run(std::function<void()> work, std::function<void()> done);

  const SpoolOptions options_;
  Scheduler& scheduler_;
  const std::shared_ptr<SpoolDirectory> directory_;  // shared with work in the background
  SinkCounters& counters_;
  Calls calls_;
  std::optional<SpoolClaim> claim_;
  bool taken_over_ = false;
  bool opened_ = false;
  bool finished_ = false;  // finish_writes() was called
  std::set<std::string> own_;    // files written before taken_over_
  std::unique_ptr<Scheduled> take_over_call_;
  std::uint64_t last_time_ms_ = 0;
  std::uint64_t files_ = 0;
  std::uint64_t blocks_bytes_ = 0;  // with whole blocks; packages that are being written included
  int writing_ = 0;
  int reading_ = 0;
  int failures_ = 0;             // of writes, in a row
  std::unique_ptr<Scheduled> retry_;
  Jobs jobs_;
  std::vector<Spooled> to_remove_;
  std::vector<std::string> leftovers_;  // that could not be removed; tried again with the next removal and at the end
  std::shared_ptr<std::vector<Spooled>> removing_;  // the round under way, read by its thread
  std::unique_ptr<Scheduled> remove_later_;
};

}  // namespace penstock
