// The time as servers have it, by which requests are signed: this machine's, corrected when a server complains about it.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::credentials {

class ServerClock {
 public:
  using Time = std::chrono::system_clock::time_point;
  explicit ServerClock(std::function<Time()> machine) : machine_(std::move(machine)) {}

  Time now() const { return machine_() + offset_; }
  // What is added to this machine's time; zero until a server complained.
  std::chrono::seconds offset() const { return offset_; }
  // For a request that was refused: takes over `date`, the answer's Date (RFC 9110 section 6.6.1), when it is a minute or more
  // from now(). What people are to be told then: `whose`, as in "the store", goes by another clock. Otherwise the clock was not to blame.
  std::optional<std::string> correct(std::string_view date, const std::string& whose);

 private:
  std::function<Time()> machine_;
  std::chrono::seconds offset_{0};
};

}  // namespace penstock::credentials
