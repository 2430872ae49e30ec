// IP addresses and the networks they are in, for `in_cidr`. Authority: RFC 4291, RFC 4632.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/bytes.h"

namespace penstock::filter {

// An address. One of IPv4 and its IPv4-mapped IPv6 form (::ffff:192.0.2.1) are the same address.
struct Address {
  bool v4 = false;
  std::uint64_t high = 0;  // IPv6 only
  std::uint64_t low = 0;
  auto operator<=>(const Address&) const = default;

  // Dotted decimal of four parts without leading zeros, or IPv6 text without zone, brackets or port; nothing otherwise.
  static std::optional<Address> read(ByteView text);
};

// Addresses from..to, both included, of one family.
struct AddressRange {
  Address from;
  Address to;

  // `address` or `address/bits`. Bits set behind the prefix are ignored: 10.1.2.3/8 is 10.0.0.0/8. `problem` says what is
  // wrong when nothing comes back. An IPv4-mapped network (bits >= 96) is the IPv4 network.
  static std::optional<AddressRange> read(ByteView network, std::string& problem);
};

// A set of networks. ::/0 holds no IPv4 address and 0.0.0.0/0 no IPv6 one. Looks up in time logarithmic to its size.
class Networks {
 public:
  explicit Networks(std::vector<AddressRange> ranges);
  bool contain(const Address& address) const;
  // False for texts that are no address.
  bool contain(ByteView text) const;

 private:
  std::vector<AddressRange> ranges_;  // ascending, disjoint
};

}  // namespace penstock::filter
