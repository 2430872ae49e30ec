// Makes the benchmarks' data: the same seed, size and compiler give the same bytes.
//
//   generate edge  SIZE_MIB SEED > edge.ndjson   a CDN's access log: 39 fields and 4 nested, about 1.4 KB a line
//   generate nginx SIZE_MIB SEED > nginx.log     nginx's combined format, about 230 B a line
//   generate syslog SIZE_MIB SEED > syslog.log   RFC 5424, about 170 B a line
//
// Values are skewed as in real traffic (few hosts, paths and user agents make most lines), 6 % of the statuses are 5xx and
// 8 % 4xx, a fifth of the paths start with /api/, and a few lines in a hundred have JSON escapes or UTF-8.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

// splitmix64 (Steele, Lea, Flood 2014): small, and the same everywhere, which the distributions of <random> are not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return (next() >> 11) % n; }
  std::uint64_t bits(int count) { return next() >> (64 - count); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  template <typename T, std::size_t n>
  const T& of(const T (&items)[n]) { return items[below(n)]; }
  template <typename T>
  const T& of(const std::vector<T>& items) { return items[below(items.size())]; }

 private:
  std::uint64_t state_;
};

// Weighted choice: `weight` times as likely as an entry of weight 1.
struct Weighted {
  const char* text;
  int weight;
};

std::vector<const char*> spread(std::span<const Weighted> entries) {
  std::vector<const char*> out;
  for (const Weighted& entry : entries) out.insert(out.end(), entry.weight, entry.text);
  return out;
}

// The k-th item gets a share of about 1/k (Zipf's law).
std::vector<std::string> skewed(const std::vector<std::string>& items, int most) {
  std::vector<std::string> out;
  for (std::size_t rank = 1; rank <= items.size(); ++rank) {
    out.insert(out.end(), std::max<std::size_t>(1, most / rank), items[rank - 1]);
  }
  return out;
}

const char* const words[] = {"account", "archive", "basket", "billing", "catalog",  "checkout", "comment", "device",  "download", "event",
                             "export",  "feed",    "image",  "index",   "invoice",  "item",     "login",   "media",   "message",  "metric",
                             "order",   "page",    "photo",  "player",  "price",    "profile",  "report",  "search",  "session",  "settings",
                             "status",  "store",   "stream", "tag",     "ticket",   "token",    "track",   "upload",  "user",     "video"};
const char* const extensions[] = {".js", ".css", ".png", ".jpg", ".webp", ".svg", ".html", ".json", "", "", "", ""};
const char* const odd_paths[] = {"/caf\u00e9", "/\u6771\u4eac", "/a%20b", "/x\"y", "/tab\tz", "/\U0001F680"};
const char* const user_agents[] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:129.0) Gecko/20100101 Firefox/129.0",
    "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.6613.40 Mobile Safari/537.36",
    "Mozilla/5.0 (compatible; ExampleBot/3.1; +https://bot.example.org/about)",
    "curl/8.9.1",
    "okhttp/4.12.0",
    "python-requests/2.32.3",
    "Go-http-client/2.0",
    "Mozilla/5.0 (\"odd\\agent\"; caf\u00e9) Reader/1.0"};
const char* const countries[] = {"us", "de", "fr", "gb", "jp", "br", "in", "ca", "au", "nl", "es", "it", "pl", "se", "kr", "mx"};
const char* const colos[] = {"IAD", "FRA", "AMS", "LHR", "CDG", "NRT", "GRU", "BOM", "SYD", "ORD", "SJC", "SIN"};
const char* const devices[] = {"desktop", "mobile", "tablet", "bot"};
const char* const content_types[] = {"text/html", "application/json", "image/webp", "text/css", "application/javascript"};
const char* const ciphers[] = {"AEAD-AES128-GCM-SHA256", "AEAD-AES256-GCM-SHA384", "AEAD-CHACHA20-POLY1305-SHA256"};
const char* const accepts[] = {"*/*", "text/html,application/xhtml+xml", "image/avif,image/webp,*/*;q=0.8"};
const char* const languages[] = {"en-US,en;q=0.9", "de-DE,de;q=0.9,en;q=0.7", "fr-FR,fr;q=0.8", "ja,en-US;q=0.7", "*"};
const char* const levels[] = {"off", "low", "med", "high"};
const char* const operations[] = {"wl", "wl", "chl", "ban"};
const char* const protocols[] = {"HTTP/2", "HTTP/2", "HTTP/3", "HTTP/1.1"};
const Weighted methods[] = {{"GET", 80}, {"POST", 12}, {"HEAD", 3}, {"PUT", 3}, {"DELETE", 1}, {"OPTIONS", 1}};
const Weighted statuses[] = {{"200", 70}, {"304", 8}, {"301", 3}, {"302", 3}, {"204", 2}, {"404", 5}, {"403", 2}, {"429", 1}, {"500", 2}, {"502", 2}, {"503", 2}};
const Weighted cache_states[] = {{"hit", 60}, {"miss", 15}, {"dynamic", 15}, {"expired", 4}, {"revalidated", 3}, {"bypass", 3}};
const Weighted tls_versions[] = {{"TLSv1.3", 85}, {"TLSv1.2", 14}, {"none", 1}};

