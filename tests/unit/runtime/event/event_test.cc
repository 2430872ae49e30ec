// Events, their slots, and what is written of them: event.h, batch.h, event_json.h.
#include "runtime/event/event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/event/batch.h"
#include "runtime/event/event_json.h"
#include "runtime/event/json_text.h"

namespace penstock {
namespace {

using ::testing::ElementsAre;

class EventTest : public ::testing::Test {
 protected:
  SlotNumber slot(const char* name) { return slots.add(name); }
  SlotNumber slot(const Path& path) { return slots.add(path); }

  // Call behind the slots that the plan knows.
  Event& json(ByteView text) {
    batch.clear();
    return batch.add(text, 0, Base::json);
  }
  // Fields are text; those with a slot stand in it.
  Event& entries(const std::vector<std::pair<const char*, const char*>>& fields) {
    batch.clear();
    Event& event = batch.add("a line", 0, Base::entries);
    Entry* const list = batch.arena().allocate_array<Entry>(fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
      list[i] = {Slice::text(fields[i].first), slots.find(fields[i].first), Slice::text(fields[i].second)};
      if (list[i].slot != SlotTable::no_slot) event.slots[list[i].slot] = list[i].value;
    }
    event.entries = list;
    event.entry_count = static_cast<std::uint32_t>(fields.size());
    event.scanned = event.validated = true;
    return event;
  }
  static std::string text_of(Event& event) {
    Buffer out;
    append_event_json(event, out);
    return std::string(out.view());
  }
  static std::string value(const Slice& slice) {
    if (!slice.present()) return slice.kind == Kind::missing ? "(missing)" : "(unset)";
    Buffer out;
    json::append_value(out, slice);
    return std::string(out.view());
  }

