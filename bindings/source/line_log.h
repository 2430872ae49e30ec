// Lines that another program wrote, on their way into our log.
#pragma once
#include <chrono>
#include <string>

#include "runtime/base/bytes.h"

namespace penstock {

// Cuts bytes into lines and writes them under a name, a bounded number of bounded lines a second; what is left out is counted.
class LineLog {
 public:
  LineLog(std::string component, std::string name, int lines_max, std::size_t line_bytes_max);
  void add(ByteView bytes, std::chrono::milliseconds now);
  // The last line is whole; tells what was left out.
  void finish();

 private:
  void write_line();

  const std::string component_;
  const std::string name_;
  const int lines_max_;
  const std::size_t line_bytes_max_;
  std::string line_;
  std::chrono::milliseconds second_{0};
  int lines_ = 0;              // in that second
  std::uint64_t left_out_ = 0;
};

}  // namespace penstock
