#include "bindings/net/address.h"

#include <gtest/gtest.h>

namespace penstock::net {
namespace {

TEST(Address, ReadsWhatScriptsWrite) {
  const struct {
    const char* text;
    Address address;
  } cases[] = {
      {"127.0.0.1:514", {"127.0.0.1", 514, ""}}, {":514", {"127.0.0.1", 514, ""}},       {"[::1]:65535", {"::1", 65535, ""}},
      {"logs.example.com:0", {"logs.example.com", 0, ""}}, {"unix:/run/a:b.sock", {"", 0, "/run/a:b.sock"}},
  };
  for (const auto& c : cases) {
    const Result<Address> parsed = Address::parse(c.text);
    ASSERT_TRUE(parsed.ok()) << c.text;
    EXPECT_EQ(parsed.value(), c.address) << c.text;
    EXPECT_EQ(Address::parse(parsed.value().text()).value(), c.address) << "text() reads as it was written";
  }
}

TEST(Address, RefusesWhatIsNone) {
  for (const char* text : {"", "514", "host", "host:", "host:65536", "host:-1", "host:1x", "::1:514", "[::1]", "[host]:1", "a b:1", "http://host:1", "unix:"}) {
    const Result<Address> parsed = Address::parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.status().code(), Code::invalid);
    EXPECT_NE(parsed.status().text().find("host:port"), std::string::npos) << "says what is allowed";
  }
}

TEST(Address, NumericOnesNeedNoLookUp) {
  for (const char* text : {"127.0.0.1:514", "[::1]:514", "0.0.0.0:0", "unix:/tmp/x"}) EXPECT_EQ(numeric_address(Address::parse(text).value()).value().text(), text);
  EXPECT_EQ(numeric_address({"localhost", 7, ""}).value().text(), "127.0.0.1:7");
  EXPECT_EQ(numeric_address({"logs.example.com", 7, ""}).status().code(), Code::invalid);
}

TEST(Address, UnixPathsHaveTheKernelsBound) {
  EXPECT_TRUE(numeric_address({"", 0, std::string(107, 'x')}).ok());
  EXPECT_FALSE(numeric_address({"", 0, std::string(108, 'x')}).ok());
}

}  // namespace
}  // namespace penstock::net
