// A filter compiled for one plan: a flat program of tests over slots, each with the place to go on at when it holds and when
// it does not. `and`, `or` and `not` are only such places, so they cost nothing at run time.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "runtime/event/batch.h"
#include "runtime/filter/expression.h"
#include "runtime/filter/literal_set.h"
#include "runtime/filter/networks.h"

namespace re2 {
class RE2;
}

namespace penstock::filter {

// Belongs to one worker: it has its own copy of each pattern. Tests run from left to right and stop as soon as the result
// is known, so slots to the right may never be filled.
class Predicate {
 public:
  // Adds the filter's paths to `slots`; batches must be cleared afterwards, before their events are matched. A path that
  // finds the table full is looked up by name instead: slow, but right.
  Predicate(std::shared_ptr<const Expression> expression, SlotTable& slots);
  Predicate(Predicate&&) = default;
  Predicate& operator=(Predicate&&) = default;

  // What the filter says of the event; the rules stand in expression.h. Allocates nothing but scratch from the batch's
  // arena for values with escapes and for lower(), which it gives back.
  bool matches(Event& event) const;

 private:
  // How a test's left (or right) side comes by its value.
  struct Source {
    enum class Of : std::uint8_t { nothing, slot, path, literal };
    Of of = Of::nothing;
    bool lower = false;
    bool len = false;
    SlotNumber slot = SlotTable::no_slot;
    Slice literal;                // kind text for strings
    const Path* path = nullptr;
  };
  struct Value;
  class Text;

  enum class Op : std::uint8_t {
    // The usual tests have ways of their own: a slot against a small integer or a string.
    compare_integer,
    equals_text,
    starts_with_text,
    compare,
    contains,
    starts_with,
    ends_with,
    matches,
    in,
    in_cidr,
    exists,
    is_null,
    truth,
  };
  struct Instruction {
    Op op;
    std::uint8_t orders;       // comparisons: the orders for which they hold
    SlotNumber slot;           // of the left side, for the usual tests
    std::uint32_t on_true;     // indices into program_, or accept, reject
    std::uint32_t on_false;
    std::uint32_t left;        // index into sources_
    std::uint32_t right;       // index into sources_, patterns_, lists_ or networks_
    std::int64_t integer;
  };
  static constexpr std::uint32_t reject = 0xffff'fffe;
  static constexpr std::uint32_t accept = 0xffff'ffff;

  std::uint32_t compile(const Node& node, std::uint32_t on_true, std::uint32_t on_false, SlotTable& slots);
  std::uint32_t compile_test(const Node& node, std::uint32_t on_true, std::uint32_t on_false, SlotTable& slots);
  void compile_comparison(const Node& node, Instruction& instruction, SlotTable& slots);
  void choose_usual(Instruction& instruction) const;
  std::uint32_t add_source(const Operand& operand, SlotTable& slots);
  Source literal_source(const Literal& literal);
  void fold(Source& source, Function function);

  bool holds(const Instruction& instruction, Event& event) const;
  bool holds_slowly(const Instruction& instruction, Event& event) const;
  bool in_list(const LiteralSet& list, const Value& value, Arena& arena) const;
  static void load(const Source& source, Event& event, Value& value);
  static std::uint8_t order(const Value& a, const Value& b, Arena& arena);
  static std::uint8_t order_mixed(const Value& number, const Value& string, Arena& arena);
  static bool contains(const Value& whole, const Value& part, Arena& arena);

  std::shared_ptr<const Expression> expression_;
  std::vector<Instruction> program_;
  std::uint32_t start_ = reject;
  std::vector<Source> sources_;
  std::deque<std::string> folded_;   // values of literals under functions
  std::vector<std::shared_ptr<const re2::RE2>> patterns_;
  std::vector<LiteralSet> lists_;
  std::vector<Networks> networks_;
};

}  // namespace penstock::filter
