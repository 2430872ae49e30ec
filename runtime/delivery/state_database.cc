#include "runtime/delivery/state_database.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/delivery/ownership.h"
#include "runtime/delivery/sqlite.h"
#include "runtime/delivery/state_directory.h"
#include "runtime/delivery/state_file.h"
#include "runtime/delivery/state_lock.h"

namespace penstock {

namespace {

using sqlite::Connection;
using sqlite::Statement;
using state_file::in_file;

// Renames the file and what belongs to it; returns the new path.
Result<std::string> put_aside(const std::string& path) {
  const std::string aside = path + ".damaged-" + format_utc(std::chrono::system_clock::now(), Stamp::file);
  for (const char* part : {"-wal", "-shm", ""})
    if (std::rename((path + part).c_str(), (aside + part).c_str()) != 0 && errno != ENOENT)
      return Status::from_errno(errno, path + part);
  return aside;
}

// Adds to each its details; the statement gives key and value for pipeline, source, stream.
Status read_details(Connection& db, std::vector<CheckpointRow>& rows) {
  Result<Statement> details =
      db.prepare("SELECT key, value FROM checkpoint_detail WHERE pipeline = ? AND source = ? AND stream = ?");
  if (!details.ok()) return details.take_status();
  for (CheckpointRow& row : rows) {
    Checkpoint& checkpoint = row.checkpoint;
    details->bind(checkpoint.pipeline).bind(checkpoint.source).bind(checkpoint.stream);
    while (true) {
      Result<bool> more = details->next();
      if (!more.ok()) return more.take_status();
      if (!more.value()) break;
      checkpoint.details.emplace(details->text(0), details->text(1));
    }
  }
  return {};
}

// The rows of a statement that gives pipeline, source, stream, name, position, updated_ms.
Result<std::vector<CheckpointRow>> read_rows(Connection& db, Statement& statement) {
  std::vector<CheckpointRow> rows;
  while (true) {
    Result<bool> more = statement.next();
    if (!more.ok()) return more.take_status();
    if (!more.value()) break;
    CheckpointRow row;
    row.checkpoint.pipeline = statement.text(0);
    row.checkpoint.source = statement.text(1);
    row.checkpoint.stream = statement.text(2);
    row.checkpoint.name = statement.text(3);
    row.checkpoint.position = static_cast<std::uint64_t>(statement.integer(4));
    row.updated = std::chrono::system_clock::time_point(std::chrono::milliseconds(statement.integer(5)));
    rows.push_back(std::move(row));
  }
  if (Status read = read_details(db, rows); !read.ok()) return read;
  return rows;
}

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

// The statements are kept: a commit runs each once for every stream.
struct StateDatabase::Impl {
  StateLock lock;
  Connection db;
  Statement upsert, erase, erase_details, insert_detail;
  std::string path;
  std::string set_aside;
};

Result<std::unique_ptr<StateDatabase>> StateDatabase::open(const std::string& directory) {
  if (Status made = make_private_directory(directory); !made.ok()) return made;
  Result<StateLock> lock = StateLock::take(directory);
  if (!lock.ok()) return lock.take_status();

  const std::string path = state_file::path_in(directory);
  std::string set_aside;
  Result<Connection> db = state_file::open_sound(path);
  if (!db.ok() && db.status().code() == Code::corrupt) {
    const std::string damage = db.status().text();
    Result<std::string> aside = put_aside(path);
    if (!aside.ok()) return aside.take_status();
    set_aside = *std::move(aside);
    log::error("state", fmt::format("{}; set aside as {}: streams start as if never read", damage, set_aside));
    db = state_file::open_sound(path);
  }
  if (!db.ok()) return db.take_status();

  Result<Statement> upsert = db->prepare(
      "INSERT INTO checkpoint VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
      "name = excluded.name, position = excluded.position, updated_ms = excluded.updated_ms");
  Result<Statement> erase = db->prepare("DELETE FROM checkpoint WHERE pipeline = ? AND source = ? AND stream = ?");
  Result<Statement> erase_details =
      db->prepare("DELETE FROM checkpoint_detail WHERE pipeline = ? AND source = ? AND stream = ?");
  Result<Statement> insert_detail = db->prepare("INSERT INTO checkpoint_detail VALUES (?, ?, ?, ?, ?)");
  for (Result<Statement>* statement : {&upsert, &erase, &erase_details, &insert_detail})
    if (!statement->ok()) return in_file(path, statement->status());
  return std::unique_ptr<StateDatabase>(new StateDatabase(std::unique_ptr<Impl>(
      new Impl{*std::move(lock), *std::move(db), *std::move(upsert), *std::move(erase), *std::move(erase_details),
               *std::move(insert_detail), path, std::move(set_aside)})));
}

StateDatabase::StateDatabase(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StateDatabase::~StateDatabase() = default;

const std::string& StateDatabase::set_aside() const { return impl_->set_aside; }

std::vector<Checkpoint> StateDatabase::list(const std::string& pipeline, const std::string& source) {
  const std::lock_guard database(database_mutex_);
  std::map<std::string, Checkpoint> streams;
  const auto read = [&]() -> Status {
    Result<Statement> statement = impl_->db.prepare(
        "SELECT pipeline, source, stream, name, position, updated_ms FROM checkpoint WHERE pipeline = ? AND source = ?");
    if (!statement.ok()) return statement.take_status();
    statement->bind(pipeline).bind(source);
    Result<std::vector<CheckpointRow>> rows = read_rows(impl_->db, *statement);
    if (!rows.ok()) return rows.take_status();
    for (CheckpointRow& row : *rows) streams[row.checkpoint.stream] = std::move(row.checkpoint);
    return {};
  };
  if (const Status status = read(); !status.ok()) log::error("state", impl_->path + ": " + status.text());

  const std::lock_guard changes(changes_mutex_);
  for (auto at = changes_.lower_bound(Key(pipeline, source, "")); at != changes_.end(); ++at) {
    const auto& [key, checkpoint] = *at;
    if (std::get<0>(key) != pipeline || std::get<1>(key) != source) break;
    if (checkpoint)
      streams[std::get<2>(key)] = *checkpoint;
    else
      streams.erase(std::get<2>(key));
  }
  std::vector<Checkpoint> all;
  for (auto& [stream, checkpoint] : streams) all.push_back(std::move(checkpoint));
  return all;
}

void StateDatabase::put(Checkpoint checkpoint) {
  Key key(checkpoint.pipeline, checkpoint.source, checkpoint.stream);
  change(std::move(key), std::move(checkpoint));
}

void StateDatabase::forget(const std::string& pipeline, const std::string& source, const std::string& stream) {
  change(Key(pipeline, source, stream), std::nullopt);
}

void StateDatabase::change(Key key, std::optional<Checkpoint> checkpoint) {
  bool first = false;
  {
    const std::lock_guard lock(changes_mutex_);
    first = changes_.empty();
    changes_.insert_or_assign(std::move(key), std::move(checkpoint));
  }
  if (first && on_change_) on_change_();
}

Status StateDatabase::commit() {
  const std::lock_guard database(database_mutex_);
  Changes changes;
  {
    const std::lock_guard lock(changes_mutex_);
    changes.swap(changes_);
  }
  if (changes.empty()) return {};
  Status status = impl_->db.execute("BEGIN IMMEDIATE");
  if (status.ok()) status = write(changes);
  if (status.ok()) status = impl_->db.execute("COMMIT");
  if (status.ok()) return {};
  (void)impl_->db.execute("ROLLBACK");  // fails when SQLite has rolled back itself
  const std::lock_guard lock(changes_mutex_);
  changes_.merge(changes);  // newer ones stay
  return in_file(impl_->path, status);
}

Status StateDatabase::write(const Changes& changes) {
  const std::int64_t now = now_ms();
  for (const auto& [key, checkpoint] : changes) {
    const auto& [pipeline, source, stream] = key;
    if (!checkpoint) {
      if (Status erased = impl_->erase.bind(pipeline).bind(source).bind(stream).run(); !erased.ok()) return erased;
      continue;
    }
    impl_->upsert.bind(pipeline).bind(source).bind(stream).bind(checkpoint->name);
    if (Status put = impl_->upsert.bind(static_cast<std::int64_t>(checkpoint->position)).bind(now).run(); !put.ok()) return put;
    if (Status erased = impl_->erase_details.bind(pipeline).bind(source).bind(stream).run(); !erased.ok()) return erased;
    for (const auto& [name, value] : checkpoint->details) {
      impl_->insert_detail.bind(pipeline).bind(source).bind(stream);
      if (Status put = impl_->insert_detail.bind(name).bind(value).run(); !put.ok()) return put;
    }
  }
  return {};
}

namespace {

Result<std::vector<CheckpointRow>> read_all(Connection& db) {
  Result<Statement> statement =
      db.prepare("SELECT pipeline, source, stream, name, position, updated_ms FROM checkpoint ORDER BY 1, 2, 3");
  if (!statement.ok()) return statement.take_status();
  return read_rows(db, *statement);
}

// What must hold of each row beyond SQLite's own checks.
void check_row(const Checkpoint& checkpoint, std::vector<std::string>& problems) {
  const std::string where = fmt::format("checkpoint of {} ({}, {})", checkpoint.name, checkpoint.pipeline, checkpoint.source);
  if (checkpoint.pipeline.empty() || checkpoint.source.empty() || checkpoint.stream.empty())
    problems.push_back(where + ": pipeline, source and stream must not be empty");
  if (checkpoint.position > INT64_MAX) problems.push_back(where + ": the position is negative");
}

std::vector<std::string> damaged_files(const std::string& directory) {
  std::vector<std::string> found;
  std::error_code ended;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ended)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("state.db.damaged-") && name.ends_with("Z")) found.push_back(entry.path().string());
  }
  return found;
}

}  // namespace

