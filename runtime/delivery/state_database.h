// STATE/state.db: the checkpoints of all pipelines, in SQLite.
//
// Durability: WAL with synchronous=FULL, so what commit() returned ok for survives a power cut. It is for the control thread
// to call, a few times a second at most, and at the end; what was put since the last one is read again after a crash.
// Files: a directory that is made here gets mode 0700, files 0600. STATE/lock is held (flock) while the object lives: one
// process at a time.
// Damage: a file that SQLite or the integrity check refuses is renamed to state.db.damaged-STAMP (with its -wal) and a new
// one begun; streams then start as if never read.
// Schema version 2 (PRAGMA user_version); an older file is brought to it when it is opened:
//   checkpoint        (pipeline, source, stream -> name, position, updated_ms)
//   checkpoint_detail (pipeline, source, stream, key -> value)
//   ownership         (destination -> name, token_id, token_sha256, issued_ms, expires_ms, wrong_tries, verified_ms): see ownership.h
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/delivery/checkpoint.h"

namespace penstock {

// A row for `penstock state list`.
struct CheckpointRow {
  Checkpoint checkpoint;
  std::chrono::system_clock::time_point updated;  // when it was committed
};

// What `penstock state check` found. Sound when there are no problems; damaged files set aside earlier are no problem.
struct StateReport {
  std::size_t checkpoints = 0;
  std::size_t destinations = 0;  // verified or to be verified
  std::vector<std::string> problems;
  std::vector<std::string> set_aside;  // paths
};

// Thread-safe. list() and commit() may wait for the disk; put() and forget() never do.
class StateDatabase final : public CheckpointStore {
 public:
  // Makes what is missing. Fails with Code::denied when another process holds the directory (naming its pid), with
  // Code::unsupported when a newer penstock wrote the file, and with what the system says when it cannot be used at all.
  static Result<std::unique_ptr<StateDatabase>> open(const std::string& directory);
  // Does not commit.
  ~StateDatabase() override;

  // Calls `call` when there is something to commit again: from inside the first put() or forget() since a commit, on its thread.
  // Before any of them; once.
  void on_change(std::function<void()> call) { on_change_ = std::move(call); }

  // Committed or not. Empty when the file cannot be read (logged).
  std::vector<Checkpoint> list(const std::string& pipeline, const std::string& source) override;
  void put(Checkpoint checkpoint) override;
  void forget(const std::string& pipeline, const std::string& source, const std::string& stream) override;

  // Writes what was put and forgotten since the last one, in one transaction. After a failure nothing of it is written and
  // all of it is kept for the next commit.
  Status commit();

  // Where the damaged file of open() went; empty when there was none. Tell the user.
  const std::string& set_aside() const;

 private:
  struct Impl;
  using Key = std::tuple<std::string, std::string, std::string>;  // pipeline, source, stream
  using Changes = std::map<Key, std::optional<Checkpoint>>;       // nothing: forgotten

  explicit StateDatabase(std::unique_ptr<Impl> impl);
  Status write(const Changes& changes);
  void change(Key key, std::optional<Checkpoint> checkpoint);

  std::unique_ptr<Impl> impl_;
  std::function<void()> on_change_;
  std::mutex database_mutex_;  // guards impl_; taken before changes_mutex_
  std::mutex changes_mutex_;
  Changes changes_;  // guarded by changes_mutex_
};

// Both read what is committed, also while a process runs, and change nothing. Code::not_found when the directory has no state.
// Ordered by pipeline, source, stream.
Result<std::vector<CheckpointRow>> list_state(const std::string& directory);
Result<StateReport> check_state(const std::string& directory);

}  // namespace penstock
