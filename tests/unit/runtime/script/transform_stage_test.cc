// Transforms over decoded events, as a pipeline runs them. Scripts are chunks called edge.lua whose functions are stages.
#include "runtime/script/transform_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bindings/codec/json_decoder.h"
#include "runtime/event/event_json.h"
#include "runtime/script/script_host.h"
#include "tests/unit/support/held_back_signals.h"

namespace penstock::script {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class TransformStage : public ::testing::Test {
 protected:
  // Opens `p.transform`s with these function bodies, one stage each. Line 1 of `body` is line 1 of its file.
  void open(const std::string& body, milliseconds time = milliseconds(2000)) { open_functions({"p.transform(function(event) " + body + "\nend),"}, time); }
  void open_filter(const std::string& body) { open_functions({"p.filter(function(event) " + body + "\nend),"}, milliseconds(2000)); }
  // `stages`: pieces of Lua, each one stage.
  void open_functions(const std::vector<std::string>& stages, milliseconds time = milliseconds(2000), const std::string& before = "") {
    ScriptOptions options;
    options.text = before + "p.pipeline 'edge' { p.source.stdin { format = 'json' }, ";
    for (const std::string& stage : stages) options.text += stage + "\n";
    options.text += "p.sink.stdout {} }";
    script.emplace(std::move(options));
    const Declaration& declaration = script->declare();
    for (const Mistake& m : declaration.mistakes) FAIL() << m.where.text() << ": " << m.text;
    PlanContext context(components);
    context.script_time = time;
    for (const NodeDeclaration& node : declaration.pipelines.at(0).nodes) {
      if (node.role != Role::stage) continue;
      Result<std::unique_ptr<StagePlan>> plan =
          node.type == "filter" ? make_function_filter_stage(node.options, context) : make_transform_stage(node.options, context);
      ASSERT_TRUE(plan.ok());
      plans.push_back(*std::move(plan));
      stages_.push_back(plans.back()->open({slots, 0, &*script}));
    }
  }

  // Runs lines of JSON through the stages as one batch; the events that are left.
  std::vector<std::string> run_all(const std::vector<std::string>& lines) {
    input.clear();
    for (const std::string& line : lines) input.append(line + "\n");
    input.room(padding_bytes);
    batch.clear();
    if (!decoder) decoder = (*make_json_decoder(Value(ValueMap{})))->open(slots);
    EXPECT_EQ(decoder->decode(input.view(), 0, true, batch), input.size());
    return finish();
  }
  std::string run(const std::string& line) {
    const std::vector<std::string> events = run_all({line});
    return events.size() == 1 ? events[0] : events.empty() ? "(none)" : "(several)";
  }
  // One event of a text format: its fields, none of which has a slot when it is decoded.
  std::string run_entries(const std::vector<std::pair<std::string, std::string>>& fields) {
    batch.clear();
    Event& event = batch.add("a line of text", 0, Base::entries);
    Entry* entries = batch.arena().allocate_array<Entry>(fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const SlotNumber slot = slots.find(fields[i].first);
      entries[i] = {Slice::text(batch.arena().copy(fields[i].first)), slot, Slice::text(batch.arena().copy(fields[i].second))};
      if (slot != SlotTable::no_slot) event.slots[slot] = entries[i].value;
    }
    event.entries = entries;
    event.entry_count = static_cast<std::uint32_t>(fields.size());
    event.scanned = event.validated = true;
    batch.all_live();
    const std::vector<std::string> events = finish();
    return events.size() == 1 ? events[0] : "(none)";
  }
  // What the first event's `out` holds after `body`, which sets it.
  std::string out_of(const std::string& body, const std::string& line) {
    open(body);
    return run(line);
  }

  std::vector<std::string> finish() {
    const std::size_t size_before = batch.size();
    rejections.clear();
    born = replaced = 0;
    for (auto& stage : stages_) {
      batch.replaced = 0;
      stage->run(batch);
      replaced += batch.replaced;
      for (const Rejection& rejection : batch.rejected) rejections.push_back(rejection.reason);
      for (const Rejection& rejection : batch.rejected) rejected_events.push_back(rejection.event);
      batch.rejected.clear();
    }
    born = batch.size() - size_before;
    std::vector<std::string> events;
    for (const std::uint32_t index : batch.live) {
      std::string error;
      EXPECT_TRUE(batch.validate(batch[index], error)) << error;
      Buffer out;
      append_event_json(batch[index], out);
      events.emplace_back(out.view());
    }
    return events;
  }

