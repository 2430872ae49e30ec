// Redacts a line of any bytes: first as an event, by one kind of secret that the first byte chooses, then as a dead letter by
// all of them. What leaves as an event is valid JSON in whose strings that kind is found no more.
#include <cstdlib>

#include "bindings/stage/redact_stage.h"
#include "bindings/stage/secret_kinds.h"
#include "runtime/event/json_text.h"
#include "tests/unit/bindings/stage/staged_lines.h"

namespace {

using namespace penstock;

constexpr SecretKind kinds[] = {SecretKind::email, SecretKind::ipv4, SecretKind::ipv6, SecretKind::card, SecretKind::bearer};

void require(bool holds) {
  if (!holds) std::abort();
}

// No scanner takes the mask for a part of what it looks for.
ValueMap options(const char* kind) { return {{"kinds", ValueList{kind}}, {"mask", "[x]"}}; }

// Every string below `value`, names aside. A quoted local part may come to light when what stood inside it is gone.
void check_strings(const Slice& value, SecretKind kind, Arena& arena) {
  if (value.is_string()) {
    const ByteView text = json::string_value(value, arena);
    std::vector<Span> hits;
    find(kind, text, hits);
    require(hits.empty() || text.find("\"@") != ByteView::npos || text.find("\"%40") != ByteView::npos);
  }
  if (value.kind == Kind::object)
    json::for_each_member(value.view(), [&](const Slice&, const Slice& inner) { check_strings(inner, kind, arena); });
  if (value.kind == Kind::array)
    json::for_each_element(value.view(), [&](const Slice& inner) { check_strings(inner, kind, arena); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const SecretKind kind = kinds[data[0] % std::size(kinds)];
  const std::string line(reinterpret_cast<const char*>(data) + 1, size - 1);

  StagedLines redact;
  redact.then(made(make_redact_stage, options(secret_kind_name(kind))));
  for (const std::string& event : redact.run({line}).events) {
    require(json::valid(event));
    Arena arena;
    check_strings(json::classify(event), kind, arena);
  }

  static auto all = made(make_redact_stage, {{"kinds", ValueList{"email", "ipv4", "ipv6", "card", "bearer"}}, {"patterns", ValueList{"^hunter[0-9]+"}}});
  require((*all)->scrubber()->scrub(line).has_value());
  return 0;
}
