#include "runtime/delivery/spool_file.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cassert>

#include "runtime/delivery/halves.h"

namespace penstock {

namespace {

constexpr ByteView magic = "PSSPOOL";
constexpr char version = 1;
constexpr std::size_t fixed_bytes = spool_fixed_bytes;
constexpr std::size_t checksum_bytes = 8;
constexpr std::int64_t made_ms_max = 9'000'000'000'000;  // the year 2255: what the clock's nanoseconds hold

template <class Number>
void append_number(Buffer& out, Number number) {
  char* to = out.room(sizeof number);
  for (std::size_t i = 0; i < sizeof number; ++i) to[i] = static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i));
  out.add_size(sizeof number);
}

template <class Number>
Number number_at(ByteView bytes, std::size_t at) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) number |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return static_cast<Number>(number);
}

std::uint64_t checksum(ByteView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

unsigned digit_value(char digit) { return static_cast<unsigned>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10); }

void append_id(Buffer& out, const std::string& id) {
  assert(id.size() == 32);
  for (std::size_t i = 0; i < id.size(); i += 2) out.append(static_cast<char>(digit_value(id[i]) << 4 | digit_value(id[i + 1])));
}

std::string id_text(ByteView bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::uint64_t head_bytes(const Package& package) {
  return fixed_bytes + package.form.compression.size() + package.form.content_type.size() + 4 * package.entry_bytes.size() + checksum_bytes;
}

Status corrupt(const std::string& what) { return Status(Code::corrupt, what); }

Status check_start(ByteView start, std::uint64_t file_bytes) {
  if (start.size() < fixed_bytes || file_bytes < fixed_bytes + checksum_bytes)
    return corrupt(fmt::format("it ends after {} bytes, inside its head", std::min<std::uint64_t>(start.size(), file_bytes)));
  if (start.substr(0, magic.size()) != magic) return corrupt("it does not begin as a package does");
  if (start[magic.size()] != version)
    return Status(Code::unsupported, fmt::format("its format has version {}, this penstock knows {}", static_cast<int>(start[magic.size()]), static_cast<int>(version)));
  return {};
}

// Everything but the body; the sizes are those of the file.
Result<Package> parse_head(ByteView file, std::uint64_t& body_bytes) {
  if (Status status = check_start(file, file.size()); !status.ok()) return status;
  const auto head = number_at<std::uint32_t>(file, 8);
  const auto events = number_at<std::uint32_t>(file, 12);
  const auto compression_size = static_cast<unsigned char>(file[69]);
  const auto type_size = number_at<std::uint16_t>(file, 70);
  if (head != fixed_bytes + compression_size + type_size + 4 * std::uint64_t{events} + checksum_bytes || head > file.size())
    return corrupt("the size of its head does not hold");
  if (checksum(file.substr(0, head - checksum_bytes)) != number_at<std::uint64_t>(file, head - checksum_bytes)) return corrupt("the checksum of its head does not hold");
  Package package;
  package.id = id_text(file.substr(16, 16));
  const auto made_ms = number_at<std::int64_t>(file, 32);
  if (made_ms < 0 || made_ms > made_ms_max) return corrupt("the time at which it was made is none");
  package.made = std::chrono::system_clock::time_point(std::chrono::milliseconds(made_ms));
  package.plain_bytes = number_at<std::uint64_t>(file, 40);
  body_bytes = number_at<std::uint64_t>(file, 48);
  package.form.prefix_bytes = number_at<std::uint32_t>(file, 56);
  package.form.suffix_bytes = number_at<std::uint32_t>(file, 60);
  package.form.separator_bytes = number_at<std::uint32_t>(file, 64);
  package.form.separator_ends = (file[68] & 1) != 0;
  package.form.compression = file.substr(fixed_bytes, compression_size);
  package.form.content_type = file.substr(fixed_bytes + compression_size, type_size);
  package.entry_bytes.reserve(events);
  const std::size_t sizes = fixed_bytes + compression_size + type_size;
  for (std::size_t i = 0; i < events; ++i) package.entry_bytes.push_back(number_at<std::uint32_t>(file, sizes + 4 * i));
  if (events == 0 || !sizes_agree(package) || package.plain_bytes > spool_body_bytes_max) return corrupt("the sizes of its entries do not hold");
  return package;
}

}  // namespace

void append_spool_head(const Package& package, Buffer& out) {
  const std::size_t start = out.size();
  out.append(magic);
  out.append(version);
  append_number(out, static_cast<std::uint32_t>(head_bytes(package)));
  append_number(out, package.events());
  append_id(out, package.id);
  append_number(out, std::int64_t{std::chrono::duration_cast<std::chrono::milliseconds>(package.made.time_since_epoch()).count()});
  append_number(out, package.plain_bytes);
  append_number(out, std::uint64_t{package.body.size()});
  append_number(out, package.form.prefix_bytes);
  append_number(out, package.form.suffix_bytes);
  append_number(out, package.form.separator_bytes);
  out.append(static_cast<char>(package.form.separator_ends ? 1 : 0));
  out.append(static_cast<char>(package.form.compression.size()));
  append_number(out, static_cast<std::uint16_t>(package.form.content_type.size()));
  out.append(package.form.compression);
  out.append(package.form.content_type);
  for (const std::uint32_t bytes : package.entry_bytes) append_number(out, bytes);
  append_number(out, checksum(out.view().substr(start)));
}

std::array<char, 8> spool_tail(ByteView body) {
  std::array<char, 8> tail{};
  const std::uint64_t sum = checksum(body);
  for (std::size_t i = 0; i < tail.size(); ++i) tail[i] = static_cast<char>(sum >> (8 * i));
  return tail;
}

std::uint64_t spool_file_bytes(const Package& package) { return head_bytes(package) + package.body.size() + checksum_bytes; }

Status check_spool_sizes(ByteView start, std::uint64_t file_bytes) {
  if (Status status = check_start(start, file_bytes); !status.ok()) return status;
  const auto head = number_at<std::uint32_t>(start, 8);
  const auto body = number_at<std::uint64_t>(start, 48);
  if (body > spool_body_bytes_max || head + body + checksum_bytes != file_bytes)
    return corrupt(fmt::format("it has {} bytes, its head does not tell so", file_bytes));
  return {};
}

Result<Package> parse_spool_file(ByteView file) {
  std::uint64_t body_bytes = 0;
  Result<Package> package = parse_head(file, body_bytes);
  if (!package.ok()) return package;
  const std::uint64_t head = head_bytes(*package);
  if (body_bytes > file.size() || head + body_bytes + checksum_bytes != file.size())
    return corrupt(fmt::format("it has {} bytes, its head tells {}", file.size(), head + body_bytes + checksum_bytes));
  const ByteView body = file.substr(head, body_bytes);
  if (checksum(body) != number_at<std::uint64_t>(file, head + body_bytes)) return corrupt("the checksum of its body does not hold");
  package->body = Buffer(body.size());
  package->body.append(body);
  return package;
}

}  // namespace penstock
