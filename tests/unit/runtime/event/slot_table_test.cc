#include "runtime/event/slot_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock {
namespace {

using ::testing::ElementsAre;

TEST(SlotTable, NumbersNamesInTheOrderTheyCome) {
  SlotTable table;
  EXPECT_EQ(table.add("a"), 0);
  EXPECT_EQ(table.add("b"), 1);
  EXPECT_EQ(table.add("a"), 0);
  EXPECT_EQ(table.find("b"), 1);
  EXPECT_EQ(table.find("c"), SlotTable::no_slot);
  EXPECT_EQ(table.size(), 2u);
}

TEST(SlotTable, ANestedPathMakesItsParentsFirst) {
  SlotTable table;
  const SlotNumber leaf = table.add(Path{"a", "b", "c"});
  EXPECT_EQ(leaf, 2);
  EXPECT_EQ(table[leaf].parent, 1);
  EXPECT_EQ(table[1].parent, 0);
  EXPECT_EQ(table[0].parent, SlotTable::no_slot);
  EXPECT_THAT(table[0].nested, ElementsAre(1));
  EXPECT_EQ(table.add(Path{"a", "b"}), 1);
}

TEST(SlotTable, ANestedNameIsNoTopLevelName) {
  SlotTable table;
  table.add(Path{"a", "b"});
  EXPECT_EQ(table.find("b"), SlotTable::no_slot);
  EXPECT_EQ(table.find("a.b"), SlotTable::no_slot);
}

TEST(SlotTable, KeysAreReadyToBeWritten) {
  SlotTable table;
  EXPECT_EQ(table[table.add("a\"b\n")].json_key, R"("a\"b\n":)");
}

TEST(SlotTable, KeepsPathsAsideWhereNoNameLeads) {
  SlotTable table;
  ASSERT_TRUE(table.keep_aside({"a", "b"}));
  ASSERT_TRUE(table.keep_aside({"a", "b"}));
  ASSERT_EQ(table.asides().size(), 1u);
  const SlotNumber source = table.add(Path{"a", "b"});
  const SlotNumber kept = table.kept_of(source);
  EXPECT_EQ(table.asides()[0].source, source);
  EXPECT_TRUE(table[kept].aside);
  EXPECT_NE(kept, source);
  EXPECT_EQ(table.kept_of(table.add("a")), SlotTable::no_slot);
  EXPECT_EQ(table.find("b"), SlotTable::no_slot);
  EXPECT_EQ(table.find(""), SlotTable::no_slot);
}

TEST(SlotTable, RefusesSlotsBeyondItsBound) {
  SlotTable table;
  for (std::size_t i = 0; i < SlotTable::slots_max; ++i) ASSERT_NE(table.add("f" + std::to_string(i)), SlotTable::no_slot);
  EXPECT_EQ(table.add("one more"), SlotTable::no_slot);
  EXPECT_EQ(table.add(Path{"f0", "nested"}), SlotTable::no_slot);
  EXPECT_EQ(table.add(Path{"new", "nested"}), SlotTable::no_slot);
  EXPECT_FALSE(table.keep_aside({"f0"}));
  EXPECT_EQ(table.add("f7"), 7);
  EXPECT_EQ(table.size(), SlotTable::slots_max);
}

}  // namespace
}  // namespace penstock
