// What can go wrong in the world (disk, network, a bad line), as a value. Bugs are asserted, script mistakes are raised
// in Lua; neither comes through here.
#pragma once
#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace penstock {

// Callers branch on the code, people read the text.
enum class Code : std::uint8_t {
  ok,
  invalid,      // malformed input or option: trying again gives the same
  not_found,    // no such file, bucket, topic, ...
  denied,       // permission, authentication
  io,           // the operating system said no; may pass
  full,         // no space, quota
  retryable,    // the other side asks to try again later
  rejected,     // the other side refuses this very data
  corrupt,      // a checksum or structure does not hold
  closed,       // the other side went away for good
  limit,        // a bound of ours was reached
  unsupported,  // right, but not in this build or on this machine
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string text) : failure_(std::make_unique<Failure>(Failure{code, std::move(text)})) {
    assert(code != Code::ok);
  }
  // `path: what the operating system says`, with the code that fits errno value `error`.
  static Status from_errno(int error, const std::string& what);

  bool ok() const { return failure_ == nullptr; }
  Code code() const { return failure_ ? failure_->code : Code::ok; }
  // Empty when ok.
  const std::string& text() const;

 private:
  struct Failure {
    Code code;
    std::string text;
  };
  std::unique_ptr<Failure> failure_;
};

// A T, or the Status (never ok) that says why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Status failure) : value_(std::move(failure)) { assert(!std::get<Status>(value_).ok()); }

  bool ok() const { return std::holds_alternative<T>(value_); }
  T& value() & {
    assert(ok());
    return std::get<T>(value_);
  }
  const T& value() const& {
    assert(ok());
    return std::get<T>(value_);
  }
  T&& value() && {
    assert(ok());
    return std::get<T>(std::move(value_));
  }
  T* operator->() { return &value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  // Requires !ok().
  const Status& status() const {
    assert(!ok());
    return std::get<Status>(value_);
  }
  Status take_status() { return std::move(std::get<Status>(value_)); }

 private:
  std::variant<T, Status> value_;
};

}  // namespace penstock
