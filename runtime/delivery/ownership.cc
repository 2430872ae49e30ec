#include "runtime/delivery/ownership.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "runtime/delivery/package_id.h"
#include "runtime/delivery/state_directory.h"
#include "runtime/delivery/state_file.h"
#include "runtime/delivery/state_lock.h"

namespace penstock {

namespace {

using sqlite::Connection;
using sqlite::Statement;
using Time = OwnershipRecords::Time;

constexpr std::size_t token_bytes = 24;
constexpr const char* columns = "SELECT destination, name, token_id, issued_ms, expires_ms, wrong_tries, verified_ms FROM ownership";

std::string hex(const unsigned char* bytes, std::size_t size) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

Result<std::string> random_token() {
  unsigned char bytes[token_bytes];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return Status(Code::unsupported, "this machine has no random numbers for a token");
  return hex(bytes, sizeof bytes);
}

Result<std::string> sha256_of(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) != 1) return Status(Code::unsupported, "this machine's OpenSSL has no SHA-256");
  return hex(digest, size);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::int64_t ms_of(Time time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count(); }
Time time_of(std::int64_t ms) { return Time(std::chrono::milliseconds(ms)); }

OwnershipRow read_row(const Statement& statement) {
  OwnershipRow row;
  row.destination = statement.text(0);
  row.name = statement.text(1);
  row.token_id = statement.text(2);
  row.issued = time_of(statement.integer(3));
  row.expires = time_of(statement.integer(4));
  row.wrong_tries = static_cast<int>(statement.integer(5));
  if (const std::int64_t verified = statement.integer(6); verified != 0) row.verified = time_of(verified);
  return row;
}

Result<std::vector<OwnershipRow>> read_rows(Statement& statement) {
  std::vector<OwnershipRow> rows;
  while (true) {
    Result<bool> more = statement.next();
    if (!more.ok()) return more.take_status();
    if (!more.value()) return rows;
    rows.push_back(read_row(statement));
  }
}

Result<std::optional<OwnershipRow>> find_in(Connection& db, const std::string& destination) {
  Result<Statement> statement = db.prepare((std::string(columns) + " WHERE destination = ?").c_str());
  if (!statement.ok()) return statement.take_status();
  statement->bind(destination);
  Result<std::vector<OwnershipRow>> rows = read_rows(*statement);
  if (!rows.ok()) return rows.take_status();
  return rows->empty() ? std::nullopt : std::optional(std::move(rows->front()));
}

// A file of an older schema has no records yet.
Result<bool> has_records(Connection& db) {
  Result<std::int64_t> version = state_file::version_of(db);
  if (!version.ok()) return version.take_status();
  return *version >= state_file::ownership_since;
}

bool is_id(std::string_view text) { return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

}  // namespace

Result<OwnershipRecords> OwnershipRecords::open(const std::string& directory) {
  if (Status made = make_private_directory(directory); !made.ok()) return made;
  const Result<StateLock> lock = StateLock::take(directory);
  if (!lock.ok() && lock.status().code() != Code::denied) return Status(lock.status().code(), lock.status().text());
  const std::string path = state_file::path_in(directory);
  Result<Connection> db = lock.ok() ? state_file::open_sound(path) : state_file::open_existing(directory);
  if (!db.ok()) return db.take_status();
  const Result<bool> ready = has_records(*db);
  if (!ready.ok()) return state_file::in_file(path, ready.status());
  if (!ready.value()) return Status(Code::unsupported, path + " is in use by an older penstock: stop that first");
  return OwnershipRecords(*std::move(db));
}

Result<std::optional<OwnershipRow>> OwnershipRecords::find(const std::string& destination) { return find_in(db_, destination); }

Result<IssuedToken> OwnershipRecords::issue(const std::string& destination, const std::string& name, Time now) {
  Result<std::optional<OwnershipRow>> earlier = find(destination);
  if (!earlier.ok()) return earlier.take_status();
  Result<std::string> text = random_token();
  if (!text.ok()) return text.take_status();
  Result<std::string> hash = sha256_of(*text);
  if (!hash.ok()) return hash.take_status();
  IssuedToken token{*earlier ? (*earlier)->token_id : new_package_id(), *std::move(text), now + token_lifetime};
  Result<Statement> statement = db_.prepare("INSERT OR REPLACE INTO ownership VALUES (?, ?, ?, ?, ?, ?, 0, 0)");
  if (!statement.ok()) return statement.take_status();
  if (Status put = statement->bind(destination).bind(name).bind(token.id).bind(*hash).bind(ms_of(now)).bind(ms_of(token.expires)).run(); !put.ok()) return put;
  return token;
}

// Counted and compared in one transaction: two who try at once cannot have more tries than one.
Result<TokenVerdict> OwnershipRecords::give_back(const std::string& destination, std::string_view text, Time now) {
  if (Status begun = db_.execute("BEGIN IMMEDIATE"); !begun.ok()) return begun;
  Result<TokenVerdict> verdict = judge(destination, text, now);
  Status ended = db_.execute(verdict.ok() ? "COMMIT" : "ROLLBACK");
  if (verdict.ok() && !ended.ok()) {
    (void)db_.execute("ROLLBACK");  // fails when SQLite has rolled back itself
    return ended;
  }
  return verdict;
}

Result<TokenVerdict> OwnershipRecords::judge(const std::string& destination, std::string_view text, Time now) {
  Result<std::optional<OwnershipRow>> row = find(destination);
  if (!row.ok()) return row.take_status();
  if (!*row) return TokenVerdict::none;
  if ((*row)->wrong_tries >= token_tries_max) return TokenVerdict::used_up;
  if (now >= (*row)->expires) return TokenVerdict::expired;
  Result<Statement> kept = db_.prepare("SELECT token_sha256 FROM ownership WHERE destination = ?");
  if (!kept.ok()) return kept.take_status();
  kept->bind(destination);
  if (Result<bool> there = kept->next(); !there.ok()) return there.take_status();
  const std::string expected(kept->text(0));
  Result<std::string> given = sha256_of(trimmed(text));
  if (!given.ok()) return given.take_status();
  const bool right = expected.size() == given->size() && CRYPTO_memcmp(expected.data(), given->data(), expected.size()) == 0;
  const Status noted = right ? set("UPDATE ownership SET verified_ms = ? WHERE destination = ?", ms_of(now), destination)
                             : set("UPDATE ownership SET wrong_tries = ? WHERE destination = ?", (*row)->wrong_tries + 1, destination);
  if (!noted.ok()) return Status(noted.code(), noted.text());
  return right ? TokenVerdict::right : TokenVerdict::wrong;
}

Status OwnershipRecords::set(const char* sql, std::int64_t value, const std::string& destination) {
  Result<Statement> statement = db_.prepare(sql);
  if (!statement.ok()) return statement.take_status();
  return statement->bind(value).bind(destination).run();
}

Result<std::vector<OwnershipRow>> list_ownership(const std::string& directory) {
  Result<Connection> db = state_file::open_existing(directory);
  if (!db.ok()) return db.status().code() == Code::not_found ? Result<std::vector<OwnershipRow>>(std::vector<OwnershipRow>()) : db.take_status();
  const auto read = [&]() -> Result<std::vector<OwnershipRow>> {
    const Result<bool> there = has_records(*db);
    if (!there.ok()) return Status(there.status().code(), there.status().text());
    if (!there.value()) return std::vector<OwnershipRow>();
    Result<Statement> statement = db->prepare((std::string(columns) + " ORDER BY destination").c_str());
    if (!statement.ok()) return statement.take_status();
    return read_rows(*statement);
  };
  Result<std::vector<OwnershipRow>> rows = read();
  if (!rows.ok()) return state_file::in_file(state_file::path_in(directory), rows.status());
  return rows;
}

Result<bool> is_verified(const std::string& directory, const std::string& destination) {
  Result<std::vector<OwnershipRow>> rows = list_ownership(directory);
  if (!rows.ok()) return rows.take_status();
  for (const OwnershipRow& row : *rows)
    if (row.destination == destination) return row.verified.has_value();
  return false;
}

void check_ownership(const OwnershipRow& row, std::vector<std::string>& problems) {
  const auto problem = [&](const char* what) { problems.push_back(fmt::format("destination {}: {}", row.name, what)); };
  if (row.destination.empty() || row.name.empty()) problem("destination and name must not be empty");
  if (!is_id(row.token_id)) problem("the token's id is not 32 hexadecimal digits");
  if (row.wrong_tries < 0 || row.wrong_tries > token_tries_max) problem("the count of wrong tries is out of its bounds");
  if (row.expires < row.issued) problem("the token expires before it was issued");
  if (row.verified && (*row.verified < row.issued || *row.verified > row.expires)) problem("it was verified when its token was not good");
}

}  // namespace penstock