std::string format(const char* pattern, auto... arguments) {
  char buffer[256];
  const int size = std::snprintf(buffer, sizeof buffer, pattern, arguments...);
  return std::string(buffer, std::min<std::size_t>(size, sizeof buffer - 1));
}

std::string hex(Random& random, int digits) { return format("%0*" PRIx64, digits, digits < 16 ? random.bits(4 * digits) : random.next()); }

std::string ipv4(Random& random) {
  const auto bits = random.next();
  return format("%d.%d.%d.%d", int(bits >> 56) % 223 + 1, int(bits >> 48 & 255), int(bits >> 40 & 255), int(bits >> 32 & 255));
}

std::string ip(Random& random) {
  if (!random.one_in(7)) return ipv4(random);
  return format("2001:db8:%x:%x::%x", unsigned(random.bits(16)), unsigned(random.bits(16)), unsigned(random.bits(16)));
}

struct Pools {
  std::vector<std::string> hosts, paths, clients, agents;
};

Pools make_pools(Random& random) {
  static const char* const names[] = {"www", "api", "static", "cdn", "img", "shop", "app", "WWW", "Blog"};
  static const char* const domains[] = {"com", "net", "org"};
  Pools pools;
  for (int i = 0; i < 300; ++i) pools.hosts.push_back(format("%s.%s.example.%s", random.of(names), random.of(words), random.of(domains)));
  for (int i = 0; i < 6000; ++i) {
    std::string path;
    if (random.one_in(5)) {
      path = format("/api/v%d/%s/%s/%d", int(random.below(3)) + 1, random.of(words), random.of(words), int(random.below(99999)));
    } else {
      for (auto parts = random.below(4) + 1; parts > 0; --parts) path += std::string("/") + random.of(words);
      path += "-" + hex(random, 6) + random.of(extensions);
    }
    if (random.one_in(100)) path += random.of(odd_paths);
    pools.paths.push_back(path);
  }
  for (int i = 0; i < 20000; ++i) pools.clients.push_back(ip(random));
  pools.hosts = skewed(pools.hosts, 300);
  pools.paths = skewed(pools.paths, 400);
  pools.clients = skewed(pools.clients, 200);
  pools.agents = skewed({std::begin(user_agents), std::end(user_agents)}, 60);
  return pools;
}

std::string query(Random& random) {
  if (random.below(100) < 45) return {};
  std::string out;
  for (auto pairs = random.below(4) + 1; pairs > 0; --pairs) {
    out += out.empty() ? '?' : '&';
    out += random.of(words) + std::string("=") + hex(random, 4 + int(random.below(12)));
  }
  return out;
}

// Writes the members of one JSON object.
class ObjectText {
 public:
  explicit ObjectText(std::string& out) : out_(out) { out_ += '{'; }
  void number(const char* name, std::uint64_t value) { raw(name, std::to_string(value)); }
  void string(const char* name, std::string_view value) {
    key(name);
    out_ += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') (out_ += '\\') += c;
      else if (c == '\t') out_ += "\\t";
      else out_ += c;
    }
    out_ += '"';
  }
  void raw(const char* name, std::string_view value) { key(name) += value; }
  void end() { out_ += '}'; }

 private:
  std::string& key(const char* name) {
    if (out_.back() != '{') out_ += ',';
    return ((out_ += '"') += name) += "\":";
  }
  std::string& out_;
};

