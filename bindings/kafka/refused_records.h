// Records that a topic has refused in a transaction: when their transaction is read again, they are left out of it.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "bindings/kafka/record.h"
#include "runtime/delivery/package.h"

namespace penstock::kafka {

// One worker's. A record is known by its bytes (XXH3, 128 bits): the same ones would be refused again. Memory: some 64 bytes for each, for
// `records_max` of them; one more, and all are forgotten, to be refused once more.
class RefusedRecords {
 public:
  static constexpr std::size_t records_max = 100'000;

  // Brokers refused the entry of a package because of this.
  void add(ByteView entry, const std::string& why);
  bool empty() const { return records_.empty(); }
  void clear();

  // Gives every entry of the package that is known the reason why it cannot be a message (Record::refusal), so that it is not sent.
  void mark(Package& package);
  // What was marked has been dealt with, and need not be known any more.
  void forget_marked();

 private:
  struct Hash {
    std::uint64_t low, high;
    bool operator==(const Hash&) const = default;
  };
  struct HashOfHash {
    std::size_t operator()(const Hash& hash) const { return hash.low; }
  };
  struct Refused {
    std::uint32_t reason;  // in reasons_
    bool marked = false;
  };

  static Hash hash_of(ByteView entry);
  std::uint32_t number_of(const std::string& why);

  std::unordered_map<Hash, Refused, HashOfHash> records_;
  std::vector<std::string> reasons_;  // different ones
};

}  // namespace penstock::kafka
