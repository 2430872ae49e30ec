#include "runtime/main/progress.h"

#include <fmt/format.h>

#include "runtime/base/units.h"

namespace penstock {

namespace {

double seconds(RunTime time) { return std::chrono::duration<double>(time).count(); }

std::string rate(std::uint64_t bytes, RunTime time) {
  const double s = seconds(time);
  return fmt::format("{:.1f} MB/s", s > 0 ? static_cast<double>(bytes) / s / 1e6 : 0.0);
}

}  // namespace

void ProgressDisplay::show(const Totals& totals, std::uint64_t bytes_in_all, RunTime time) {
  std::string line = fmt::format("{} events read, {} matched, {}", totals.read, totals.matched, rate(totals.bytes, time));
  if (bytes_in_all != 0) line += fmt::format(", {:.0f} %", 100.0 * static_cast<double>(totals.bytes) / static_cast<double>(bytes_in_all));
  fmt::print(stderr, "\r\033[K{}", line);
  std::fflush(stderr);
  shown_ = true;
}

void ProgressDisplay::clear() {
  if (!shown_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  shown_ = false;
}

std::string summary_line(const std::string& pipeline, const Totals& totals, RunTime time) {
  std::string line = fmt::format("{}: {} events read, {} matched, {} delivered, {} filtered, {} sampled out, {} dead-lettered", pipeline,
                                 totals.read, totals.matched, totals.delivered, totals.filtered, totals.sampled_out, totals.dead_lettered);
  const auto rare = [&line](std::uint64_t count, const char* name) {
    if (count != 0) line += fmt::format(", {} {}", count, name);
  };
  rare(totals.born, "born in Lua");
  rare(totals.recovered, "found in the spool");
  rare(totals.spooled, "waiting in the spool");
  rare(totals.dropped, "dropped");
  rare(totals.rewound, "read again");
  rare(totals.undelivered, "undelivered");
  rare(totals.bytes_lost, "bytes lost unread");
  rare(totals.troubles, totals.troubles == 1 ? "other trouble" : "other troubles");
  return line + fmt::format("; {} in {:.2f} s, {}", human_bytes(totals.bytes), seconds(time), rate(totals.bytes, time));
}

}  // namespace penstock