std::string iso_time(std::uint64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm t{};
  gmtime_r(&seconds, &t);
  return format("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, int(ms % 1000));
}

class EdgeLog {
 public:
  explicit EdgeLog(std::uint64_t seed) : random_(seed), pools_(make_pools(random_)) {}

  void line(std::string& out) {
    Random& r = random_;
    now_us_ += r.bits(11);
    const std::string_view cache = r.of(cache_), status = r.of(status_);
    const std::string& client = r.of(pools_.clients);
    const bool from_cache = cache == "hit" || cache == "revalidated";
    const auto bytes = r.bits(9 + 2 * int(r.below(6))), duration_ms = r.bits(10);
    ObjectText o(out);
    o.number("ClientASN", r.bits(16));
    o.string("ClientCountry", r.of(countries));
    o.string("ClientDeviceType", r.of(devices));
    o.string("ClientIP", client);
    o.number("ClientRequestBytes", 200 + r.bits(11));
    o.string("ClientRequestHost", r.of(pools_.hosts));
    o.string("ClientRequestMethod", r.of(method_));
    o.string("ClientRequestPath", r.of(pools_.paths));
    o.string("ClientRequestProtocol", r.of(protocols));
    o.string("ClientRequestQuery", query(r));
    o.string("ClientRequestReferer", r.one_in(2) ? "" : "https://" + r.of(pools_.hosts) + "/" + hex(r, 8));
    o.string("ClientRequestScheme", "https");
    o.string("ClientRequestUserAgent", r.of(pools_.agents));
    o.string("ClientSSLCipher", r.of(ciphers));
    o.string("ClientSSLProtocol", r.of(tls_));
    o.number("ClientSrcPort", 1024 + r.bits(15));
    o.number("ClientTCPRTTMs", r.bits(8));
    o.string("EdgeColoCode", r.of(colos));
    o.number("EdgeColoID", r.bits(9));
    o.string("EdgePathingOp", r.of(operations));
    o.number("EdgeResponseBytes", bytes);
    o.raw("EdgeResponseCompressionRatio", status == "200" ? format("%d.%02d", 1 + int(r.below(6)), int(r.below(100))) : "0");
    o.string("EdgeResponseContentType", r.of(content_types));
    o.raw("EdgeResponseStatusCode", status);
    o.string("EdgeServerIP", ipv4(r));
    o.string("EdgeStartTimestamp", iso_time(now_us_ / 1000));
    o.string("EdgeEndTimestamp", iso_time(now_us_ / 1000 + duration_ms));
    o.number("EdgeTimeToFirstByteMs", duration_ms);
    o.string("CacheStatus", cache);
    o.number("CacheResponseBytes", from_cache ? bytes : 0);
    o.string("OriginIP", from_cache ? "" : ipv4(r));
    o.raw("OriginResponseStatusCode", from_cache ? "0" : status);
    o.number("OriginResponseTimeMs", from_cache ? 0 : r.bits(11));
    o.string("ParentRayID", "00");
    o.string("RayID", hex(r, 16));
    std::string headers;
    ObjectText h(headers);
    h.string("accept", r.of(accepts));
    h.string("accept-language", r.of(languages));
    h.string("x-forwarded-for", client);
    h.string("x-request-id", hex(r, 16) + hex(r, 16));
    h.end();
    o.raw("RequestHeaders", headers);
    o.string("SecurityLevel", r.of(levels));
    o.raw("WorkerSubrequest", r.one_in(32) ? "true" : "false");
    o.number("ZoneID", 100000 + r.bits(6));
    o.end();
    out += '\n';
  }

 private:
  Random random_;
  Pools pools_;
  std::vector<const char*> method_ = spread(methods), status_ = spread(statuses), cache_ = spread(cache_states), tls_ = spread(tls_versions);
  std::uint64_t now_us_ = 1750000000ull * 1000000;
};

class NginxLog {
 public:
  explicit NginxLog(std::uint64_t seed) : random_(seed), pools_(make_pools(random_)) {
    for (std::string& path : pools_.paths) path = escaped(path);
    for (std::string& agent : pools_.agents) agent = escaped(agent);
  }

  void line(std::string& out) {
    Random& r = random_;
    if (r.one_in(16)) ++now_s_;
    const std::string referer = r.one_in(2) ? "-" : "https://" + r.of(pools_.hosts) + "/" + hex(r, 8);
    out += r.of(pools_.clients) + " - " + (r.one_in(16) ? r.of(words) : "-") + " [" + local_time() + "] \"";
    out += r.of(method_) + std::string(" ") + r.of(pools_.paths) + (r.one_in(2) ? query(r) : "") + (r.one_in(3) ? " HTTP/2.0\" " : " HTTP/1.1\" ");
    out += r.of(status_) + (" " + std::to_string(r.bits(16))) + " \"" + referer + "\" \"" + r.of(pools_.agents) + "\"\n";
  }

 private:
  // As nginx writes a variable (log_format escape=default): quotes, backslashes, control and non-ASCII bytes as \xHH.
  static std::string escaped(std::string_view text) {
    std::string out;
    for (const unsigned char c : text) {
      if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') out += format("\\x%02X", c);
      else out += static_cast<char>(c);
    }
    return out;
  }

  std::string local_time() const {
    std::tm t{};
    gmtime_r(&now_s_, &t);
    char buffer[64];
    return std::string(buffer, std::strftime(buffer, sizeof buffer, "%d/%b/%Y:%H:%M:%S +0000", &t));
  }

  Random random_;
  Pools pools_;
  std::vector<const char*> method_ = spread(methods), status_ = spread(statuses);
  std::time_t now_s_ = 1750000000;
};

// RFC 5424 lines, as a TCP sender frames them by newlines.
class SyslogLines {
 public:
  explicit SyslogLines(std::uint64_t seed) : random_(seed), pools_(make_pools(random_)) {}

  void line(std::string& out) {
    Random& r = random_;
    now_ms_ += r.below(8);
    const std::string where = "node-" + std::to_string(r.below(48)) + ".dc" + std::to_string(1 + r.below(4)) + ".example.net ";
    out += '<' + std::to_string(r.below(192)) + ">1 " + time() + ' ' + where + r.of(programs) + ' ' + std::to_string(r.bits(15));
    out += " ID" + std::to_string(r.below(256));
    if (r.one_in(3)) out += " [ctx@32473 env=\"prod\" trace=\"" + hex(r, 16) + "\" n=\"" + std::to_string(r.bits(9)) + "\"] ";
    else out += " - ";
    switch (r.below(3)) {
      case 0: out += "session opened for user " + std::string(r.of(words)) + " by " + ipv4(r); break;
      case 1: out += "GET " + r.of(pools_.paths) + " upstream " + ipv4(r) + " returned status " + std::to_string(r.bits(15)); break;
      default: out += "worker " + std::string(r.of(words)) + " drained, " + std::to_string(r.bits(12)) + " jobs left in queue";
    }
    out += " - " + hex(r, 12) + '\n';
  }

 private:
  static constexpr const char* programs[] = {"app-web", "sshd", "kernel", "postfix", "cron", "app-worker"};

  std::string time() const {
    std::tm t{};
    const std::time_t seconds = static_cast<std::time_t>(now_ms_ / 1000);
    gmtime_r(&seconds, &t);
    char buffer[64];
    return std::string(buffer, std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%S", &t)) + format(".%03dZ", static_cast<int>(now_ms_ % 1000));
  }

  Random random_;
  Pools pools_;
  std::uint64_t now_ms_ = 1750000000ull * 1000;
};

template <typename Log>
int generate(Log log, std::uint64_t bytes) {
  std::string out;
  for (std::uint64_t written = 0; written < bytes;) {
    out.clear();
    while (out.size() < (1u << 20) && written + out.size() < bytes) log.line(out);
    if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size()) return std::perror("generate"), 1;
    written += out.size();
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc == 4 ? argv[1] : "";
  const std::uint64_t bytes = argc == 4 ? std::strtoull(argv[2], nullptr, 10) << 20 : 0, seed = argc == 4 ? std::strtoull(argv[3], nullptr, 10) : 0;
  if (kind == "edge") return generate(EdgeLog(seed), bytes);
  if (kind == "nginx") return generate(NginxLog(seed), bytes);
  if (kind == "syslog") return generate(SyslogLines(seed), bytes);
  return std::fprintf(stderr, "usage: generate edge|nginx|syslog SIZE_MIB SEED\n"), 2;
}