Result<std::vector<CheckpointRow>> list_state(const std::string& directory) {
  Result<Connection> db = state_file::open_existing(directory);
  if (!db.ok()) return db.take_status();
  Result<std::vector<CheckpointRow>> rows = read_all(*db);
  if (!rows.ok()) return in_file(state_file::path_in(directory), rows.status());
  return rows;
}

Result<StateReport> check_state(const std::string& directory) {
  Result<Connection> db = state_file::open_existing(directory);
  if (!db.ok()) return db.take_status();
  StateReport report;
  report.set_aside = damaged_files(directory);
  const auto add = [&](const Status& status) { report.problems.push_back(status.text()); };

  const Result<std::vector<std::string>> found = state_file::query_texts(*db, "PRAGMA integrity_check");
  if (!found.ok()) {
    add(found.status());
    return report;
  }
  for (const std::string& problem : found.value())
    if (problem != "ok") report.problems.push_back(problem);
  const Result<std::int64_t> version = state_file::version_of(*db);
  if (!version.ok())
    add(version.status());
  else if (version.value() < 1 || version.value() > state_file::schema_version)
    report.problems.push_back(fmt::format("schema version is {}, expected {} at most", version.value(), state_file::schema_version));
  const Result<std::vector<std::string>> orphans = state_file::query_texts(*db, "PRAGMA foreign_key_check");
  if (!orphans.ok())
    add(orphans.status());
  else if (!orphans.value().empty())
    report.problems.push_back(fmt::format("{} details without a checkpoint", orphans.value().size()));
  const Result<std::vector<CheckpointRow>> rows = read_all(*db);
  if (!rows.ok()) {
    add(rows.status());
    return report;
  }
  report.checkpoints = rows.value().size();
  for (const CheckpointRow& row : rows.value()) check_row(row.checkpoint, report.problems);
  const Result<std::vector<OwnershipRow>> destinations = list_ownership(directory);
  if (!destinations.ok()) {
    add(destinations.status());
    return report;
  }
  report.destinations = destinations.value().size();
  for (const OwnershipRow& row : destinations.value()) check_ownership(row, report.problems);
  return report;
}

}  // namespace penstock
