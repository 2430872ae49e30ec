// Credentials at hand for whoever signs: fetched when first wanted, renewed before they expire.
//
// How long they are good counts from when they came, by the clock of who gave them (else by World::clock); then time is measured,
// not looked up: a clock that is wrong, or is set, changes nothing.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <random>

#include "bindings/credentials/credential_source.h"

namespace penstock::credentials {

// One for each sink and worker; the scheduler's thread. `world` and `source` outlive it.
class CredentialCache {
 public:
  // `seed`: of the jitter that keeps many processes from renewing at one moment.
  CredentialCache(World& world, CredentialSource& source, std::uint32_t seed) : world_(world), source_(source), random_(seed) {}
  CredentialCache(const CredentialCache&) = delete;
  CredentialCache& operator=(const CredentialCache&) = delete;

  // Somebody who waits for keys; destroying it ends the wait.
  class Wait {
   public:
    virtual ~Wait() = default;
  };
  using Wanted = std::function<void(const Result<sign::KeyPair>&)>;

  // The keys to sign with now, or null when there are none that are good: then want() them. Begins to renew keys 5 to 15 minutes
  // ahead of their end (or in the last quarter of a shorter life), and goes on giving the old ones until they expire, whatever
  // comes of it. A renewal that fails is tried again after 30 to 60 seconds.
  const sign::KeyPair* usable();
  // Calls `wanted` once, not from inside want(), when a fetch has ended. All who want keys share one fetch.
  std::unique_ptr<Wait> want(Wanted wanted);
  // The server does not take `keys`. True: they are dropped, and want() fetches anew (files are read again), or it has already.
  // False: that is how these very keys came, less than 10 seconds ago: asking again would give them again.
  bool reject(const sign::KeyPair& keys);
  // What whoever uses the keys signs by.
  ServerClock& clock() { return world_.clock; }

 private:
  struct Waiting;

  void begin_fetch();
  Waiting* next_of(std::uint64_t round);
  void on_fetched(Result<Credentials> result);
  std::chrono::milliseconds life_of(const Credentials& credentials) const;
  std::chrono::seconds between(int least, int most) { return std::chrono::seconds(std::uniform_int_distribution<int>(least, most)(random_)); }

  World& world_;
  CredentialSource& source_;
  std::minstd_rand random_;
  std::optional<Credentials> current_;
  // Of current_, when it has an end; by the scheduler.
  std::chrono::milliseconds renew_at_{0}, end_{0};
  sign::KeyPair rejected_;  // the last ones, and when
  std::chrono::milliseconds rejected_at_{0};
  std::unique_ptr<Fetch> fetch_;
  std::uint64_t round_ = 0;  // number of the last fetch
  std::list<Waiting*> waiting_;
};

}  // namespace penstock::credentials
