// Names of the files in a spool, as SPOOL_FORMAT.md describes them.
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock {

// A package's place in its sink's order. Unique in a spool's directory.
struct SpoolKey {
  std::uint64_t time_ms = 0;    // since 1970, when it was queued; never goes back for one worker
  std::uint32_t sequence = 0;   // counted by the process
  std::uint32_t part = 0;       // of a package that was halved before it was stored; they ascend in its order
  std::uint16_t worker = 0;     // who stored it
  auto operator<=>(const SpoolKey&) const = default;
};

// A package file as its name tells it.
struct SpoolName {
  SpoolKey key;
  std::uint32_t events = 0;
};

inline constexpr std::string_view spool_package_ending = ".package";
inline constexpr std::string_view spool_temporary_ending = ".tmp";    // behind the package's name: was not finished
inline constexpr std::string_view spool_damaged_ending = ".damaged";  // behind the package's name: was set aside

std::string to_file_name(const SpoolName& name);
// Nothing when it is not the name of a package's file.
std::optional<SpoolName> spool_name_of(std::string_view file_name);

}  // namespace penstock
