// The reader of spool files: whatever the bytes, it ends, stays in bounds, and what it takes it writes again as it was. A file's
// checksums keep damage from the code behind them, so that the input is also tried with right ones.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "runtime/delivery/halves.h"
#include "runtime/delivery/spool_file.h"
#include "runtime/delivery/spool_name.h"

#include <xxhash.h>

namespace {

using penstock::ByteView;

std::string written(const penstock::Package& package) {
  penstock::Buffer head;
  penstock::append_spool_head(package, head);
  const auto tail = penstock::spool_tail(package.body.view());
  return std::string(head.view()) + std::string(package.body.view()) + std::string(tail.data(), tail.size());
}

void put_checksum(std::string& file, std::size_t from, std::size_t to) {
  const std::uint64_t sum = XXH3_64bits(file.data() + from, to - from);
  for (std::size_t i = 0; i < 8; ++i) file[to + i] = static_cast<char>(sum >> (8 * i));
}

// With the checksums where the head says that they are.
std::string mended(std::string file) {
  if (file.size() < 88) return file;
  std::uint32_t head = 0;
  for (std::size_t i = 0; i < 4; ++i) head |= static_cast<std::uint32_t>(static_cast<unsigned char>(file[8 + i])) << (8 * i);
  if (head < 80 || head > file.size() - 8) return file;
  put_checksum(file, 0, head - 8);
  put_checksum(file, head, file.size() - 8);
  return file;
}

void check(const std::string& file) {
  const penstock::Result<penstock::Package> package = penstock::parse_spool_file(file);
  if (!package.ok()) return;
  if (!penstock::sizes_agree(package.value()) || package.value().events() == 0) std::abort();
  const penstock::Result<penstock::Package> again = penstock::parse_spool_file(written(package.value()));
  if (!again.ok() || again.value().body.view() != package.value().body.view() || again.value().entry_bytes != package.value().entry_bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string file(reinterpret_cast<const char*>(data), size);
  check(file);
  check(mended(file));
  if (const auto name = penstock::spool_name_of(file); name && penstock::spool_name_of(penstock::to_file_name(*name))->key != name->key) std::abort();
  return 0;
}
