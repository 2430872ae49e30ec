#include "bindings/kafka/refused_records.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

namespace penstock::kafka {

namespace {

constexpr std::size_t reasons_max = 256;
constexpr std::size_t reason_bytes_max = 65'535;  // as a record has room for

// The entry as a record that only says why it is none.
void append_refused(Buffer& out, ByteView entry, ByteView why) {
  Record record;
  if (!parse_record(entry, record)) record.value = entry;
  RecordWriter(out).refuse(why);
  out.append(record.value);
}

}  // namespace

RefusedRecords::Hash RefusedRecords::hash_of(ByteView entry) {
  const XXH128_hash_t hash = XXH3_128bits(entry.data(), entry.size());
  return {hash.low64, hash.high64};
}

void RefusedRecords::add(ByteView entry, const std::string& why) {
  if (records_.size() >= records_max) clear();
  records_.insert_or_assign(hash_of(entry), Refused{number_of(why.substr(0, reason_bytes_max))});
}

void RefusedRecords::clear() {
  records_.clear();
  reasons_.clear();
}

std::uint32_t RefusedRecords::number_of(const std::string& why) {
  auto found = std::find(reasons_.begin(), reasons_.end(), why);
  if (found == reasons_.end()) {
    if (reasons_.size() >= reasons_max) return 0;
    found = reasons_.insert(reasons_.end(), why);
  }
  return static_cast<std::uint32_t>(found - reasons_.begin());
}

void RefusedRecords::mark(Package& package) {
  std::vector<const Refused*> refused(package.entry_bytes.size());
  std::size_t at = 0, found = 0;
  for (std::size_t i = 0; i < refused.size(); at += package.entry_bytes[i++]) {
    const auto known = records_.find(hash_of(package.body.view().substr(at, package.entry_bytes[i])));
    if (known == records_.end()) continue;
    known->second.marked = true;
    refused[i] = &known->second;
    ++found;
  }
  if (found == 0) return;
  Buffer body;
  at = 0;
  for (std::size_t i = 0; i < refused.size(); ++i) {
    const ByteView entry = package.body.view().substr(at, package.entry_bytes[i]);
    at += package.entry_bytes[i];
    const std::size_t before = body.size();
    refused[i] ? append_refused(body, entry, reasons_[refused[i]->reason]) : body.append(entry);
    package.entry_bytes[i] = static_cast<std::uint32_t>(body.size() - before);
  }
  package.body = std::move(body);
  package.plain_bytes = package.body.size();
}

void RefusedRecords::forget_marked() {
  std::erase_if(records_, [](const auto& row) { return row.second.marked; });
  if (records_.empty()) reasons_.clear();
}

}  // namespace penstock::kafka
