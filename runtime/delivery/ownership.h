// Destinations that somebody proved to own: a token is put where only the owner reads, and who gives it back is the owner. Kept in
// the state database (state_database.h), by a text that identifies the destination; a change of it is another destination.
//
// A token has 192 random bits. Only its SHA-256 is kept, which is compared in constant time; it is good for a week and for five
// tries. The records are written by `penstock destination verify`, also while a run has the state directory, and read by sinks.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/delivery/sqlite.h"

namespace penstock {

inline constexpr std::chrono::hours token_lifetime{7 * 24};
inline constexpr int token_tries_max = 5;

struct OwnershipRow {
  std::string destination;  // its identity
  std::string name;         // for people: `s3://edge-logs/logs/edge/`
  std::string token_id;     // names the token's file; 32 hexadecimal digits
  std::chrono::system_clock::time_point issued, expires;
  int wrong_tries = 0;
  std::optional<std::chrono::system_clock::time_point> verified;
};

struct IssuedToken {
  std::string id;
  std::string text;  // a secret: it goes into the destination's file and nowhere else
  std::chrono::system_clock::time_point expires;
};

enum class TokenVerdict : std::uint8_t {
  right,      // from now on the destination is verified
  wrong,
  expired,
  used_up,    // too many wrong ones were given: a new token is needed
  none,       // none was issued for this destination
};

// One thread at a time.
class OwnershipRecords {
 public:
  using Time = std::chrono::system_clock::time_point;

  // Makes what is missing. Needs the directory's lock only for a moment, and does without it when a process has the directory.
  static Result<OwnershipRecords> open(const std::string& directory);

  Result<std::optional<OwnershipRow>> find(const std::string& destination);
  // A new token; an earlier one, and what it verified, is forgotten. It keeps the id of the earlier one, so that one file takes
  // the place of the other.
  Result<IssuedToken> issue(const std::string& destination, const std::string& name, Time now);
  // Spaces and line ends around `text` do not count.
  Result<TokenVerdict> give_back(const std::string& destination, std::string_view text, Time now);

 private:
  explicit OwnershipRecords(sqlite::Connection db) : db_(std::move(db)) {}
  Result<TokenVerdict> judge(const std::string& destination, std::string_view text, Time now);
  Status set(const char* sql, std::int64_t value, const std::string& destination);

  sqlite::Connection db_;
};

// What is committed, also while a process runs; by destination. None in a directory without state.
Result<std::vector<OwnershipRow>> list_ownership(const std::string& directory);
// False also when there is no state yet.
Result<bool> is_verified(const std::string& directory, const std::string& destination);
// What must hold of a row.
void check_ownership(const OwnershipRow& row, std::vector<std::string>& problems);

}  // namespace penstock
