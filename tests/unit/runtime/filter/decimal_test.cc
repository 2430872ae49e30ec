#include "runtime/filter/decimal.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock::filter {
namespace {

int order(const char* a, const char* b) {
  const auto order = Decimal::read(a).value() <=> Decimal::read(b).value();
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

TEST(Decimal, ComparesByValueWhateverTheSpelling) {
  const std::pair<const char*, const char*> same[] = {
      {"0", "-0"},       {"0", "0.000e999999999999999999999"}, {"1", "1.0"},      {"100", "1e2"},         {"100", "1E+2"},
      {"0.001", "1e-3"}, {"12.50", "1.25e1"},                  {"-7", "-70e-1"},  {"1e400", "10e399"},    {"123456789012345678901234567890", "1.2345678901234567890123456789e29"},
      {"0.10", "0.1"},   {"1000.001000", "1.000001e3"},
  };
  for (const auto& [a, b] : same) {
    EXPECT_EQ(order(a, b), 0) << a << " " << b;
    EXPECT_EQ(order(b, a), 0) << a << " " << b;
  }
}

TEST(Decimal, OrdersExactly) {
  const char* ascending[] = {"-1e400", "-9007199254740993", "-9007199254740992", "-10", "-9.5", "-1", "-0.5", "-0.05", "0", "1e-400",
                             "0.05", "0.1", "0.10000000000000000000000000001", "0.5", "1", "1.5", "9.99", "10", "100", "101", "1010",
                             "9007199254740992", "9007199254740993", "18446744073709551616", "1e400", "1.1e400", "1e99999999999"};
  for (std::size_t i = 0; i < std::size(ascending); ++i) {
    for (std::size_t j = 0; j < std::size(ascending); ++j) {
      EXPECT_EQ(order(ascending[i], ascending[j]), i < j ? -1 : i > j ? 1 : 0) << ascending[i] << " " << ascending[j];
    }
  }
}

TEST(Decimal, ReadsJsonNumbersOnly) {
  for (const char* text : {"", "-", "+1", "007", "-01", ".5", "5.", "1e", "1e+", "0x10", "1 ", " 1", "1,0", "NaN", "Infinity", "1.2.3", "--1", "1-"}) {
    EXPECT_FALSE(Decimal::read(text)) << text;
  }
}

TEST(Decimal, KnowsSmallIntegers) {
  const std::pair<const char*, std::int64_t> cases[] = {{"0", 0}, {"-0.0", 0}, {"100", 100}, {"1e2", 100}, {"-12.00", -12}, {"120e-1", 12},
                                                        {"999999999999999999", 999999999999999999}, {"0.5e1", 5}};
  for (const auto& [text, value] : cases) EXPECT_EQ(Decimal::read(text)->small_integer(), value) << text;
  for (const char* text : {"0.5", "1e18", "1000000000000000000", "1e-1", "12.01"}) EXPECT_FALSE(Decimal::read(text)->small_integer()) << text;
}

TEST(ReadSmallInteger, TakesPlainIntegersOfAtMost18Digits) {
  const std::pair<const char*, std::int64_t> cases[] = {{"0", 0}, {"-0", 0}, {"500", 500}, {"-17", -17}, {"999999999999999999", 999999999999999999}};
  for (const auto& [text, value] : cases) {
    std::int64_t read = -1;
    EXPECT_TRUE(read_small_integer(text, read)) << text;
    EXPECT_EQ(read, value) << text;
  }
  std::int64_t read;
  for (const char* text : {"", "-", "007", "-07", "1.0", "1e2", "1000000000000000000", "12a", "+1", " 1"}) {
    EXPECT_FALSE(read_small_integer(text, read)) << text;
  }
}

}  // namespace
}  // namespace penstock::filter
