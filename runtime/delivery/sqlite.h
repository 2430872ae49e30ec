// SQLite with owners and Status. Internal to this folder.
#pragma once
#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace penstock::sqlite {

// One prepared statement: bind its parameters in order, then step. Its connection outlives it.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  // `value` must live until the next reset or run().
  Statement& bind(std::string_view value);
  Statement& bind(std::int64_t value);
  // True: a row is there to be read. False: there is none any more; the statement is reset, ready to be bound again.
  Result<bool> next();
  // For statements without rows.
  Status run();

  // Of the current row; a view is good until the next step.
  std::string_view text(int column) const;
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
};

class Connection {
 public:
  // `flags`: SQLITE_OPEN_... Waits up to 5 s for another process's lock.
  static Result<Connection> open(const std::string& path, int flags);

  Status execute(const char* sql);
  Result<Statement> prepare(const char* sql);

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  explicit Connection(sqlite3* db) : db_(db) {}
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace penstock::sqlite
