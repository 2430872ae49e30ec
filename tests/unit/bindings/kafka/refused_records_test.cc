#include "bindings/kafka/refused_records.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace penstock::kafka {
namespace {

std::string record(ByteView key, ByteView value) {
  Buffer out;
  RecordWriter(out).key(key);
  out.append(value);
  return std::string(out.view());
}

Package package_of(std::initializer_list<std::string> entries) {
  Package package;
  for (const std::string& entry : entries) {
    package.body.append(entry);
    package.entry_bytes.push_back(static_cast<std::uint32_t>(entry.size()));
  }
  package.plain_bytes = package.body.size();
  return package;
}

std::vector<Record> records_in(const Package& package) {
  std::vector<Record> out;
  std::size_t at = 0;
  for (const std::uint32_t size : package.entry_bytes) {
    EXPECT_TRUE(parse_record(package.body.view().substr(at, size), out.emplace_back()));
    at += size;
  }
  EXPECT_EQ(at, package.body.size());
  return out;
}

TEST(RefusedRecords, OneThatIsKnownIsGivenItsReason) {
  RefusedRecords refused;
  refused.add(record("k", "large"), "too large");
  Package package = package_of({record("k", "small"), record("k", "large"), record("k", "")});
  refused.mark(package);
  const std::vector<Record> records = records_in(package);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_FALSE(records[0].refusal);
  EXPECT_EQ(records[0].value, "small");
  EXPECT_EQ(records[0].key, "k");
  EXPECT_EQ(records[1].refusal, "too large");
  EXPECT_EQ(records[1].value, "large") << "for the dead letter";
  EXPECT_FALSE(records[2].refusal);
  EXPECT_EQ(package.plain_bytes, package.body.size());
}

TEST(RefusedRecords, AKeyMakesAnotherRecord) {
  RefusedRecords refused;
  refused.add(record("a", "large"), "too large");
  Package package = package_of({record("b", "large")});
  const std::string before(package.body.view());
  refused.mark(package);
  EXPECT_EQ(package.body.view(), before);
}

TEST(RefusedRecords, EachHasItsOwnReason) {
  RefusedRecords refused;
  refused.add(record("k", "a"), "too large");
  refused.add(record("k", "b"), "too old");
  refused.add(record("k", "c"), "too large");
  Package package = package_of({record("k", "a"), record("k", "b"), record("k", "c")});
  refused.mark(package);
  const std::vector<Record> records = records_in(package);
  EXPECT_EQ(records[0].refusal, "too large");
  EXPECT_EQ(records[1].refusal, "too old");
  EXPECT_EQ(records[2].refusal, "too large");
}

TEST(RefusedRecords, WhatWasMarkedIsForgottenWhenItIsDealtWith) {
  RefusedRecords refused;
  refused.add(record("k", "a"), "too large");
  refused.add(record("k", "b"), "too large");
  Package package = package_of({record("k", "a")});
  refused.mark(package);
  refused.forget_marked();
  EXPECT_FALSE(refused.empty()) << "b has not come yet";
  Package again = package_of({record("k", "a"), record("k", "b")});
  refused.mark(again);
  const std::vector<Record> records = records_in(again);
  EXPECT_FALSE(records[0].refusal);
  EXPECT_TRUE(records[1].refusal);
  refused.forget_marked();
  EXPECT_TRUE(refused.empty());
}

TEST(RefusedRecords, AreBounded) {
  RefusedRecords refused;
  for (std::size_t i = 0; i <= RefusedRecords::records_max; ++i) refused.add(record("k", std::to_string(i)), "too large");
  Package package = package_of({record("k", "0"), record("k", std::to_string(RefusedRecords::records_max))});
  refused.mark(package);
  const std::vector<Record> records = records_in(package);
  EXPECT_FALSE(records[0].refusal) << "all before one too many are forgotten";
  EXPECT_TRUE(records[1].refusal);
}

}  // namespace
}  // namespace penstock::kafka
