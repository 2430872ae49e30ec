#include "bindings/compress/crc32c.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Crc32c, GivesThePublishedValues) {
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(ByteView("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32)), 0x8a9136aau) << "RFC 3720, appendix B.4";
}

TEST(Crc32c, GoesOnBehindAnEarlierPiece) { EXPECT_EQ(crc32c("6789", crc32c("12345")), crc32c("123456789")); }

}  // namespace
}  // namespace penstock
