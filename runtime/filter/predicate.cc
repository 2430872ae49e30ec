#include "runtime/filter/predicate.h"

#include <re2/re2.h>

#include <charconv>

#include "runtime/event/json_text.h"
#include "runtime/filter/decimal.h"
#include "runtime/filter/regex.h"

namespace penstock::filter {
namespace {

// Orders of two values, as bits; none of them when the values don't compare.
constexpr std::uint8_t less = 1, equal = 2, greater = 4;
constexpr std::uint8_t same = 8;  // equal, of kinds that have no order: null, true, false

std::uint8_t order_bit(std::strong_ordering order) { return order < 0 ? less : order > 0 ? greater : equal; }

std::uint8_t orders_of(Test test) {
  switch (test) {
    case Test::less: return less;
    case Test::less_equal: return less | equal;
    case Test::greater: return greater;
    case Test::greater_equal: return greater | equal;
    default: return equal | same;
  }
}

// The orders of b and a from those of a and b.
std::uint8_t mirrored(std::uint8_t orders) {
  return static_cast<std::uint8_t>((orders & (equal | same)) | (orders & less ? greater : 0) | (orders & greater ? less : 0));
}

bool is_negative_form(Test test) { return test == Test::not_equal || test == Test::not_matches || test == Test::not_in; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

Slice look_up(Event& event, const Path& path) {
  Slice value = event.get_by_name(path[0]);
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (value.kind != Kind::object) return Slice::missing();
    value = json::find_member(value.view(), path[i], event.batch->arena());
  }
  return value;
}

// A string that stands as it is, or a number.
bool has_plain_text(const Slice& value) { return value.kind == Kind::string || value.kind == Kind::text || value.kind == Kind::number; }

}  // namespace

// A side of a test, looked up. Its text is made by Text, when it is asked for.
struct Predicate::Value {
  Slice slice = Slice::missing();
  bool lower = false;
  bool literal = false;
  char digits[20];  // what len() gives as a number's text

  bool has_text() const { return slice.is_string() || slice.kind == Kind::number; }
};

// The text of a value that has_text(). Takes scratch from the arena only when it must, and gives it back: texts end in
// reverse order of their beginning, with nothing else taken in between.
class Predicate::Text {
 public:
  Text(const Value& value, Arena& arena) : arena_(arena), view_(value.slice.view()) {
    if (value.slice.kind == Kind::string_escaped) {
      view_ = json::unescape(view_, arena_);
      held_ = view_.size();
    }
    if (value.lower && value.slice.is_string()) to_lower();
  }
  ~Text() {
    // What was taken since may have opened a new block of the arena; then this piece stays until the batch is cleared.
    if (held_ != 0 && arena_.allocate(0) == view_.data() + held_) arena_.trim(held_, 0);
  }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  ByteView view() const { return view_; }

 private:
  void to_lower() {
    // Unescaped text is ours already.
    char* out = held_ != 0 ? const_cast<char*>(view_.data()) : arena_.allocate(view_.size());
    for (std::size_t i = 0; i < view_.size(); ++i) out[i] = lower(view_[i]);
    view_ = {out, view_.size()};
    held_ = view_.size();
  }

