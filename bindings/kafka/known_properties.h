// What librdkafka itself says of its configuration: the properties that its manual (CONFIGURATION.md) lists. It takes others too, for
// its own tests; some of those read a pointer from the text that they are given.
#pragma once
#include <span>
#include <string_view>

namespace penstock::kafka {

enum class Role : unsigned char { producer, consumer };

struct KnownProperty {
  std::string_view name;  // or an alias: each has an entry
  bool producers = true;  // it means something to them
  bool consumers = true;
  bool text = true;       // false: a function or a pointer, for programs alone
};

// All of them, of the librdkafka that is linked. Read once; stays for as long as the process does.
std::span<const KnownProperty> known_properties();

// Null: the manual has none of this name.
const KnownProperty* find_known_property(std::string_view name);

}  // namespace penstock::kafka
