// Lua's patterns (reference manual 5.1, section 5.4.1), matched within bounds: what a script's string.find, match, gmatch
// and gsub run on, because no watchdog can stop a match that backtracks for ever in C.
//
// Results are those of LuaJIT 2.1, its corners included: classes know ASCII only, `%z` is the zero byte, `%g` and `%f` are
// there, a zero byte in a pattern ends it, and a mistake in a pattern is found only when matching gets to it.
#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "runtime/base/bytes.h"
#include "runtime/base/status.h"

namespace penstock::script {

// How much a match may cost. A step is one test of one character (16 bytes of a set or of a back reference count one more).
struct PatternBudget {
  // 10,000,000 steps, about a tenth of a second, so that a pattern of quadratic time passes on a line of 3 KiB; and 32 for
  // each byte of the subject, enough for a pattern of linear time on any.
  static PatternBudget for_subject(std::size_t subject_bytes) { return {10'000'000 + 32 * std::uint64_t{subject_bytes}}; }
  std::uint64_t steps;
};

struct PatternCapture {
  enum class Kind : std::uint8_t {
    text,      // `(...)`
    position,  // `()`: begin is the place, counted from 0
    open,      // the pattern ended before its `)`: an error for whoever asks for its text ("unfinished capture")
  };
  std::size_t begin = 0;
  std::size_t size = 0;
  Kind kind = Kind::text;
};

inline constexpr std::size_t pattern_captures_max = 32;
inline constexpr int pattern_depth_max = 200;  // nested tries: at most one for each quantifier or parenthesis

struct PatternMatch {
  std::size_t begin = 0;  // in the subject
  std::size_t end = 0;
  std::size_t capture_count = 0;
  std::array<PatternCapture, pattern_captures_max> captures;
};

// One pattern over one subject; both, and the budget, outlive it. Has no destructor to run and never throws, so that a Lua
// error may pass over it.
class PatternMatcher {
 public:
  enum class Anchor : std::uint8_t { caret, none };  // none: `^` at the start is a character like others (gmatch)

  PatternMatcher(ByteView subject, ByteView pattern, PatternBudget& budget, Anchor anchor = Anchor::caret);

  // Finds the first match that starts at `from` or later (an anchored pattern: at `from`). Requires from <= subject size.
  // False: there is none, or error() says why it is not known.
  bool search(std::size_t from);
  // Tries at this one place.
  bool match_at(std::size_t at);

  const PatternMatch& match() const { return match_; }
  bool anchored() const { return anchored_; }
  // Null, or what ended the matching; in LuaJIT's words. Static text.
  const char* error() const { return error_; }
  // Code::invalid: the pattern is malformed; Code::limit: a bound was reached.
  Code error_code() const { return error_code_; }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  std::size_t match_from(std::size_t at, std::size_t item);
  std::size_t match_items(std::size_t at, std::size_t item);
  std::size_t most_first(std::size_t at, std::size_t item, std::size_t item_end);
  std::size_t fewest_first(std::size_t at, std::size_t item, std::size_t item_end);
  std::size_t open_capture(std::size_t at, std::size_t item, PatternCapture::Kind kind);
  std::size_t close_capture(std::size_t at, std::size_t item);
  std::size_t balanced(std::size_t at, std::size_t item);
  std::size_t back_reference(std::size_t at, std::size_t item);
  bool at_frontier(std::size_t at, std::size_t set, std::size_t set_end);

  std::size_t item_end(std::size_t item);
  bool matches(std::size_t at, std::size_t item, std::size_t item_end) const;
  bool set_has(unsigned char c, std::size_t set, std::size_t set_end) const;
  std::optional<char> first_literal() const;

  unsigned char pattern_at(std::size_t i) const { return i < pattern_.size() ? static_cast<unsigned char>(pattern_[i]) : 0; }
  bool spend(std::size_t steps);
  std::size_t fail(Code code, const char* error);

  ByteView subject_;
  ByteView pattern_;
  PatternBudget& budget_;
  PatternMatch match_;
  const char* error_ = nullptr;
  Code error_code_ = Code::ok;
  int depth_ = 0;
  bool anchored_ = false;
};

// The same as a call: the first match at or behind `init`, nothing when there is none, or the error with its code.
Result<std::optional<PatternMatch>> match(ByteView subject, ByteView pattern, std::size_t init, PatternBudget& budget);

}  // namespace penstock::script
