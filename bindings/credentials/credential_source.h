// Where the keys come from that requests to a cloud are signed with.
//
// No secret is ever in a Status's text, in describe() or in a log line.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/credentials/server_clock.h"
#include "bindings/http/client.h"
#include "bindings/sign/request.h"
#include "runtime/base/status.h"
#include "runtime/loop/scheduler.h"

namespace penstock::credentials {

struct Credentials {
  sign::KeyPair keys;
  std::optional<std::chrono::system_clock::time_point> expires;  // nothing: they stay good
  std::optional<std::chrono::system_clock::time_point> given;    // when they were, by the clock that `expires` goes by; nothing: by ours
};

// With `given` as the answer's Date says, so that a wrong clock of ours does not change how long they are good.
Credentials dated(Credentials found, const http::Reply& reply);

// Without the spaces and line ends at both ends.
std::string_view trimmed(std::string_view text);
// Code::invalid: id or secret are missing, or there are control characters in a part. The text says so of `whose`, never what they are.
Status check_keys(const sign::KeyPair& keys, const std::string& whose);
// Keys as people and files give them: trimmed, and checked.
Result<sign::KeyPair> clean_keys(const sign::KeyPair& keys, const std::string& whose);

// The machine's own: clock, variables, files.
struct Machine {
  std::function<std::chrono::system_clock::time_point()> now;
  std::function<std::optional<std::string>(const std::string& name)> environment;  // an empty variable is none
  std::function<Result<std::string>(const std::string& path)> read_file;           // bounded; Code::not_found when there is none
};
// The process's clock and environment, and files of at most 1 MiB.
Machine this_machine();

// What sources use; all of it outlives them. Tests put in their own.
struct World : Machine {
  World(Machine machine, Scheduler& its_scheduler, http::Client& its_sts, http::Client& its_metadata)
      : Machine(std::move(machine)), clock(now), scheduler(its_scheduler), sts(its_sts), metadata(its_metadata) {}
  ServerClock clock;       // one for all that is signed here
  Scheduler& scheduler;
  http::Client& sts;
  http::Client& metadata;  // for the services of the machine itself: short timeouts, no proxies
};

// For `sts` above: the options of another server, whose TLS may be of a private authority or not checked at all, are not for it.
// `ca_path`: PEM authorities; empty: the system's.
http::ClientOptions sts_client_options(const std::string& ca_path);
// For `metadata` above.
http::ClientOptions metadata_client_options();

using Done = std::function<void(Result<Credentials>)>;

// Keys being fetched; destroying it gives up.
class Fetch {
 public:
  virtual ~Fetch() = default;
};

// One thread: the scheduler's.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  // Calls `done` once, not from inside fetch(); the fetch may be destroyed in that call. Code::not_found: this source has none
  // here, another may be asked. Everything else is a mistake to be told: what is half set up is not passed over.
  virtual std::unique_ptr<Fetch> fetch(Done done) = 0;
  // For people: `environment`, `profile "logs"`.
  virtual std::string describe() const = 0;
};

// Keys that are there at once.
class StaticSource final : public CredentialSource {
 public:
  StaticSource(World& world, sign::KeyPair keys) : world_(world), keys_(std::move(keys)) {}
  std::unique_ptr<Fetch> fetch(Done done) override;
  std::string describe() const override { return "keys of the script"; }

 private:
  World& world_;
  sign::KeyPair keys_;
};

// ID, SECRET and TOKEN variables, by their names.
class EnvironmentSource final : public CredentialSource {
 public:
  struct Names {
    std::string id = "AWS_ACCESS_KEY_ID", secret = "AWS_SECRET_ACCESS_KEY", token = "AWS_SESSION_TOKEN";
  };
  EnvironmentSource(World& world, Names names) : world_(world), names_(std::move(names)) {}
  std::unique_ptr<Fetch> fetch(Done done) override;
  std::string describe() const override { return "environment " + names_.id; }

 private:
  Result<Credentials> look() const;
  World& world_;
  Names names_;
};

// The first of several that has any.
class ChainSource final : public CredentialSource {
 public:
  explicit ChainSource(std::vector<std::unique_ptr<CredentialSource>> sources) : sources_(std::move(sources)) {}
  std::unique_ptr<Fetch> fetch(Done done) override;
  std::string describe() const override;

 private:
  class Walk;
  std::vector<std::unique_ptr<CredentialSource>> sources_;
};

// Gives `result` a turn of the loop later.
std::unique_ptr<Fetch> give_later(Scheduler& scheduler, Result<Credentials> result, Done done);

}  // namespace penstock::credentials