  Arena& arena_;
  ByteView view_;
  std::size_t held_ = 0;
};

namespace {

// What len() counts; false when the value has no length.
bool length_of(const Slice& value, Arena& arena, std::size_t& length) {
  length = 0;
  switch (value.kind) {
    case Kind::string:
    case Kind::text:
      length = value.size;
      return true;
    case Kind::string_escaped: {
      length = json::unescape(value.view(), arena).size();
      arena.trim(length, 0);
      return true;
    }
    case Kind::array:
      return json::for_each_element(value.view(), [&](const Slice&) { ++length; });
    case Kind::object:
      return json::for_each_member(value.view(), [&](const Slice&, const Slice&) { ++length; });
    default:
      return false;
  }
}

}  // namespace

Predicate::Predicate(std::shared_ptr<const Expression> expression, SlotTable& slots) : expression_(std::move(expression)) {
  // In order of appearance, so that slots are numbered as they are asked for.
  for (const Path& path : paths(*expression_)) slots.add(path);
  start_ = compile(expression_->root(), accept, reject, slots);
}

// Compiles from the last part to the first, for each part must know where to go on.
std::uint32_t Predicate::compile(const Node& node, std::uint32_t on_true, std::uint32_t on_false, SlotTable& slots) {
  switch (node.kind) {
    case Node::Kind::test:
      if (is_negative_form(node.test)) std::swap(on_true, on_false);
      return compile_test(node, on_true, on_false, slots);
    case Node::Kind::negation:
      return compile(node.nodes[0], on_false, on_true, slots);
    case Node::Kind::all:
      for (auto part = node.nodes.rbegin(); part != node.nodes.rend(); ++part) on_true = compile(*part, on_true, on_false, slots);
      return on_true;
    case Node::Kind::any:
      for (auto part = node.nodes.rbegin(); part != node.nodes.rend(); ++part) on_false = compile(*part, on_true, on_false, slots);
      return on_false;
  }
  return on_false;
}

std::uint32_t Predicate::compile_test(const Node& node, std::uint32_t on_true, std::uint32_t on_false, SlotTable& slots) {
  Instruction instruction{Op::compare, 0, SlotTable::no_slot, on_true, on_false, add_source(node.left, slots), 0, 0};
  switch (node.test) {
    case Test::matches:
    case Test::not_matches: {
      instruction.op = Op::matches;
      instruction.right = static_cast<std::uint32_t>(patterns_.size());
      // Compiled once already when the expression was made, so it does not fail here.
      patterns_.push_back(compile_regex(std::get<Literal>(node.right.of).text).value());
      break;
    }
    case Test::in:
    case Test::not_in:
      instruction.op = Op::in;
      instruction.right = static_cast<std::uint32_t>(lists_.size());
      lists_.emplace_back(node.list);
      break;
    case Test::in_cidr: {
      instruction.op = Op::in_cidr;
      instruction.right = static_cast<std::uint32_t>(networks_.size());
      std::vector<AddressRange> ranges;
      std::string problem;
      for (const Literal& network : node.list) ranges.push_back(AddressRange::read(network.text, problem).value());
      networks_.emplace_back(std::move(ranges));
      break;
    }
    case Test::exists: instruction.op = Op::exists; break;
    case Test::is_null: instruction.op = Op::is_null; break;
    case Test::truth: instruction.op = Op::truth; break;
    default: compile_comparison(node, instruction, slots); break;
  }
  program_.push_back(instruction);
  return static_cast<std::uint32_t>(program_.size() - 1);
}

void Predicate::compile_comparison(const Node& node, Instruction& instruction, SlotTable& slots) {
  instruction.right = add_source(node.right, slots);
  instruction.orders = orders_of(node.test);
  if (node.test == Test::contains) instruction.op = Op::contains;
  if (node.test == Test::starts_with) instruction.op = Op::starts_with;
  if (node.test == Test::ends_with) instruction.op = Op::ends_with;
  // 500 <= status is status >= 500: the usual tests have their literal on the right.
  if (instruction.op == Op::compare && sources_[instruction.left].of == Source::Of::literal) {
    std::swap(instruction.left, instruction.right);
    instruction.orders = mirrored(instruction.orders);
  }
  choose_usual(instruction);
}

void Predicate::choose_usual(Instruction& instruction) const {
  const Source& left = sources_[instruction.left];
  const Source& right = sources_[instruction.right];
  if (left.of != Source::Of::slot || left.lower || left.len || right.of != Source::Of::literal) return;
  instruction.slot = left.slot;
  if (instruction.op == Op::compare && right.literal.kind == Kind::number) {
    const auto integer = Decimal::read(right.literal.view())->small_integer();
    if (!integer) return;
    instruction.integer = *integer;
    instruction.op = Op::compare_integer;
  }
  if (right.literal.kind != Kind::text) return;
  if (instruction.op == Op::compare && instruction.orders == (equal | same)) instruction.op = Op::equals_text;
  if (instruction.op == Op::starts_with) instruction.op = Op::starts_with_text;
}

std::uint32_t Predicate::add_source(const Operand& operand, SlotTable& slots) {
  Source source;
  if (const Literal* literal = std::get_if<Literal>(&operand.of)) {
    source = literal_source(*literal);
  } else if (const Path& path = std::get<Path>(operand.of); !path.empty()) {
    source.path = &path;
    source.slot = slots.add(path);
    source.of = source.slot == SlotTable::no_slot ? Source::Of::path : Source::Of::slot;
  }
  for (auto function = operand.functions.rbegin(); function != operand.functions.rend(); ++function) fold(source, *function);
  sources_.push_back(source);
  return static_cast<std::uint32_t>(sources_.size() - 1);
}

Predicate::Source Predicate::literal_source(const Literal& literal) {
  Source source;
  source.of = Source::Of::literal;
  switch (literal.kind) {
    case Literal::Kind::null: source.literal = Slice::null(); break;
    case Literal::Kind::boolean_false: source.literal = Slice::boolean(false); break;
    case Literal::Kind::boolean_true: source.literal = Slice::boolean(true); break;
    case Literal::Kind::number: source.literal = Slice::number(literal.text); break;
    case Literal::Kind::string: source.literal = Slice::text(literal.text); break;
  }
  return source;
}

// Puts a function around what is there. A length is a number: it has no length and no case.
void Predicate::fold(Source& source, Function function) {
  if (source.of == Source::Of::nothing) return;
  if (source.of != Source::Of::literal) {
    if (function == Function::len && source.len) source = Source{};
    if (function == Function::len) source.len = source.of != Source::Of::nothing;
    if (function == Function::lower && !source.len) source.lower = true;
    return;
  }
  const bool string = source.literal.kind == Kind::text;
  if (function == Function::len && !string) {
    source = Source{};
    return;
  }
  if (!string) return;
  std::string& value = folded_.emplace_back(source.literal.view());
  if (function == Function::len) {
    value = std::to_string(value.size());
    source.literal = Slice::number(value);
  } else {
    for (char& c : value) c = lower(c);
    source.literal = Slice::text(value);
  }
}

bool Predicate::matches(Event& event) const {
  std::uint32_t at = start_;
  while (at < reject) {
    const Instruction& instruction = program_[at];
    at = holds(instruction, event) ? instruction.on_true : instruction.on_false;
  }
  return at == accept;
}

inline bool Predicate::holds(const Instruction& instruction, Event& event) const {
  switch (instruction.op) {
    case Op::compare_integer: {
      const Slice& value = event.get(instruction.slot);
      std::int64_t integer;
      if (!has_plain_text(value) || !read_small_integer(value.view(), integer)) break;
      return (instruction.orders & order_bit(integer <=> instruction.integer)) != 0;
    }
    case Op::equals_text: {
      const Slice& value = event.get(instruction.slot);
      if (!has_plain_text(value)) break;
      return value.view() == sources_[instruction.right].literal.view();
    }
    case Op::starts_with_text: {
      const Slice& value = event.get(instruction.slot);
      if (!has_plain_text(value)) break;
      return value.view().starts_with(sources_[instruction.right].literal.view());
    }
    default:
      break;
  }
  return holds_slowly(instruction, event);
}

bool Predicate::holds_slowly(const Instruction& instruction, Event& event) const {
  Arena& arena = event.batch->arena();
  Value left;
  load(sources_[instruction.left], event, left);
  switch (instruction.op) {
    case Op::exists: return left.slice.present();
    case Op::is_null: return left.slice.kind == Kind::null;
    case Op::truth: return left.slice.kind == Kind::boolean_true;
    case Op::in: return in_list(lists_[instruction.right], left, arena);
    case Op::in_cidr: return left.slice.is_string() && networks_[instruction.right].contain(Text(left, arena).view());
    case Op::matches: {
      if (!left.has_text()) return false;
      const Text text(left, arena);
      return patterns_[instruction.right]->Match(text.view(), 0, text.view().size(), re2::RE2::UNANCHORED, nullptr, 0);
    }
    default: break;
  }
  Value right;
  load(sources_[instruction.right], event, right);
  if (instruction.op == Op::contains) return contains(left, right, arena);
  const bool of_text = instruction.op == Op::starts_with || instruction.op == Op::starts_with_text || instruction.op == Op::ends_with;
  if (!of_text) return (instruction.orders & order(left, right, arena)) != 0;
  if (!left.has_text() || !right.has_text()) return false;
  const Text whole(left, arena);
  const Text part(right, arena);
  return instruction.op == Op::ends_with ? whole.view().ends_with(part.view()) : whole.view().starts_with(part.view());
}

bool Predicate::in_list(const LiteralSet& list, const Value& value, Arena& arena) const {
  if (value.has_text()) return list.contains_text(Text(value, arena).view());
  if (value.slice.kind == Kind::null) return list.contains_null();
  if (value.slice.kind == Kind::boolean_true) return list.contains_boolean(true);
  return value.slice.kind == Kind::boolean_false && list.contains_boolean(false);
}

void Predicate::load(const Source& source, Event& event, Value& value) {
  switch (source.of) {
    case Source::Of::nothing: return;
    case Source::Of::slot: value.slice = event.get(source.slot); break;
    case Source::Of::path: value.slice = look_up(event, *source.path); break;
    case Source::Of::literal:
      value.slice = source.literal;
      value.literal = true;
      return;
  }
  value.lower = source.lower;
  if (!source.len) return;
  std::size_t length;
  if (!length_of(value.slice, event.batch->arena(), length)) {
    value.slice = Slice::missing();
    return;
  }
  const char* const end = std::to_chars(value.digits, value.digits + sizeof value.digits, length).ptr;
  value.slice = Slice::number({value.digits, static_cast<std::size_t>(end - value.digits)});
}

std::uint8_t Predicate::order(const Value& a, const Value& b, Arena& arena) {
  const bool number_a = a.slice.kind == Kind::number;
  const bool number_b = b.slice.kind == Kind::number;
  if (number_a && number_b) {
    const auto x = Decimal::read(a.slice.view());
    const auto y = Decimal::read(b.slice.view());
    return x && y ? order_bit(*x <=> *y) : 0;
  }
  if (a.slice.is_string() && b.slice.is_string()) {
    const Text x(a, arena);
    const Text y(b, arena);
    return order_bit(x.view() <=> y.view());
  }
  if (number_a && b.slice.is_string()) return order_mixed(a, b, arena);
  if (number_b && a.slice.is_string()) return mirrored(order_mixed(b, a, arena));
  const bool plain = a.slice.kind == Kind::null || a.slice.kind == Kind::boolean_true || a.slice.kind == Kind::boolean_false;
  return plain && a.slice.kind == b.slice.kind ? same : 0;
}

std::uint8_t Predicate::order_mixed(const Value& number, const Value& string, Arena& arena) {
  const Text text(string, arena);
  if (string.literal) return order_bit(number.slice.view() <=> text.view());
  const auto x = Decimal::read(number.slice.view());
  const auto y = Decimal::read(text.view());
  return x && y ? order_bit(*x <=> *y) : 0;
}

bool Predicate::contains(const Value& whole, const Value& part, Arena& arena) {
  if (whole.slice.kind == Kind::array) {
    bool found = false;
    json::for_each_element(whole.slice.view(), [&](const Slice& element) {
      Value value;
      value.slice = element;
      found = found || (order(value, part, arena) & (equal | same)) != 0;
    });
    return found;
  }
  if (!whole.has_text() || !part.has_text()) return false;
  const Text text(whole, arena);
  return text.view().find(Text(part, arena).view()) != ByteView::npos;
}

}  // namespace penstock::filter