  SlotTable slots;
  Batch batch{slots};
};

// ---- Looking ----

TEST_F(EventTest, LooksUpFieldsWhenAsked) {
  const SlotNumber a = slot("a"), deep = slot(Path{"h", "x", "y"}), none = slot("none");
  Event& event = json(R"({"h":{"x":{"y":[1]}},"\u0061":2,"a":3})");
  EXPECT_EQ(value(event.get(a)), "2") << "the first of a name, also when it is written with escapes";
  EXPECT_EQ(value(event.get(deep)), "[1]");
  EXPECT_EQ(value(event.get(none)), "(missing)");
  EXPECT_EQ(event.get(a).origin, Origin::base);
  EXPECT_FALSE(event.edited);
}

TEST_F(EventTest, WhatIsBelowNoObjectIsMissing) {
  const SlotNumber below = slot(Path{"a", "b"});
  EXPECT_EQ(value(json(R"({"a":5})").get(below)), "(missing)");
  EXPECT_EQ(value(json(R"({"a":[{"b":1}]})").get(below)), "(missing)");
  EXPECT_EQ(value(json(R"({})").get(below)), "(missing)");
}

TEST_F(EventTest, NullIsThereAndMissingIsNot) {
  const SlotNumber a = slot("a");
  EXPECT_TRUE(json(R"({"a":null})").get(a).present());
  EXPECT_FALSE(json("{}").get(a).present());
}

TEST_F(EventTest, NamesWithoutASlotAreFoundToo) {
  EXPECT_EQ(value(json(R"({"a":1})").get_by_name("a")), "1");
  EXPECT_EQ(value(entries({{"a", "x"}}).get_by_name("a")), "\"x\"");
  EXPECT_EQ(value(entries({{"a", "x"}}).get_by_name("b")), "(missing)");
}

// ---- Writing ----

using Edit = void (*)(Event& event, SlotNumber slot, ByteView name);

struct Writing {
  const char* name;
  Edit edit;
  const char* json_in;
  const char* json_out;
};

// How the slot of the field that is written came about.
enum class Slots { known, late, none };

class Written : public EventTest, public ::testing::WithParamInterface<std::tuple<Slots, Writing>> {};

TEST_P(Written, LeavesAsExpected) {
  const auto& [kind, writing] = GetParam();
  if (kind == Slots::known) slot("a");
  Event& event = json(writing.json_in);
  if (kind == Slots::late) slot("a");
  writing.edit(event, slots.find("a"), "a");
  EXPECT_EQ(text_of(event), writing.json_out);
}

void set_a(Event& event, ByteView text) { event.set_by_name("a", Slice::text(text)); }

INSTANTIATE_TEST_SUITE_P(
    Edits, Written,
    ::testing::Combine(
        ::testing::Values(Slots::known, Slots::late, Slots::none),
        ::testing::Values(
            Writing{"InPlace", [](Event& e, SlotNumber, ByteView) { set_a(e, "x"); }, R"({"b":1, "a" : 2 ,"c":3})", R"({"b":1,"a" : "x","c":3})"},
            Writing{"NewLast", [](Event& e, SlotNumber, ByteView) { set_a(e, "x"); }, R"({"b":1})", R"({"b":1,"a":"x"})"},
            Writing{"IntoNothing", [](Event& e, SlotNumber, ByteView) { set_a(e, "x"); }, "{ }", R"({"a":"x"})"},
            Writing{"LatestCounts", [](Event& e, SlotNumber, ByteView) { set_a(e, "x"), set_a(e, "y"); }, R"({"a":1})", R"({"a":"y"})"},
            Writing{"OnceForDuplicates", [](Event& e, SlotNumber, ByteView) { set_a(e, "x"); }, R"({"a":1,"b":2,"a":3,"a":4})", R"({"a":"x","b":2})"},
            Writing{"Removed", [](Event& e, SlotNumber, ByteView) { e.set_by_name("a", Slice::missing()); }, R"({"a":1,"b":2,"a":3})", R"({"b":2})"},
            Writing{"RemovedAndBack", [](Event& e, SlotNumber, ByteView) { e.set_by_name("a", Slice::missing()), set_a(e, "x"); }, R"({"a":1,"b":2})",
                    R"({"a":"x","b":2})"},
            Writing{"ReadFirst", [](Event& e, SlotNumber, ByteView) { e.get_by_name("a"), set_a(e, "x"); }, R"({"a":1})", R"({"a":"x"})"},
            Writing{"UnderAnEscapedName", [](Event& e, SlotNumber, ByteView) { set_a(e, "x"); }, R"({"\u0061":1})", R"({"\u0061":"x"})"},
            Writing{"OrderOfWriting",
                    [](Event& e, SlotNumber, ByteView) {
                      e.set_by_name("z", Slice::null());
                      e.set_by_name("y", Slice::null());
                    },
                    "{}", R"({"z":null,"y":null})"})),
    [](const auto& test) {
      const Slots kind = std::get<0>(test.param);
      return std::string(std::get<1>(test.param).name) + (kind == Slots::known ? "" : kind == Slots::late ? "LateSlot" : "NoSlot");
    });

TEST_F(EventTest, WritingBelowRebuildsTheObject) {
  const SlotNumber x = slot(Path{"h", "x"}), y = slot(Path{"h", "y"}), h = slot("h");
  Event& event = json(R"({"h":{"x": 1,"z":[ 2 ]},"a":1})");
  event.set(x, Slice::text("new"));
  event.set(y, Slice::number("3"));
  EXPECT_EQ(value(event.get(x)), "\"new\"");
  EXPECT_EQ(value(event.get(h)), R"({"x":"new","z":[ 2 ],"y":3})");
  event.remove(x);
  EXPECT_EQ(value(event.get(x)), "(missing)");
  EXPECT_EQ(text_of(event), R"({"h":{"z":[ 2 ],"y":3},"a":1})");
}

TEST_F(EventTest, WritingBelowNothingMakesTheObjects) {
  const SlotNumber deep = slot(Path{"a", "b", "c"});
  Event& event = json("{}");
  event.set(deep, Slice::number("1"));
  EXPECT_EQ(text_of(event), R"({"a":{"b":{"c":1}}})");
}

TEST_F(EventTest, RemovingBelowNothingMakesNothing) {
  const SlotNumber deep = slot(Path{"a", "b", "c"});
  Event& event = json(R"({"x":1})");
  event.remove(deep);
  EXPECT_EQ(text_of(event), R"({"x":1})");
}

TEST_F(EventTest, WritingAboveChangesWhatIsBelow) {
  const SlotNumber h = slot("h"), x = slot(Path{"h", "x"});
  Event& event = json(R"({"h":{"x":1}})");
  EXPECT_EQ(value(event.get(x)), "1");
  event.set(h, Slice::object(R"({"x":2})"));
  EXPECT_EQ(value(event.get(x)), "2");
  event.set(h, Slice::text("no object"));
  EXPECT_EQ(value(event.get(x)), "(missing)");
}

TEST_F(EventTest, EntriesLeaveInTheirOrder) {
  slot("b");
  EXPECT_EQ(text_of(entries({{"a", "1"}, {"b", "x\"y"}, {"c", ""}})), R"({"a":"1","b":"x\"y","c":""})");
}

TEST_F(EventTest, EntriesAreWrittenInPlaceAndNewOnesLast) {
  const SlotNumber b = slot("b");
  Event& event = entries({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  event.set_by_name("c", Slice::number("30"));
  event.set(b, Slice::number("20"));
  event.set_by_name("new", Slice::null());
  event.set_by_name("a", Slice::missing());
  EXPECT_EQ(text_of(event), R"({"b":20,"c":30,"new":null})");
}

TEST_F(EventTest, EntriesWithALateSlotReadAndWrite) {
  Event& event = entries({{"a", "1"}, {"b", "2"}});
  const SlotNumber a = slot("a"), b = slot("b"), c = slot("c");
  EXPECT_EQ(value(event.get(a)), "\"1\"");
  event.set(b, Slice::number("20"));
  event.set(c, Slice::number("3"));
  EXPECT_EQ(text_of(event), R"({"a":"1","b":20,"c":3})");
}

TEST_F(EventTest, AWrittenEntryOfANameThatCameTwiceLeavesOnce) {
  Event& first = entries({{"a", "1"}, {"b", "2"}, {"a", "3"}});
  first.set_by_name("a", Slice::number("10"));
  EXPECT_EQ(text_of(first), R"({"a":10,"b":"2"})");
  Event& second = entries({{"a", "1"}, {"b", "2"}, {"a", "3"}});
  second.set(slot("a"), Slice::number("10"));
  EXPECT_EQ(text_of(second), R"({"a":10,"b":"2"})");
}

// ---- Batches ----

TEST_F(EventTest, ClearTakesInSlotsThatWereAdded) {
  json("{}");
  for (int i = 0; i < 100; ++i) slots.add("f" + std::to_string(i));
  Event& event = json(R"({"f99":1})");
  EXPECT_GE(batch.slot_capacity(), 100u);
  EXPECT_EQ(value(event.get(99)), "1");
}

TEST_F(EventTest, ABatchThatIsUsedAgainHasNothingOfItsOldEvents) {
  const SlotNumber a = slot("a");
  for (int i = 0; i < 3; ++i) {
    Event& event = json(i == 1 ? "{}" : R"({"a":1})");
    EXPECT_EQ(event.get(a).present(), i != 1);
    event.set(a, Slice::number("5"));
    batch.rejected.push_back({0, "x"});
  }
  batch.clear();
  EXPECT_EQ(batch.size(), 0u);
  EXPECT_TRUE(batch.rejected.empty() && batch.live.empty() && batch.broken.empty());
}

TEST_F(EventTest, EraseKeepsTheOthersInOrder) {
  batch.clear();
  for (int i = 0; i < 300; ++i) batch.add("{}", static_cast<std::uint64_t>(i), Base::json);
  batch.erase({0, 7, 299});
  batch.all_live();
  EXPECT_EQ(batch.size(), 297u);
  EXPECT_EQ(batch.live.size(), 297u);
  EXPECT_EQ(batch[0].offset, 1u);
  EXPECT_EQ(batch[6].offset, 8u);
  EXPECT_EQ(batch[296].offset, 298u);
}

TEST_F(EventTest, ATakenBackEventLeavesRoomForTheNext) {
  const SlotNumber a = slot("a");
  batch.clear();
  for (int i = 0; i < 128; ++i) batch.add("{}", 0, Base::json);
  batch.add(R"({"a":"gone"})", 0, Base::json).set(a, Slice::null());
  batch.take_back();
  Event& event = batch.add(R"({"a":1})", 0, Base::json);
  EXPECT_EQ(batch.size(), 129u);
  EXPECT_EQ(value(event.get(a)), "1");
}

TEST_F(EventTest, ABornEventIsKnownToBeValid) {
  const SlotNumber a = slot("a");
  batch.clear();
  Event& event = batch.add_born(R"({"a":1})", 7);
  std::string error;
  EXPECT_TRUE(batch.validate(event, error));
  EXPECT_EQ(value(event.get(a)), "1");
  EXPECT_EQ(text_of(event), R"({"a":1})");
}

TEST_F(EventTest, ValidationSaysWhatIsWrongAndWhere) {
  std::string error;
  EXPECT_FALSE(batch.validate(json(R"({"a":1,})"), error));
  EXPECT_EQ(error, "json: expected a member's name in quotes at byte 7");
  EXPECT_FALSE(batch.validate(json("[1]"), error));
  EXPECT_EQ(error, "json: expected an object ('{') at byte 0");
}

}  // namespace
}  // namespace penstock
