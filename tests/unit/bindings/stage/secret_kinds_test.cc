#include "bindings/stage/secret_kinds.h"

#include <gmock/gmock.h>

#include <string>

namespace penstock {
namespace {

struct Case {
  const char* text;
  const char* marked;  // the finds in <>
};

std::string marked(SecretKind kind, ByteView text) {
  std::vector<Span> hits;
  find(kind, text, hits);
  std::string out;
  std::size_t at = 0;
  for (const Span& hit : hits) {
    out.append(text.substr(at, hit.begin - at)).append("<").append(text.substr(hit.begin, hit.end - hit.begin)).append(">");
    at = hit.end;
  }
  return out.append(text.substr(at));
}

template <std::size_t n>
void expect_marked(SecretKind kind, const Case (&cases)[n]) {
  for (const Case& c : cases) EXPECT_EQ(marked(kind, c.text), c.marked);
}

TEST(SecretKinds, HaveNames) {
  for (const char* name : {"email", "ipv4", "ipv6", "card", "bearer"}) {
    const auto kind = secret_kind(name);
    ASSERT_TRUE(kind) << name;
    EXPECT_STREQ(secret_kind_name(*kind), name);
  }
  EXPECT_FALSE(secret_kind("Email"));
}

TEST(SecretKinds, Emails) {
  expect_marked(SecretKind::email, {
                                       {"joe@example.com", "<joe@example.com>"},
                                       {"from <joe.doe+tag@mail.example.co.uk>, hi", "from <<joe.doe+tag@mail.example.co.uk>>, hi"},
                                       {"joe@example.com.", "<joe@example.com>."},
                                       {"a@b.co,c@d.org", "<a@b.co>,<c@d.org>"},
                                       {"?user=joe@example.com&x=1", "?user=<joe@example.com>&x=1"},
                                       {"/reset/joe%40example.com/x", "/reset/<joe%40example.com>/x"},
                                       {"mailto:joe@example.com?subject=x", "mailto:<joe@example.com>?subject=x"},
                                       {"\"joe doe\"@example.com", "<\"joe doe\"@example.com>"},
                                       {"joe@[192.0.2.1] joe@[IPv6:2001:db8::1]", "<joe@[192.0.2.1]> <joe@[IPv6:2001:db8::1]>"},
                                       {"j\xc3\xb6rg@m\xc3\xbcller.example", "<j\xc3\xb6rg@m\xc3\xbcller.example>"},
                                       {"joe@xn--mller-kva.xn--p1ai", "<joe@xn--mller-kva.xn--p1ai>"},
                                       {"o'brien@example.com", "<o'brien@example.com>"},
                                       {"joe@example.com.123", "<joe@example.com>.123"},
                                       {"joe@sub-.example.com", "joe@sub-.example.com"},
                                       {"root@localhost", "root@localhost"},
                                       {"@example.com", "@example.com"},
                                       {"joe@", "joe@"},
                                       {"joe@.com", "joe@.com"},
                                       {"git@v1.2", "git@v1.2"},
                                       {"50%40", "50%40"},
                                       {"a@b@example.com", "a@<b@example.com>"},
                                   });
}

TEST(SecretKinds, Ipv4) {
  expect_marked(SecretKind::ipv4, {
                                      {"192.0.2.1", "<192.0.2.1>"},
                                      {"from 10.0.0.1:8080, 255.255.255.255.", "from <10.0.0.1>:8080, <255.255.255.255>."},
                                      {"10.0.0.0/8", "<10.0.0.0>/8"},
                                      {"x.10.0.0.1.nip.io", "x.<10.0.0.1>.nip.io"},
                                      {"...10.0.0.1...", "...<10.0.0.1>..."},
                                      {"v1.2.3.4", "v<1.2.3.4>"},
                                      {"1.2.3.4.5", "1.2.3.4.5"},
                                      {"1.3.6.1.4.1.311", "1.3.6.1.4.1.311"},
                                      {"1.2.3", "1.2.3"},
                                      {"256.1.1.1", "256.1.1.1"},
                                      {"1.1.1.256", "1.1.1.256"},
                                      {"1234.1.1.1", "1234.1.1.1"},
                                      {"01.2.3.4", "01.2.3.4"},
                                      {"0.0.0.0", "<0.0.0.0>"},
                                      {"1..2.3.4", "1..2.3.4"},
                                      {"", ""},
                                      {".", "."},
                                  });
}

TEST(SecretKinds, Ipv6) {
  expect_marked(SecretKind::ipv6, {
                                      {"2001:db8::1", "<2001:db8::1>"},
                                      {"[2001:db8::1]:443", "[<2001:db8::1>]:443"},
                                      {"2001:0db8:0000:0000:0000:ff00:0042:8329", "<2001:0db8:0000:0000:0000:ff00:0042:8329>"},
                                      {"::1 and ::ffff:192.0.2.1.", "<::1> and <::ffff:192.0.2.1>."},
                                      {"fe80::1%eth0", "<fe80::1>%eth0"},
                                      {"addr:2001:db8::1, next", "addr:<2001:db8::1>, next"},
                                      {"2001:db8:0:0:0:0:0:1:443", "<2001:db8:0:0:0:0:0:1:443>"},
                                      {"feed:2001:db8:0:0:0:0:0:1", "<feed:2001:db8:0:0:0:0:0:1>"},
                                      {"2001:db8::1:", "<2001:db8::1>:"},
                                      {"2001:DB8::A/64", "<2001:DB8::A>/64"},
                                      {"12:34:56", "12:34:56"},
                                      {"2024-01-02T12:34:56.789Z", "2024-01-02T12:34:56.789Z"},
                                      {"00:11:22:33:44:55", "00:11:22:33:44:55"},
                                      {"std::begin", "std::begin"},
                                      {"x ::", "x ::"},
                                      {"a:b", "a:b"},
                                      {"1:2:3:4:5:6:7:8:9:a:b", "1:2:3:4:5:6:7:8:9:a:b"},
                                      {":", ":"},
                                  });
}

TEST(SecretKinds, Cards) {
  expect_marked(SecretKind::card, {
                                      {"4111111111111111", "<4111111111111111>"},
                                      {"4111 1111 1111 1111", "<4111 1111 1111 1111>"},
                                      {"card=4111-1111-1111-1111;", "card=<4111-1111-1111-1111>;"},
                                      {"378282246310005", "<378282246310005>"},
                                      {"3782 822463 10005", "<3782 822463 10005>"},
                                      {"5555555555554444 6011111111111117", "<5555555555554444> <6011111111111117>"},
                                      {"4222222222222", "<4222222222222>"},
                                      {"2223003122003222", "<2223003122003222>"},
                                      {"2024-01-02 4111 1111 1111 1111 ok", "2024-01-02 <4111 1111 1111 1111> ok"},
                                      {"id4111111111111111x", "id<4111111111111111>x"},
                                      {"4111111111111112", "4111111111111112"},
                                      {"411111111111", "411111111111"},
                                      {"41111111111111111111111", "41111111111111111111111"},
                                      {"1111111111111117", "1111111111111117"},
                                      {"0.4111111111111111", "0.4111111111111111"},
                                      {"4111  1111 1111 1111", "4111  1111 1111 1111"},
                                      {"1700000000000000000", "1700000000000000000"},
                                      {"", ""},
                                  });
}

TEST(SecretKinds, BearerTokens) {
  expect_marked(SecretKind::bearer,
                {
                    {"Bearer abc.DEF-123", "Bearer <abc.DEF-123>"},
                    {"authorization: bearer  tok/en+x==, next", "authorization: bearer  <tok/en+x==>, next"},
                    {"Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic <dXNlcjpwYXNz>"},
                    {"AUTHORIZATION=token123", "AUTHORIZATION=<token123>"},
                    {"{\"Authorization\": \"Splunk 11-22\"}", "{\"Authorization\": \"Splunk <11-22>\"}"},
                    {"?access=Bearer%20abc", "?access=Bearer%20<abc>"},
                    {"Authorization: AWS4-HMAC-SHA256 Credential=AKID/x/y, Signature=beef", "Authorization: AWS4-HMAC-SHA256 <Credential=AKID/x/y, Signature=beef>"},
                    {"Authorization: Digest username=\"joe\", nonce=\"x y\"", "Authorization: Digest <username=\"joe\", nonce=\"x y\">"},
                    {"{\"Authorization\":\"Basic abc=\",\"x\":\"y\"}", "{\"Authorization\":\"Basic <abc=>\",\"x\":\"y\"}"},
                    {"token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln ok", "token <eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln> ok"},
                    {"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "<eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.>"},
                    {"eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9"},
                    {"authorization failed", "authorization failed"},
                    {"Bearer", "Bearer"},
                    {"Bearer ", "Bearer "},
                    {"bearers", "bearers"},
                });
}

TEST(SecretKinds, StayInBoundsOnAnyBytes) {
  // Every short text over the bytes that the scanners care about.
  const std::string bytes = "@.%40:a-\"[]1 eB";
  std::string text;
  for (const SecretKind kind : {SecretKind::email, SecretKind::ipv4, SecretKind::ipv6, SecretKind::card, SecretKind::bearer}) {
    for (std::size_t n = 0; n < 50625; ++n) {
      text.clear();
      for (std::size_t rest = n, i = 0; i < 4; ++i, rest /= 15) text += bytes[rest % 15];
      std::vector<Span> hits;
      find(kind, text, hits);
      std::size_t at = 0;
      for (const Span& hit : hits) {
        ASSERT_LE(at, hit.begin) << text;
        ASSERT_LT(hit.begin, hit.end) << text;
        ASSERT_LE(hit.end, text.size()) << text;
        at = hit.end;
      }
    }
  }
}

}  // namespace
}  // namespace penstock
