// Stands for a secret where equal secrets must stay recognisable as equal: HMAC-SHA-256 (RFC 2104, FIPS 180-4) under a key.
#pragma once
#include <memory>
#include <string>

#include "runtime/base/bytes.h"
#include "runtime/base/status.h"

namespace penstock {

class KeyedHash {
 public:
  // Fails when the library lacks the algorithm. `key` may have any length but 0.
  static Result<std::unique_ptr<KeyedHash>> make(ByteView key);
  ~KeyedHash();
  KeyedHash(const KeyedHash&) = delete;
  KeyedHash& operator=(const KeyedHash&) = delete;

  // The first 8 bytes of the HMAC as 16 lower-case hexadecimal digits. Thread-safe.
  std::string hex(ByteView value) const;

 private:
  struct State;
  explicit KeyedHash(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace penstock
