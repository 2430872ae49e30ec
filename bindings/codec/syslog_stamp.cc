#include <ctime>

#include <fmt/format.h>

#include "bindings/codec/syslog.h"

namespace penstock {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// Reads forward through a text, token by token; a step that does not fit leaves it where it was.
class Reader {
 public:
  explicit Reader(ByteView text) : text_(text) {}
  std::size_t at() const { return at_; }
  bool ends_at(std::size_t ahead) const { return at_ + ahead == text_.size(); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  // From `least` to `most` digits, no further digit behind them.
  bool number(std::size_t least, std::size_t most, int& out) {
    std::size_t size = 0;
    int value = 0;
    while (size <= most && is_digit(peek(size))) value = value * 10 + (peek(size++) - '0');
    if (size < least || size > most) return false;
    out = value;
    at_ += size;
    return true;
  }
  ByteView digits() {
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  // 1 to 12, for an English month's first three letters.
  int month() {
    static constexpr char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (text_.size() - at_ < 3) return 0;
    for (int m = 0; m < 12; ++m) {
      bool same = true;
      for (int i = 0; i < 3; ++i) same = same && (peek(static_cast<std::size_t>(i)) | 0x20) == names[m * 3 + i];
      if (!same) continue;
      at_ += 3;
      return m + 1;
    }
    return 0;
  }
  void rewind(std::size_t at) { at_ = at; }
  ByteView from(std::size_t begin) const { return text_.substr(begin, at_ - begin); }

 private:
  ByteView text_;
  std::size_t at_ = 0;
};

bool read_clock(Reader& in, SyslogStamp& stamp) {
  if (!in.number(1, 2, stamp.hour) || !in.take(':') || !in.number(2, 2, stamp.minute) || !in.take(':') || !in.number(2, 2, stamp.second))
    return false;
  if (stamp.hour > 23 || stamp.minute > 59 || stamp.second > 60) return false;
  const std::size_t dot = in.at();
  if (in.take('.') || in.take(',')) {
    stamp.fraction = in.digits();
    if (stamp.fraction.empty()) in.rewind(dot);
  }
  return true;
}

// ` 2024` behind the time: with a space, or a colon and a space, behind it, so that no IPv6 host is taken for a year.
void read_late_year(Reader& in, SyslogStamp& stamp) {
  const std::size_t begin = in.at();
  int year = 0;
  const auto ends = [&](std::size_t ahead) { return in.peek(ahead) == ' ' || in.ends_at(ahead); };
  if (stamp.year == 0 && in.take(' ') && in.number(4, 4, year) && year >= 1970 && (ends(0) || (in.peek() == ':' && ends(1))))
    stamp.year = year;
  else
    in.rewind(begin);
}

// ` UTC:` as Cisco writes it: capitals with a colon behind, so that no hostname or tag is taken for a zone.
void read_zone(Reader& in, SyslogStamp& stamp) {
  const std::size_t begin = in.at();
  if (in.take(' ')) {
    const std::size_t word = in.at();
    while (is_upper(in.peek())) in.take(in.peek());
    const std::size_t size = in.at() - word;
    if (size >= 1 && size <= 5 && in.peek() == ':') {
      stamp.zone = in.from(word);
      return;
    }
  }
  in.rewind(begin);
}

bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

// Days since 1970-01-01 of a date of the Gregorian calendar.
std::int64_t days_from_civil(int year, int month, int day) {
  const int shifted = month <= 2 ? year - 1 : year;
  const int era = shifted / 400;
  const int year_of_era = shifted - era * 400;
  const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::int64_t{era} * 146097 + day_of_era - 719468;
}

std::int64_t seconds_utc(const SyslogStamp& stamp, int year) {
  return days_from_civil(year, stamp.month, stamp.day) * 86400 + stamp.hour * 3600 + stamp.minute * 60 + stamp.second;
}

int year_of(std::int64_t time) {
  const std::time_t t = static_cast<std::time_t>(time);
  std::tm parts{};
  gmtime_r(&t, &parts);
  return parts.tm_year + 1900;
}

int guess_year(const SyslogStamp& stamp, std::int64_t now) {
  constexpr std::int64_t day = 86400;
  // The zone is left out of this: a day's tolerance is wider than any zone.
  int year = year_of(now + day);
  const bool leap_day = stamp.month == 2 && stamp.day == 29;
  while (seconds_utc(stamp, year) > now + day || (leap_day && !is_leap(year))) --year;
  return year;
}

int local_offset_minutes(const SyslogStamp& stamp, int year) {
  std::tm parts{};
  parts.tm_year = year - 1900;
  parts.tm_mon = stamp.month - 1;
  parts.tm_mday = stamp.day;
  parts.tm_hour = stamp.hour;
  parts.tm_min = stamp.minute;
  parts.tm_sec = stamp.second;
  parts.tm_isdst = -1;
  const std::time_t time = std::mktime(&parts);
  if (time == static_cast<std::time_t>(-1)) return 0;
  localtime_r(&time, &parts);
  return static_cast<int>(parts.tm_gmtoff / 60);
}

}  // namespace

std::optional<SyslogStamp> read_syslog_stamp(ByteView text, std::size_t& size) {
  Reader in(text);
  SyslogStamp stamp;
  stamp.month = in.month();
  if (stamp.month == 0 || !in.take(' ')) return std::nullopt;
  in.take(' ');  // the day is padded with a space
  if (!in.number(1, 2, stamp.day) || stamp.day < 1 || stamp.day > 31 || !in.take(' ')) return std::nullopt;
  if (is_digit(in.peek(2)) && is_digit(in.peek(3)) && (!in.number(4, 4, stamp.year) || !in.take(' '))) return std::nullopt;
  if (!read_clock(in, stamp)) return std::nullopt;
  read_late_year(in, stamp);
  read_zone(in, stamp);
  size = in.at();
  return stamp;
}

std::string to_rfc3339(const SyslogStamp& stamp, const SyslogZone& zone, std::int64_t now) {
  const int year = stamp.year != 0 ? stamp.year : guess_year(stamp, now);
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", year, stamp.month, stamp.day, stamp.hour, stamp.minute, stamp.second);
  if (!stamp.fraction.empty()) out.append(".").append(stamp.fraction.substr(0, 6));
  int offset = zone.local ? local_offset_minutes(stamp, year) : zone.offset_minutes;
  if (stamp.zone == "UTC" || stamp.zone == "GMT" || stamp.zone == "Z") offset = 0;
  if (offset == 0) return out + "Z";
  const int distance = offset < 0 ? -offset : offset;
  return out + fmt::format("{}{:02}:{:02}", offset < 0 ? '-' : '+', distance / 60, distance % 60);
}

}  // namespace penstock
