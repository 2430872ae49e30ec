#include "runtime/delivery/sqlite.h"

namespace penstock::sqlite {

namespace {

Code code_of(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL:
      return Code::full;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return Code::denied;
    case SQLITE_CANTOPEN:
      return Code::not_found;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::corrupt;
    case SQLITE_TOOBIG:
    case SQLITE_NOMEM:
      return Code::limit;
    default:
      return Code::io;
  }
}

Status failure(sqlite3* db, int result) {
  return Status(code_of(result), db ? sqlite3_errmsg(db) : sqlite3_errstr(result));
}

}  // namespace

Statement& Statement::bind(std::string_view value) {
  const char* const data = value.data() ? value.data() : "";  // a null pointer would bind NULL
  sqlite3_bind_text64(statement_.get(), ++bound_, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

Result<bool> Statement::next() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  bound_ = 0;
  if (result == SQLITE_DONE) {
    sqlite3_reset(statement_.get());
    return false;
  }
  Status failed = failure(sqlite3_db_handle(statement_.get()), result);
  sqlite3_reset(statement_.get());
  return failed;
}

Status Statement::run() {
  Result<bool> row = next();
  return row.ok() ? Status() : row.take_status();
}

std::string_view Statement::text(int column) const {
  const void* const data = sqlite3_column_blob(statement_.get(), column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<Connection> Connection::open(const std::string& path, int flags) {
  sqlite3* db = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  Connection connection(db);  // even a failed open has something to close
  if (result != SQLITE_OK) return failure(db, result);
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, 5000);
  return connection;
}

Status Connection::execute(const char* sql) {
  const int result = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? Status() : failure(db_.get(), result);
}

Result<Statement> Connection::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v2(db_.get(), sql, -1, &statement, nullptr);
  if (result != SQLITE_OK) return failure(db_.get(), result);
  return Statement(statement);
}

}  // namespace penstock::sqlite
