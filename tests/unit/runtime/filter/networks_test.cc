#include "runtime/filter/networks.h"

#include <gtest/gtest.h>

namespace penstock::filter {
namespace {

Networks networks(std::initializer_list<const char*> texts) {
  std::vector<AddressRange> ranges;
  std::string problem;
  for (const char* text : texts) ranges.push_back(AddressRange::read(text, problem).value());
  return Networks(std::move(ranges));
}

struct Case {
  std::initializer_list<const char*> networks;
  const char* address;
  bool inside;
};

TEST(Networks, HoldTheirAddresses) {
  const Case cases[] = {
      {{"10.0.0.0/8"}, "10.0.0.0", true},
      {{"10.0.0.0/8"}, "10.255.255.255", true},
      {{"10.0.0.0/8"}, "11.0.0.0", false},
      {{"10.0.0.0/8"}, "9.255.255.255", false},
      {{"10.1.2.3/8"}, "10.9.9.9", true},
      {{"192.0.2.1"}, "192.0.2.1", true},
      {{"192.0.2.1"}, "192.0.2.2", false},
      {{"0.0.0.0/0"}, "255.255.255.255", true},
      {{"0.0.0.0/0"}, "::1", false},
      {{"::/0"}, "2001:db8::1", true},
      {{"::/0"}, "192.0.2.1", false},
      {{"10.0.0.0/8"}, "::ffff:10.1.1.1", true},
      {{"::ffff:10.0.0.0/104"}, "10.1.1.1", true},
      {{"::ffff:10.0.0.0/104"}, "11.1.1.1", false},
      {{"2001:db8::/32"}, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true},
      {{"2001:db8::/32"}, "2001:db9::", false},
      {{"2001:db8:0:0:8000::/65"}, "2001:db8::8000:0:0:1", true},
      {{"2001:db8:0:0:8000::/65"}, "2001:db8::7000:0:0:1", false},
      {{"2001:DB8::1/128"}, "2001:db8::1", true},
      {{"10.0.0.0/16", "10.0.0.0/8", "10.0.0.0/24"}, "10.200.0.1", true},
      {{"10.0.0.0/8", "10.1.0.0/16", "12.0.0.0/8", "192.168.0.0/16"}, "10.200.0.1", true},
      {{"10.0.0.0/8", "12.0.0.0/8", "192.168.0.0/16"}, "11.0.0.1", false},
      {{"10.0.0.0/8", "12.0.0.0/8", "192.168.0.0/16", "fe80::/10"}, "192.168.255.1", true},
  };
  for (const Case& c : cases) EXPECT_EQ(networks(c.networks).contain(std::string_view(c.address)), c.inside) << *c.networks.begin() << " " << c.address;
}

TEST(Networks, HoldNothingThatIsNoAddress) {
  const Networks all = networks({"0.0.0.0/0", "::/0"});
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "[::1]", "fe80::1%eth0", ":::",
                           "12345::", "localhost", "1..2.3", "::1/64", "0000:0000:0000:0000:0000:ffff:192.168.100.228000000000"}) {
    EXPECT_FALSE(all.contain(std::string_view(text))) << text;
  }
  EXPECT_FALSE(all.contain(std::string_view("::1\0", 4)));
}

TEST(AddressRange, NamesWhatIsWrong) {
  for (const char* text : {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/08", "::/129", "example.com", "10.0.0/8", "10.0.0.0/8/8"}) {
    std::string problem;
    EXPECT_FALSE(AddressRange::read(text, problem)) << text;
    EXPECT_NE(problem.find(std::string("'") + text + "'"), std::string::npos) << problem;
  }
}

}  // namespace
}  // namespace penstock::filter
