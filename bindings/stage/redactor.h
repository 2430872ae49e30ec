// Takes secrets out of text: what rules find is replaced, the rest stays.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/stage/keyed_hash.h"
#include "bindings/stage/secret_kinds.h"
#include "runtime/base/status.h"
#include "runtime/base/value.h"
#include "runtime/plan/stage.h"

namespace re2 {
class RE2;
}

namespace penstock {

struct RedactionRules {
  std::vector<std::string> patterns = {};  // RE2; a match of no bytes is none
  std::vector<SecretKind> kinds = {};
  std::string mask = "[redacted]";
  std::optional<Secret> key = {};     // given: replaced by `[hash:` and 16 hexadecimal digits (see KeyedHash) and `]`, not by the mask
  // Without patterns and kinds, whole values are what is replaced.
  bool finds() const { return !patterns.empty() || !kinds.empty(); }
};

// All calls are thread-safe; a worker that has its own does not wait for others inside RE2.
class Redactor final : public RawScrubber {
 public:
  static constexpr std::size_t pattern_bytes_max = 64 * 1024;
  static constexpr std::size_t mask_bytes_max = 1024;

  // Fails with Code::invalid: a pattern that RE2 refuses, a pattern or mask that is too long.
  static Result<std::unique_ptr<Redactor>> make(RedactionRules rules);
  ~Redactor() override;

  // Sets `out` to `text` with everything the rules find replaced, overlapping finds as one. False, and `out` untouched, when
  // there is nothing to find. Patterns work on UTF-8: `text` that is none is first made so, with U+FFFD for what is broken.
  bool redact(ByteView text, std::string& out) const;

  // What stands for `secret`.
  std::string stand_in(ByteView secret) const;

  // For bytes of no known structure, such as a line that is no JSON: the rules work on the bytes, on the bytes with their JSON
  // escapes undone (joe\u0040example.com), and on each piece between quotes alone, so that `^` and `$` hold as they would in a
  // value. nullopt when there are no patterns and kinds to go by.
  std::optional<std::string> scrub(ByteView raw) const override;

  const RedactionRules& rules() const { return rules_; }

 private:
  explicit Redactor(RedactionRules rules);
  Status compile();
  void find_all(ByteView text, std::vector<Span>& hits) const;
  std::string replaced(ByteView text, std::vector<Span>& hits) const;

  RedactionRules rules_;
  std::unique_ptr<KeyedHash> hash_;                    // null: mask
  std::vector<std::unique_ptr<re2::RE2>> patterns_;
  std::unique_ptr<re2::RE2> any_;                      // all patterns as alternatives; null when there is one, or when it is too large
};

}  // namespace penstock
