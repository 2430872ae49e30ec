// STATE/state.db as a file: where it is, how it is opened, its schema. Internal to this folder.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/delivery/sqlite.h"

namespace penstock::state_file {

// PRAGMA user_version. 1: checkpoints; 2: ownership too.
inline constexpr std::int64_t schema_version = 2;
inline constexpr std::int64_t ownership_since = 2;

std::string path_in(const std::string& directory);
// `path: text`, with the same code.
Status in_file(const std::string& path, const Status& status);

// Opens the file for writing, checks it, and brings it to this schema; makes it when it is missing. To be called by whoever holds
// the directory's lock. Code::corrupt when it does not hold together, Code::unsupported when a newer penstock wrote it.
Result<sqlite::Connection> open_sound(const std::string& path);
// Opens what is there, also while a process holds the directory. Code::not_found when nothing is.
Result<sqlite::Connection> open_existing(const std::string& directory);

Result<std::int64_t> version_of(sqlite::Connection& db);
// The first column of every row.
Result<std::vector<std::string>> query_texts(sqlite::Connection& db, const char* sql);

}  // namespace penstock::state_file