  Components components;
  std::optional<Script> script;
  SlotTable slots;
  Batch batch{slots};
  Buffer input;
  std::unique_ptr<Decoder> decoder;
  std::vector<std::unique_ptr<StagePlan>> plans;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::vector<std::string> rejections;
  std::vector<std::uint32_t> rejected_events;
  std::size_t born = 0, replaced = 0;
};

// ---- One event in, one out ----

struct Case {
  const char* name;
  const char* body;
  const char* in;
  const char* out;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.body << " over " << c.in; }

class Transform : public TransformStage, public ::testing::WithParamInterface<Case> {};

TEST_P(Transform, Gives) {
  open(GetParam().body);
  EXPECT_EQ(run(GetParam().in), GetParam().out);
  EXPECT_THAT(rejections, IsEmpty());
  // The second time every field has its slot.
  EXPECT_EQ(run(GetParam().in), GetParam().out);
}

const auto case_name = [](const ::testing::TestParamInfo<Case>& test) { return std::string(test.param.name); };

INSTANTIATE_TEST_SUITE_P(Results, Transform,
                         ::testing::Values(Case{"NothingKeeps", "", R"({ "a":1 })", R"({ "a":1 })"},
                                           Case{"NilKeeps", "return nil", R"({"a":1})", R"({"a":1})"},
                                           Case{"TrueKeeps", "return true", R"({"a":1})", R"({"a":1})"},
                                           Case{"FalseDrops", "return false", R"({"a":1})", "(none)"},
                                           Case{"AnEmptyListDrops", "return {}", R"({"a":1})", "(none)"},
                                           Case{"AListReplaces", "return { { b = 2 } }", R"({"a":1})", R"({"b":2})"}),
                         case_name);

INSTANTIATE_TEST_SUITE_P(
    Writes, Transform,
    ::testing::Values(Case{"AString", "event.a = 'x\"y'", R"({"a":1,"b":2})", R"({"a":"x\"y","b":2})"},
                      Case{"ANewField", "event.c = true", R"({"a":1})", R"({"a":1,"c":true})"},
                      Case{"InOrderOfWriting", "event.z = 1 event.y = 2 event.z = 3", R"({})", R"({"z":3,"y":2})"},
                      Case{"NullIsNotMissing", "event.a = p.null", R"({"a":1})", R"({"a":null})"},
                      Case{"NilRemoves", "event.a = nil", R"({"a":1,"b":2})", R"({"b":2})"},
                      Case{"NilOfWhatIsNotThere", "event.x = nil", R"({"a":1})", R"({"a":1})"},
                      Case{"ARemovedFieldMayComeBack", "event.a = nil event.a = 5", R"({"a":1,"b":2})", R"({"a":5,"b":2})"},
                      Case{"OnceForAllDuplicates", "event.a = 5", R"({"a":1,"b":2,"a":3})", R"({"a":5,"b":2})"},
                      Case{"RemovesAllDuplicates", "event.a = nil", R"({"a":1,"b":2,"a":3})", R"({"b":2})"},
                      Case{"UntouchedDuplicatesStay", "event.b = 5", R"({"a":1,"b":2,"a":3})", R"({"a":1,"b":5,"a":3})"},
                      Case{"ATable", "event.t = { b = 1, a = { x = 'y' } }", R"({})", R"({"t":{"a":{"x":"y"},"b":1}})"},
                      Case{"AList", "event.t = { 1, 'two', false }", R"({})", R"({"t":[1,"two",false]})"},
                      Case{"AnEmptyTableIsAnObject", "event.t = {}", R"({})", R"({"t":{}})"},
                      Case{"ANameWithAnEscape", "event['a\"b'] = 2", R"({"a\"b":1})", R"({"a\"b":2})"},
                      Case{"AnyNameAtAll", "event['\\0 b.c'] = 2", R"({})", R"({"\u0000 b.c":2})"},
                      Case{"AnEmptyName", "event[''] = (event[''] or 0) + 1", R"({"":1})", R"({"":2})"},
                      Case{"NotUtf8IsReplaced", "event.a = 'x\\255y'", R"({})", "{\"a\":\"x\xef\xbf\xbdy\"}"},
                      Case{"FieldsThatAreCalledLikeMethods", "event.raw = 1 event.get = 2 event.totable = 3 event.x = event:get 'raw'", R"({})",
                           R"({"raw":1,"get":2,"totable":3,"x":1})"},
                      Case{"AMethodAfterAFieldOfItsName", "event.raw = 1 event.x = event:get 'a'", R"({"a":7})", R"({"a":7,"raw":1,"x":7})"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Reads, Transform,
    ::testing::Values(Case{"AMissingFieldIsNil", "event.o = event.x == nil", R"({"a":1})", R"({"a":1,"o":true})"},
                      Case{"NullIsNull", "event.o = event.a == p.null", R"({"a":null})", R"({"a":null,"o":true})"},
                      Case{"Booleans", "event.o = event.a and not event.b", R"({"a":true,"b":false})", R"({"a":true,"b":false,"o":true})"},
                      Case{"EscapedText", "event.o = #event.a", R"({"a":"\u00e4\n"})", R"({"a":"\u00e4\n","o":3})"},
                      Case{"TheFirstOfDuplicates", "event.o = event.a", R"({"a":1,"a":2})", R"({"a":1,"a":2,"o":1})"},
                      Case{"AListAsATable", "event.o = #event.a + event.a[2]", R"({"a":[1,20,3]})", R"({"a":[1,20,3],"o":23})"},
                      Case{"AListAndBack", "event.o = event.a", R"({"a":[1,[],{},[{"x":[]}],null]})", R"({"a":[1,[],{},[{"x":[]}],null],"o":[1,[],{},[{"x":[]}],null]})"},
                      Case{"AnEmptyListStaysOne", "event.o = event.a", R"({"a":[]})", R"({"a":[],"o":[]})"},
                      Case{"WhatWasWritten", "event.a = 'x' event.o = event.a .. 'y'", R"({"a":1})", R"({"a":"x","o":"xy"})"},
                      Case{"WhatWasRemoved", "event.a = nil event.o = event.a == nil", R"({"a":1})", R"({"o":true})"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Nested, Transform,
    ::testing::Values(Case{"Reads", "event.o = event.h['x-id']", R"({"h":{"x-id":"1"}})", R"({"h":{"x-id":"1"},"o":"1"})"},
                      Case{"ReadsDeep", "event.o = event.a.b.c", R"({"a":{"b":{"c":5}}})", R"({"a":{"b":{"c":5}},"o":5})"},
                      Case{"Writes", "event.h.b = 2", R"({"h":{"a":1}})", R"({"h":{"a":1,"b":2}})"},
                      Case{"WritesDeep", "event.a.b.c = 6", R"({"a":{"b":{"c":5},"d":1}})", R"({"a":{"b":{"c":6},"d":1}})"},
                      Case{"Removes", "event.h.a = nil", R"({"h":{"a":1,"b":2}})", R"({"h":{"b":2}})"},
                      Case{"RemovesTheLast", "event.h.a = nil", R"({"h":{"a":1}})", R"({"h":{}})"},
                      Case{"ReadsWhatWasWrittenBelow", "event.h.a = 2 event.o = event.h.a", R"({"h":{"a":1}})", R"({"h":{"a":2},"o":2})"},
                      Case{"ReadsWhatWasWrittenAbove", "local old = event.h.a event.h = { a = 9 } event.o = event.h.a + old", R"({"h":{"a":1}})",
                           R"({"h":{"a":9},"o":10})"},
                      Case{"CopiesAnObject", "event.o = event.h", R"({"h":{"a": 1}})", R"({"h":{"a": 1},"o":{"a": 1}})"},
                      Case{"TheEventInAField", "event.o = event", R"({"a":1})", R"({"a":1,"o":{"a":1}})"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Paths, Transform,
    ::testing::Values(Case{"ByDots", "event.o = event:get 'a.b'", R"({"a":{"b":1}})", R"({"a":{"b":1},"o":1})"},
                      Case{"ByBrackets", "event.o = event:get 'a[\"x y\"]'", R"({"a":{"x y":1}})", R"({"a":{"x y":1},"o":1})"},
                      Case{"NotThere", "event.o = event:get 'a.b.c' == nil", R"({"a":{"b":1}})", R"({"a":{"b":1},"o":true})"},
                      Case{"ToAnObjectThatCanBeWritten", "event:get('a.b').c = 2", R"({"a":{"b":{"c":1}}})", R"({"a":{"b":{"c":2}}})"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Numbers, Transform,
    ::testing::Values(Case{"Arithmetic", "event.a = event.a * 2 + 0.5", R"({"a":20})", R"({"a":40.5})"},
                      Case{"IntegersHaveNoFraction", "event.a = event.a / 2", R"({"a":10})", R"({"a":5})"},
                      Case{"MicrosecondsStayAnInteger", "event.a = event.a * 1000", R"({"a":1700000000000})", R"({"a":1700000000000000})"},
                      Case{"TwoToThe53", "event.o = event.a", R"({"a":9007199254740992})", R"({"a":9007199254740992,"o":9007199254740992})"},
                      Case{"Int64", "event.o = event.a + 1", R"({"a":9007199254740993})", R"({"a":9007199254740993,"o":9007199254740994})"},
                      Case{"Int64Min", "event.o = event.a", R"({"a":-9223372036854775808})", R"({"a":-9223372036854775808,"o":-9223372036854775808})"},
                      Case{"Uint64", "event.o = event.a", R"({"a":18446744073709551615})", R"({"a":18446744073709551615,"o":18446744073709551615})"},
                      Case{"Int64InAList", "event.o = event.a", R"({"a":[9223372036854775807,-9223372036854775808,18446744073709551615]})",
                           R"({"a":[9223372036854775807,-9223372036854775808,18446744073709551615],"o":[9223372036854775807,-9223372036854775808,18446744073709551615]})"},
                      Case{"TooLargeForADoubleIsText", "event.o = type(event.a) .. event.a", R"({"a":1e400})", R"({"a":1e400,"o":"string1e400"})"},
                      Case{"BeyondUint64IsText", "event.o = event.a", R"({"a":18446744073709551616})", R"({"a":18446744073709551616,"o":"18446744073709551616"})"},
                      Case{"TwentyDigitsAreText", "event.o = type(event.a)", R"({"a":0.12345678901234567891})", R"({"a":0.12345678901234567891,"o":"string"})"},
                      Case{"SeventeenDigitsOfADouble", "event.o = event.a", R"({"a":0.30000000000000004})", R"({"a":0.30000000000000004,"o":0.30000000000000004})"},
                      Case{"LeadingZerosAreNoDigits", "event.o = type(event.a)", R"({"a":0.000000000000001})", R"({"a":0.000000000000001,"o":"number"})"},
                      Case{"Exponents", "event.o = event.a", R"({"a":1E3})", R"({"a":1E3,"o":1000})"}),
    case_name);

// ---- Errors ----

struct Mistaken {
  const char* name;
  const char* body;
  const char* reason;
};

void PrintTo(const Mistaken& c, std::ostream* out) { *out << c.body; }

class TransformError : public TransformStage, public ::testing::WithParamInterface<Mistaken> {};

TEST_P(TransformError, NamesTheScriptsLine) {
  open(std::string("\n") + GetParam().body);
  EXPECT_THAT(run_all({R"({"a":1,"s":"x","h":{"b":1}})"}), IsEmpty());
  EXPECT_THAT(rejections, ElementsAre(StartsWith(GetParam().reason)));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, TransformError,
    ::testing::Values(Mistaken{"OfItsOwn", "error 'no good'", "(command line):2: no good"},
                      Mistaken{"OnNil", "event.x = event.missing.y", "(command line):2: attempt to index field 'missing'"},
                      Mistaken{"NoText", "error({})", "(error object is a table value)"},
                      Mistaken{"StoringAFunction", "event.x = print", "(command line):2: cannot store a function in an event"},
                      Mistaken{"StoringNaN", "event.x = 0/0", "(command line):2: cannot store nan: JSON has no such number"},
                      Mistaken{"StoringInfinity", "event.x = -1/0", "(command line):2: cannot store -inf: JSON has no such number"},
                      Mistaken{"StoringNaNBelow", "event.h.x = 0/0", "(command line):2: cannot store nan"},
                      Mistaken{"NaNInATable", "event.x = { 0/0 }", "(command line):2: JSON has no number"},
                      Mistaken{"AFunctionInATable", "event.x = { a = { print } }", "(command line):2: a function cannot be stored in an event"},
                      Mistaken{"AListWithHoles", "event.x = { 1, nil, 3, a = 2 }", "(command line):2: "},
                      Mistaken{"ATableThatHoldsItself", "local t = {} t.t = t event.x = t", "(command line):2: a table nests deeper"},
                      Mistaken{"ReadingByNumber", "event.x = event[1]", "(command line):2: a field's name must be a string, got number"},
                      Mistaken{"WritingByNumber", "event[1] = 2", "(command line):2: a field's name must be a string, got number"},
                      Mistaken{"WritingByNumberBelow", "event.h[1] = 2", "(command line):2: a field's name must be a string, got number"},
                      Mistaken{"APathThatIsNone", "event:get 'a..b'", "(command line):2: path 'a..b', column 3"},
                      Mistaken{"APathThatIsNoText", "event:get(5)", "(command line):2: a path must be a string, got number"},
                      Mistaken{"ANameThatPenstockLacks", "event.x = p.hash(event.a)", "(command line):2: p.hash: no such name"},
                      Mistaken{"ASinkThatPenstockLacks", "event.x = p.sink.fiel", "(command line):2: p.sink.fiel: no such name (hint: p.sink.file)"},
                      Mistaken{"ASettingThatIsMissing", "event.x = p.param 'Q'", "(command line):2: param \"Q\": is not set and has no default (hint: --set Q=VALUE)"},
                      Mistaken{"ASecretThatIsMissing", "event.x = p.secret 'env:PENSTOCK_NONE'", "(command line):2: secret: "},
                      Mistaken{"APatternThatIsNone", "event.x = p.re('('):match 'x'", "(command line):2: re: "},
                      Mistaken{"APipeline", "p.pipeline 'z' {}", "(command line):2: p.pipeline declares, so it cannot stand in a function"},
                      Mistaken{"AStage", "event.x = p.sample(1)", "(command line):2: p.sample declares, so it cannot stand in a function"},
                      Mistaken{"ASink", "event.x = p.sink.stdout {}", "(command line):2: p.sink.stdout declares, so it cannot stand in a function"},
                      Mistaken{"ARoute", "p.route {}", "(command line):2: p.route declares, so it cannot stand in a function"},
                      Mistaken{"ATest", "p.test 't' {}", "(command line):2: p.test declares, so it cannot stand in a function"},
                      Mistaken{"AFieldCalledMemory", "event.x = event.memory.used", "(command line):2: attempt to index field 'memory'"}),
    [](const ::testing::TestParamInfo<Mistaken>& test) { return std::string(test.param.name); });

TEST_F(TransformStage, AnErrorCostsItsEventOnly) {
  open("event.n = event.n + 1");
  EXPECT_THAT(run_all({R"({"n":1})", R"({"n":"x"})", R"({"n":3})", R"({})", R"({"n":5})"}), ElementsAre(R"({"n":2})", R"({"n":4})", R"({"n":6})"));
  EXPECT_THAT(rejected_events, ElementsAre(1u, 3u));
}

TEST_F(TransformStage, AnErrorAtTheLastEventEndsTheBatch) {
  open("if event.n == 2 then error 'x' end");
  EXPECT_THAT(run_all({R"({"n":1})", R"({"n":2})"}), ElementsAre(R"({"n":1})"));
  EXPECT_EQ(rejections.size(), 1u);
}

TEST_F(TransformStage, AnErrorAboutMemoryIsAnErrorLikeAnother) {
  open("if event.n == 2 then error 'memory module missing' end");
  EXPECT_THAT(run_all({R"({"n":1})", R"({"n":2})", R"({"n":3})"}), ElementsAre(R"({"n":1})", R"({"n":3})"));
}

TEST_F(TransformStage, WhatAnEventBoreBeforeItsErrorIsNotEmitted) {
  open("return { { a = 1 }, { a = 2 }, { a = event.f and print } }");
  EXPECT_THAT(run_all({R"({"f":true})", R"({"f":null})"}), IsEmpty());
  EXPECT_EQ(born, 0u);
  EXPECT_EQ(rejections.size(), 2u);
}

// ---- Births ----

TEST_F(TransformStage, BornEventsStandWhereTheirEventStood) {
  open("if event.n == 2 then return { { n = 20 }, { n = 21 }, { n = 22 } } end if event.n == 3 then return {} end");
  EXPECT_THAT(run_all({R"({"n":1})", R"({"n":2})", R"({"n":3})", R"({"n":4})"}),
              ElementsAre(R"({"n":1})", R"({"n":20})", R"({"n":21})", R"({"n":22})", R"({"n":4})"));
  EXPECT_EQ(born, 3u);
  EXPECT_EQ(replaced, 1u);
}

TEST_F(TransformStage, BornEventsGoThroughTheNextTransform) {
  open_functions({"p.transform(function(event) return { { n = event.n }, { n = event.n * 10 } } end),", "p.transform(function(event) event.m = event.n + 1 end),"});
  EXPECT_THAT(run_all({R"({"n":1})", R"({"n":2})"}), ElementsAre(R"({"n":1,"m":2})", R"({"n":10,"m":11})", R"({"n":2,"m":3})", R"({"n":20,"m":21})"));
}

TEST_F(TransformStage, ManyBirthsOfOneEvent) {
  open("local list = {} for i = 1, 5000 do list[i] = { i = i } end return list");
  const std::vector<std::string> events = run_all({"{}"});
  ASSERT_EQ(events.size(), 5000u);
  EXPECT_EQ(events[4999], R"({"i":5000})");
}

// ---- Views ----

TEST_F(TransformStage, AsATableTheEventIsACopy) {
  open("local t = event:totable() t.a = t.a + 1 event.t = t");
  EXPECT_EQ(run(R"({"a":1,"b":[],"c":null,"a":5})"), R"({"a":1,"b":[],"c":null,"a":5,"t":{"a":2,"b":[],"c":null}})");
}

TEST_F(TransformStage, RawIsWhatCame) {
  open("event.size = #event:raw()");
  EXPECT_EQ(run(R"({ "a" : 1 })"), R"({"a" : 1,"size":11})");
}

TEST_F(TransformStage, RawOfAChangedEventIsTheEventAsItStands) {
  open("event.a = 'gone' event.raw_text = event:raw()");
  EXPECT_EQ(run(R"({"a":"secret"})"), R"({"a":"gone","raw_text":"{\"a\":\"gone\"}"})");
}

TEST_F(TransformStage, TextOfTheEventIsItsJson) {
  open("event.t = tostring(event)");
  EXPECT_EQ(run(R"({"a":1})"), R"({"a":1,"t":"{\"a\":1}"})");
}

// ---- Filters ----

TEST_F(TransformStage, AFilterKeepsWhatIsNeitherNilNorFalse) {
  open_filter("return event.a");
  EXPECT_THAT(run_all({R"({"a":true})", R"({"a":false})", R"({})", R"({"a":0})", R"({"a":null})", R"({"a":""})"}),
              ElementsAre(R"({"a":true})", R"({"a":0})", R"({"a":null})", R"({"a":""})"));
}

TEST_F(TransformStage, AnErrorInAFilterSendsItsEventToTheDeadLetter) {
  open_filter("return event.a > 1");
  EXPECT_THAT(run_all({R"({"a":2})", R"({"a":"x"})", R"({"a":3})"}), ElementsAre(R"({"a":2})", R"({"a":3})"));
  EXPECT_THAT(rejections, ElementsAre(HasSubstr("attempt to compare")));
}

// ---- Slots that are made while a batch is under way ----

// More names than a batch has spare room for.
TEST_F(TransformStage, FieldsDiscoveredMidBatchReadAndWriteOnJson) {
  open("for i = 1, 20 do event['f' .. i] = (event['f' .. i] or 0) + i end");
  const std::string in = R"({"f1":1,"f7":7,"f20":20,"f7":0})";
  const std::string out =
      R"({"f1":2,"f7":14,"f20":40,"f2":2,"f3":3,"f4":4,"f5":5,"f6":6,"f8":8,"f9":9,"f10":10,"f11":11,"f12":12,"f13":13,"f14":14,"f15":15,"f16":16,"f17":17,"f18":18,"f19":19})";
  EXPECT_THAT(run_all({in, in}), ElementsAre(out, out));
  EXPECT_THAT(run_all({in, in}), ElementsAre(out, out)) << "with slots of their own";
}

TEST_F(TransformStage, FieldsDiscoveredMidBatchReadAndWriteOnEntries) {
  open("for i = 1, 12 do if event['f' .. i] then event['f' .. i] = event['f' .. i] .. i end end event.new = 1");
  const std::string out = R"({"f1":"a1","other":"o","f12":"b12","new":1})";
  EXPECT_EQ(run_entries({{"f1", "a"}, {"other", "o"}, {"f12", "b"}}), out);
  EXPECT_EQ(run_entries({{"f1", "a"}, {"other", "o"}, {"f12", "b"}}), out);
}

TEST_F(TransformStage, RemovingAFieldDiscoveredMidBatchFromEntries) {
  open("for i = 1, 12 do event['f' .. i] = nil end");
  EXPECT_EQ(run_entries({{"f1", "a"}, {"other", "o"}, {"f12", "b"}}), R"({"other":"o"})");
}

TEST_F(TransformStage, NestedFieldsDiscoveredMidBatch) {
  open("for i = 1, 9 do event.h['f' .. i] = i end event.h.f1 = nil event.sum = event.h.f2 + event.h.f9 + event.h.old");
  const std::string out = R"({"h":{"old":1,"f2":2,"f3":3,"f4":4,"f5":5,"f6":6,"f7":7,"f8":8,"f9":9},"sum":12})";
  EXPECT_EQ(run(R"({"h":{"old":1}})"), out);
  EXPECT_EQ(run(R"({"h":{"old":1}})"), out);
}

TEST_F(TransformStage, ANextStageSeesWhatWasDiscoveredMidBatch) {
  open_functions({"p.transform(function(event) for i = 1, 9 do event['f' .. i] = i end end),", "p.transform(function(event) event.f9 = event.f9 + event.f1 end),"});
  EXPECT_THAT(run(R"({"f9":0})"), HasSubstr(R"("f9":10)"));
}

// ---- Bounds ----

TEST_F(TransformStage, ARunawayLoopCostsItsBatch) {
  PENSTOCK_NEEDS_PROMPT_SIGNALS();
  open("if event.n == 3 then\nwhile true do end\nend", milliseconds(100));
  EXPECT_THAT(run_all({R"({"n":1})", R"({"n":2})", R"({"n":3})", R"({"n":4})"}), IsEmpty());
  EXPECT_EQ(rejections.size(), 4u);
  for (const std::string& reason : rejections) EXPECT_EQ(reason, "(command line):2: stopped: ran longer than 100 ms");
  EXPECT_THAT(run_all({R"({"n":1})", R"({"n":2})"}), ElementsAre(R"({"n":1})", R"({"n":2})")) << "the next batch is no worse for it";
}

TEST_F(TransformStage, ARunawayLoopAfterAnErrorRejectsEveryEventOnce) {
  PENSTOCK_NEEDS_PROMPT_SIGNALS();
  open("if event.n == 1 then error 'x' end if event.n == 2 then return false end if event.n == 3 then while true do end end", milliseconds(100));
  EXPECT_THAT(run_all({R"({"n":1})", R"({"n":2})", R"({"n":3})", R"({"n":4})"}), IsEmpty());
  EXPECT_THAT(rejected_events, ::testing::UnorderedElementsAre(0u, 1u, 2u, 3u));
}

TEST_F(TransformStage, ErrorsDoNotGiveABatchMoreTime) {
  PENSTOCK_NEEDS_PROMPT_SIGNALS();
  open("local t = os.clock() while os.clock() - t < 0.02 do end error 'slow'", milliseconds(100));
  EXPECT_THAT(run_all(std::vector<std::string>(100, "{}")), IsEmpty());
  EXPECT_EQ(rejections.size(), 100u);
  EXPECT_THAT(rejections.back(), HasSubstr("stopped: ran longer than 100 ms"));
}

TEST_F(TransformStage, EatingMemoryCostsItsBatch) {
  PENSTOCK_NEEDS_PROMPT_SIGNALS();
  open("if event.n == 2 then local t = {} for i = 1, 1e9 do t[i] = { i } end end", milliseconds(60'000));
  script->state().set_memory_bytes(std::size_t{16} << 20);
  EXPECT_THAT(run_all({R"({"n":1})", R"({"n":2})", R"({"n":3})"}), IsEmpty());
  EXPECT_EQ(rejections.size(), 3u);
  EXPECT_THAT(rejections[0], HasSubstr("memory"));
  EXPECT_EQ(run(R"({"n":1})"), R"({"n":1})") << (rejections.empty() ? "" : rejections[0]);
}

}  // namespace
}  // namespace penstock::script
