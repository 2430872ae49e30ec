#include "bindings/source/line_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/base/log.h"

namespace penstock {

LineLog::LineLog(std::string component, std::string name, int lines_max, std::size_t line_bytes_max)
    : component_(std::move(component)), name_(std::move(name)), lines_max_(lines_max), line_bytes_max_(line_bytes_max) {}

void LineLog::add(ByteView bytes, std::chrono::milliseconds now) {
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    lines_ = 0;
  }
  for (std::size_t end; (end = bytes.find('\n')) != ByteView::npos; bytes.remove_prefix(end + 1)) {
    line_.append(bytes.substr(0, std::min(end, line_bytes_max_ - line_.size())));
    write_line();
  }
  line_.append(bytes.substr(0, line_bytes_max_ - line_.size()));
}

void LineLog::write_line() {
  if (lines_ < lines_max_) {
    if (left_out_ != 0) log::warn(component_, fmt::format("{}: ({} lines are left out)", name_, std::exchange(left_out_, 0)));
    log::warn(component_, name_ + ": " + line_);
    ++lines_;
  } else {
    ++left_out_;
  }
  line_.clear();
}

void LineLog::finish() {
  if (!line_.empty()) write_line();
  if (left_out_ != 0) log::warn(component_, fmt::format("{}: ({} lines are left out)", name_, std::exchange(left_out_, 0)));
}

}  // namespace penstock
