#include "runtime/delivery/state_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace penstock::state_file {

namespace {

using sqlite::Connection;
using sqlite::Statement;

// By the version that they begin at: each leads to the next one.
constexpr const char* schema_steps[] = {
    R"(
  BEGIN;
  CREATE TABLE checkpoint (
    pipeline TEXT NOT NULL, source TEXT NOT NULL, stream TEXT NOT NULL,
    name TEXT NOT NULL, position INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
    PRIMARY KEY (pipeline, source, stream)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE checkpoint_detail (
    pipeline TEXT NOT NULL, source TEXT NOT NULL, stream TEXT NOT NULL,
    key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (pipeline, source, stream, key),
    FOREIGN KEY (pipeline, source, stream) REFERENCES checkpoint ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = 1;
  COMMIT;
)",
    R"(
  BEGIN;
  CREATE TABLE ownership (
    destination TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL,
    token_id TEXT NOT NULL, token_sha256 TEXT NOT NULL,
    issued_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, wrong_tries INTEGER NOT NULL,
    verified_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = 2;
  COMMIT;
)"};
static_assert(std::size(schema_steps) == schema_version);

// Code::corrupt when the file does not hold together.
Status check_integrity(Connection& db) {
  Result<std::vector<std::string>> found = query_texts(db, "PRAGMA integrity_check(1)");
  if (!found.ok()) return found.take_status();
  if (found->size() == 1 && found->front() == "ok") return {};
  return Status(Code::corrupt, found->empty() ? "the integrity check says nothing" : found->front());
}

// Brings a sound file to our schema.
Status prepare_schema(Connection& db) {
  const Result<std::int64_t> version = version_of(db);
  if (!version.ok()) return Status(version.status().code(), version.status().text());
  if (version.value() > schema_version)
    return Status(Code::unsupported, fmt::format("was written by a newer penstock (schema {}, this one knows {})", version.value(), schema_version));
  for (std::int64_t step = version.value(); step < schema_version; ++step) {
    if (Status done = db.execute(schema_steps[step]); !done.ok()) {
      (void)db.execute("ROLLBACK");  // fails when SQLite has rolled back itself
      return done;
    }
  }
  return {};
}

// SQLite would make it with the process's umask; its -wal and -shm take the mode of the file.
Status make_private_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Status::from_errno(errno, path);
  ::close(fd);
  return {};
}

}  // namespace

std::string path_in(const std::string& directory) { return directory + "/state.db"; }

Status in_file(const std::string& path, const Status& status) { return Status(status.code(), path + ": " + status.text()); }

Result<std::int64_t> version_of(Connection& db) {
  Result<Statement> statement = db.prepare("PRAGMA user_version");
  if (!statement.ok()) return statement.take_status();
  const Result<bool> row = statement->next();
  if (!row.ok()) return Status(row.status().code(), row.status().text());
  return row.value() ? statement->integer(0) : std::int64_t{0};
}

Result<std::vector<std::string>> query_texts(Connection& db, const char* sql) {
  Result<Statement> statement = db.prepare(sql);
  if (!statement.ok()) return statement.take_status();
  std::vector<std::string> texts;
  while (true) {
    Result<bool> row = statement->next();
    if (!row.ok()) return row.take_status();
    if (!row.value()) return texts;
    texts.emplace_back(statement->text(0));
  }
}

Result<Connection> open_sound(const std::string& path) {
  if (Status made = make_private_file(path); !made.ok()) return made;
  Result<Connection> db = Connection::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX);
  if (!db.ok()) return in_file(path, db.status());
  for (const char* pragma : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON"})
    if (Status set = db->execute(pragma); !set.ok()) return in_file(path, set);
  if (Status sound = check_integrity(*db); !sound.ok()) return in_file(path, sound);
  if (Status ready = prepare_schema(*db); !ready.ok()) return in_file(path, ready);
  return db;
}

Result<Connection> open_existing(const std::string& directory) {
  const std::string path = path_in(directory);
  if (::access(path.c_str(), F_OK) != 0) return Status::from_errno(errno, path);
  Result<Connection> db = Connection::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX);  // WAL: readers write -shm
  if (!db.ok()) return in_file(path, db.status());
  if (Status set = db->execute("PRAGMA synchronous = FULL"); !set.ok()) return in_file(path, set);
  return db;
}

}  // namespace penstock::state_file
