#include "bindings/source/synthetic_log.h"

#include <ctime>
#include <iterator>

namespace penstock {

namespace {

constexpr std::uint64_t epoch_second = 1767225600;  // 2026-01-01T00:00:00Z
constexpr std::size_t line_bytes_max = 1024;

constexpr ByteView hosts[] = {"www.example.com", "api.example.com", "static.example.com", "shop.example.com", "Login.Example.com"};
constexpr ByteView methods[] = {"GET", "GET", "GET", "GET", "GET", "POST", "POST", "PUT", "HEAD", "DELETE", "OPTIONS"};
constexpr ByteView paths[] = {"/", "/index.html", "/health", "/api/v1/orders", "/cart", "/search?q=turbine",
                              "/assets/app.js", "/assets/site.css", "/login", "/images/dam.webp", "/healthz/live"};
constexpr int statuses[] = {200, 200, 200, 200, 200, 200, 200, 200,
                            204, 206, 301, 302, 304, 304, 400, 401, 403, 404, 404, 429, 500, 502, 503, 504};
constexpr ByteView agents[] = {
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) "
    "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0", "curl/8.8.0", "Go-http-client/2.0"};
constexpr ByteView programs[] = {"sshd", "cron", "kernel", "nginx", "postfix/smtpd"};
constexpr ByteView messages[] = {"Accepted publickey for deploy", "session opened for user root", "link is up, 1000 Mbps full duplex",
                                 "upstream timed out", "connect from unknown"};

// SplitMix64: a stream of good bits from any state, in a few instructions.
class Dice {
 public:
  explicit Dice(std::uint64_t state) : state_(state) {}
  std::uint64_t roll() {
    std::uint64_t bits = state_ += 0x9e3779b97f4a7c15u;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
    return bits ^ (bits >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return roll() % bound; }
  template <class List>
  const auto& pick(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::uint64_t state_;
};

// Writes into room that is known to suffice.
class Pen {
 public:
  explicit Pen(Buffer& out) : out_(out), at_(out.room(line_bytes_max)) {}
  ~Pen() { out_.set_size(static_cast<std::size_t>(at_ - out_.data())); }
  Pen(const Pen&) = delete;
  Pen& operator=(const Pen&) = delete;

  Pen& text(ByteView bytes) {
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
    return *this;
  }
  Pen& number(std::uint64_t value, int digits_min = 1) {
    char digits[20];
    int count = 0;
    for (; value != 0 || count < digits_min; value /= 10) digits[count++] = static_cast<char>('0' + value % 10);
    while (count > 0) *at_++ = digits[--count];
    return *this;
  }
  Pen& hex(std::uint64_t value) {
    for (int shift = 60; shift >= 0; shift -= 4) *at_++ = "0123456789abcdef"[value >> shift & 15];
    return *this;
  }
  // Of the blocks for documentation (RFC 5737).
  Pen& address(Dice& dice) {
    static constexpr ByteView blocks[] = {"192.0.2.", "198.51.100.", "203.0.113."};
    return text(dice.pick(blocks)).number(dice.below(254) + 1);
  }

 private:
  Buffer& out_;
  char* at_;
};

}  // namespace

void SyntheticLog::append(std::uint64_t number, Buffer& out) {
  switch (kind_) {
    case Kind::access: return append_access(number, out);
    case Kind::nginx: return append_nginx(number, out);
    case Kind::syslog: return append_syslog(number, out);
    case Kind::lines: break;
  }
  out.append(lines_[number % lines_.size()]);
  out.append('\n');
}

void SyntheticLog::append_access(std::uint64_t number, Buffer& out) {
  move_clock(number);
  Dice dice(seed_ * 0x2545f4914f6cdd1du + number);
  Pen pen(out);
  pen.text(R"({"EdgeStartTimestamp":")").text(iso_second_).text(".").number(number % 1000, 3);
  pen.text(R"(Z","ClientIP":")").address(dice);
  pen.text(R"(","ClientRequestHost":")").text(dice.pick(hosts));
  pen.text(R"(","ClientRequestMethod":")").text(dice.pick(methods));
  pen.text(R"(","ClientRequestPath":")").text(dice.pick(paths));
  pen.text(R"(","EdgeResponseStatusCode":)").number(static_cast<std::uint64_t>(dice.pick(statuses)));
  pen.text(R"(,"EdgeResponseBytes":)").number(dice.below(200'000));
  pen.text(R"(,"ClientRequestUserAgent":")").text(dice.pick(agents));
  pen.text(R"(","RayID":")").hex(dice.roll()).text("\"}\n");
}

void SyntheticLog::append_nginx(std::uint64_t number, Buffer& out) {
  move_clock(number);
  Dice dice(seed_ * 0x2545f4914f6cdd1du + number);
  Pen pen(out);
  pen.address(dice).text(" - - [").text(log_time_).text("] \"").text(dice.pick(methods)).text(" ").text(dice.pick(paths));
  pen.text(" HTTP/1.1\" ").number(static_cast<std::uint64_t>(dice.pick(statuses))).text(" ").number(dice.below(200'000));
  pen.text(" \"https://").text(dice.pick(hosts)).text("/\" \"").text(dice.pick(agents)).text("\"\n");
}

void SyntheticLog::append_syslog(std::uint64_t number, Buffer& out) {
  move_clock(number);
  Dice dice(seed_ * 0x2545f4914f6cdd1du + number);
  Pen pen(out);
  pen.text("<").number(dice.below(24) * 8 + dice.below(8)).text(">1 ").text(iso_second_).text(".").number(number % 1000, 3);
  pen.text("Z host-").number(dice.below(40), 2).text(" ").text(dice.pick(programs)).text(" ").number(dice.below(30'000) + 300);
  pen.text(" - - ").text(dice.pick(messages)).text("\n");
}

void SyntheticLog::move_clock(std::uint64_t number) {
  if (number / 1000 == second_) return;
  second_ = number / 1000;
  const std::time_t time = static_cast<std::time_t>(epoch_second + second_);
  std::tm utc;
  gmtime_r(&time, &utc);
  char text[40];
  iso_second_.assign(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc));
  log_time_.assign(text, std::strftime(text, sizeof text, "%d/%b/%Y:%H:%M:%S +0000", &utc));
}

}  // namespace penstock
