#include "bindings/credentials/credential_cache.h"

#include <algorithm>

#include "runtime/base/log.h"

namespace penstock::credentials {

namespace {

// Keys that seem to have ended when they come: whoever checks them knows better, and nobody is asked for more at each use.
constexpr std::chrono::seconds life_of_ended{15};
// Between two looks for others than keys that were rejected.
constexpr std::chrono::seconds rejection_pause{10};

}  // namespace

struct CredentialCache::Waiting final : Wait {
  Waiting(CredentialCache& cache, Wanted to_call) : owner(cache), call(std::move(to_call)), round(cache.round_) { owner.waiting_.push_back(this); }
  ~Waiting() override { owner.waiting_.remove(this); }
  CredentialCache& owner;
  Wanted call;
  const std::uint64_t round;  // of the fetch that it waits for
};

const sign::KeyPair* CredentialCache::usable() {
  if (!current_) return nullptr;
  if (!current_->expires) return &current_->keys;
  const std::chrono::milliseconds now = world_.scheduler.now();
  if (now >= end_) return nullptr;
  if (now >= renew_at_ && !fetch_) begin_fetch();
  return &current_->keys;
}

std::unique_ptr<CredentialCache::Wait> CredentialCache::want(Wanted wanted) {
  if (!fetch_) begin_fetch();
  return std::make_unique<Waiting>(*this, std::move(wanted));
}

bool CredentialCache::reject(const sign::KeyPair& keys) {
  if (!current_ || current_->keys != keys) return true;
  const std::chrono::milliseconds now = world_.scheduler.now();
  if (rejected_ == keys && now - rejected_at_ < rejection_pause) return false;
  rejected_ = keys;
  rejected_at_ = now;
  current_.reset();
  return true;
}

void CredentialCache::begin_fetch() {
  ++round_;
  fetch_ = source_.fetch([this](Result<Credentials> result) { on_fetched(std::move(result)); });
}

void CredentialCache::on_fetched(Result<Credentials> result) {
  // Kept until the end: it is the caller.
  const std::unique_ptr<Fetch> ended = std::move(fetch_);
  if (result.ok()) {
    current_ = *result;
    // The last quarter of a short life.
    const std::chrono::milliseconds life = life_of(*current_);
    end_ = world_.scheduler.now() + life;
    renew_at_ = end_ - std::min<std::chrono::milliseconds>(between(300, 900), life / 4);
  } else if (current_) {
    log::write_limited(log::Level::warn, "credentials", result.status().text() + "; the old ones are used as long as they are good");
    renew_at_ = world_.scheduler.now() + between(30, 60);
  }
  const Result<sign::KeyPair> given = result.ok() ? Result<sign::KeyPair>(result->keys) : Result<sign::KeyPair>(Status(result.status().code(), result.status().text()));
  // Each call may destroy any of them, or want again: who comes now waits for the next fetch.
  for (const std::uint64_t round = round_; Waiting* next = next_of(round);) {
    waiting_.remove(next);
    const Wanted call = std::move(next->call);
    call(given);
  }
}

CredentialCache::Waiting* CredentialCache::next_of(std::uint64_t round) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting* waiting) { return waiting->round == round; });
  return found == waiting_.end() ? nullptr : *found;
}

std::chrono::milliseconds CredentialCache::life_of(const Credentials& credentials) const {
  if (!credentials.expires) return {};  // not looked at
  const auto life = std::chrono::duration_cast<std::chrono::milliseconds>(*credentials.expires - credentials.given.value_or(world_.clock.now()));
  return life.count() > 0 ? life : life_of_ended;
}

}  // namespace penstock::credentials
