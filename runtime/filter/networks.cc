#include "runtime/filter/networks.h"

#include <arpa/inet.h>

#include <algorithm>

namespace penstock::filter {
namespace {

// Texts longer than this are no addresses; ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255 is the longest.
constexpr std::size_t address_bytes_max = 45;

std::optional<Address> read_v4(ByteView text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::uint64_t bits = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (at == end || *at++ != '.')) return std::nullopt;
    const char* const begin = at;
    unsigned value = 0;
    while (at != end && *at >= '0' && *at <= '9' && at - begin < 3) value = value * 10 + static_cast<unsigned>(*at++ - '0');
    if (at == begin || value > 255 || (*begin == '0' && at - begin > 1)) return std::nullopt;
    bits = bits << 8 | value;
  }
  if (at != end) return std::nullopt;
  return Address{true, 0, bits};
}

std::uint64_t big_endian(const unsigned char* bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | bytes[i];
  return value;
}

constexpr std::uint64_t mapped_prefix = 0xffff'0000'0000;

std::optional<Address> read_v6(ByteView text) {
  // inet_pton wants a terminated text; an embedded NUL would end it early.
  char terminated[address_bytes_max + 1];
  if (text.size() > address_bytes_max || text.find('\0') != ByteView::npos) return std::nullopt;
  text.copy(terminated, text.size());
  terminated[text.size()] = '\0';
  unsigned char bytes[16];
  if (inet_pton(AF_INET6, terminated, bytes) != 1) return std::nullopt;
  const Address address{false, big_endian(bytes), big_endian(bytes + 8)};
  if (address.high == 0 && address.low >> 32 == mapped_prefix >> 32) return Address{true, 0, address.low & 0xffff'ffff};
  return address;
}

// The low `bits` bits set.
std::uint64_t ones(int bits) { return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1; }

std::optional<int> read_bits(ByteView text) {
  if (text.empty() || text.size() > 3 || (text[0] == '0' && text.size() > 1)) return std::nullopt;
  int bits = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    bits = bits * 10 + (c - '0');
  }
  return bits;
}

AddressRange range_of(const Address& address, int host_bits) {
  const std::uint64_t low = ones(std::min(host_bits, 64));
  const std::uint64_t high = host_bits > 64 ? ones(host_bits - 64) : 0;
  return {{address.v4, address.high & ~high, address.low & ~low}, {address.v4, address.high | high, address.low | low}};
}

}  // namespace

std::optional<Address> Address::read(ByteView text) {
  // Every IPv6 text has a colon among its first five bytes; no IPv4 text has one.
  const bool v6 = text.substr(0, 5).find(':') != ByteView::npos;
  return v6 ? read_v6(text) : read_v4(text);
}

std::optional<AddressRange> AddressRange::read(ByteView network, std::string& problem) {
  const std::size_t slash = network.find('/');
  const ByteView address_text = network.substr(0, slash);
  const std::optional<Address> address = Address::read(address_text);
  if (!address) {
    problem = "'" + std::string(network) + "' is no IP address or network such as '10.0.0.0/8' or '2001:db8::/32'";
    return std::nullopt;
  }
  // A mapped address is written with the bits of IPv6.
  const bool written_v6 = address_text.find(':') != ByteView::npos;
  const int width = written_v6 ? 128 : 32;
  int bits = width;
  if (slash != ByteView::npos) {
    const std::optional<int> given = read_bits(network.substr(slash + 1));
    if (!given || *given > width) {
      problem = "'" + std::string(network) + "' must have 0 to " + std::to_string(width) + " bits after the slash";
      return std::nullopt;
    }
    bits = *given;
  }
  if (address->v4 && written_v6 && bits < 96) return range_of({false, 0, mapped_prefix | address->low}, width - bits);
  return range_of(*address, width - bits);
}

Networks::Networks(std::vector<AddressRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const AddressRange& a, const AddressRange& b) { return a.from < b.from; });
  for (const AddressRange& range : ranges) {
    if (ranges_.empty() || ranges_.back().to < range.from)
      ranges_.push_back(range);
    else
      ranges_.back().to = std::max(ranges_.back().to, range.to);
  }
}

bool Networks::contain(const Address& address) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                      [](const Address& a, const AddressRange& range) { return a < range.from; });
  return after != ranges_.begin() && address <= std::prev(after)->to;
}

bool Networks::contain(ByteView text) const {
  const std::optional<Address> address = Address::read(text);
  return address && contain(*address);
}

}  // namespace penstock::filter
