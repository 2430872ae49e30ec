#include "bindings/kafka/message_marks.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace penstock::kafka {
namespace {

TEST(MessageMarks, TellWhereToGoOn) {
  MessageMarks marks;
  marks.add(100, 10);
  marks.add(101, 20);
  marks.add(105, 30);
  EXPECT_EQ(marks.pass(9), -1) << "the first is not acked whole";
  EXPECT_EQ(marks.pass(10), 101);
  EXPECT_EQ(marks.pass(10), -1) << "nothing more";
  EXPECT_EQ(marks.pass(35), 106) << "the offsets between are no messages";
  EXPECT_TRUE(marks.empty());
}

TEST(MessageMarks, OffsetZeroIsAMessageToo) {
  MessageMarks marks;
  marks.add(0, 5);
  EXPECT_EQ(marks.pass(5), 1);
}

TEST(MessageMarks, AMessageWithoutTextIsAckedWithTheOneBefore) {
  MessageMarks marks;
  marks.add(1, 10);
  marks.add(2, 10);
  marks.add(3, 20);
  EXPECT_EQ(marks.pass(10), 3);
  EXPECT_EQ(marks.size(), 1u);
}

TEST(MessageMarks, KnowWhichMessageAByteIsOf) {
  MessageMarks marks;
  for (int i = 0; i < 1000; ++i) marks.add(5 + 2 * i, static_cast<std::uint64_t>(10 * (i + 1)));
  EXPECT_EQ(marks.offset_at(0), 5);
  EXPECT_EQ(marks.offset_at(9), 5);
  EXPECT_EQ(marks.offset_at(10), 7);
  EXPECT_EQ(marks.offset_at(9'999), 5 + 2 * 999);
  EXPECT_EQ(marks.offset_at(50'000), 5 + 2 * 999);
  EXPECT_EQ(marks.pass(5'000), 5 + 2 * 499 + 1);
  EXPECT_EQ(marks.offset_at(5'000), 5 + 2 * 500);
}

// Against a plain queue.
TEST(MessageMarks, RememberInAnyOrderOfAddingAndPassing) {
  std::mt19937 random(7);
  MessageMarks marks;
  std::deque<std::pair<std::int64_t, std::uint64_t>> model;
  std::int64_t offset = 0;
  std::uint64_t end = 1, acked = 1;
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 3 != 0) {
      offset += 1 + random() % 3;
      end += random() % 50;
      marks.add(offset, end);
      model.emplace_back(offset, end);
    } else {
      acked += random() % (end - acked + 1);
      std::int64_t expected = -1;
      for (; !model.empty() && model.front().second <= acked; model.pop_front()) expected = model.front().first + 1;
      ASSERT_EQ(marks.pass(acked), expected);
    }
    ASSERT_EQ(marks.size(), model.size());
    if (model.empty()) continue;
    const std::uint64_t asked = acked + random() % (end - acked + 1);
    std::size_t place = 0;
    while (place + 1 < model.size() && model[place].second <= asked) ++place;
    ASSERT_EQ(marks.offset_at(asked), model[place].first);
  }
}

}  // namespace
}  // namespace penstock::kafka
