#include "bindings/sign/digest.h"

#include <gtest/gtest.h>

#include "bindings/sign/percent_encoding.h"

namespace penstock::sign {
namespace {

// FIPS 180-4 and RFC 1321's own examples; RFC 4231 and RFC 2202, test case 2.
TEST(Digest, GivesThePublishedValues) {
  EXPECT_EQ(hex(view(sha256("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(view(sha256(""))), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(view(*md5("message digest"))), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(hex(view(hmac_sha256("Jefe", "what do ya want for nothing?"))), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(view(hmac_sha1("Jefe", "what do ya want for nothing?"))), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST(StreamedDigest, GivesTheSameAsAtOnce) {
  StreamedDigest md5(StreamedDigest::Kind::md5), sha256_of(StreamedDigest::Kind::sha256);
  for (const char* piece : {"mess", "", "age digest"}) {
    md5.add(piece);
    sha256_of.add(piece);
  }
  EXPECT_EQ(hex(md5.finish()), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(sha256_of.finish(), view(sha256("message digest")));
}

// RFC 4648 section 10.
TEST(Base64, GivesThePublishedValues) {
  const struct {
    const char *plain, *encoded;
  } cases[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& c : cases) EXPECT_EQ(base64(c.plain), c.encoded);
}

TEST(PercentEncoding, LeavesOnlyWhatRfc3986CallsUnreserved) {
  EXPECT_EQ(percent_encode("aZ09-_.~"), "aZ09-_.~");
  EXPECT_EQ(percent_encode("a b+c/d*\xc3\xa9"), "a%20b%2Bc%2Fd%2A%C3%A9");
  EXPECT_EQ(percent_encode_path("/a b//../c"), "/a%20b//../c");
}

}  // namespace
}  // namespace penstock::sign
