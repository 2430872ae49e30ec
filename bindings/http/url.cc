#include "bindings/http/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace penstock::http {

namespace {

struct HandleDeleter {
  void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
};

struct TextDeleter {
  void operator()(char* text) const { curl_free(text); }
};

class ParsedUrl {
 public:
  explicit ParsedUrl(const std::string& text) : handle_(curl_url()) { ok_ = handle_ && curl_url_set(handle_.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK; }
  bool ok() const { return ok_; }
  // Empty when there is none.
  std::string part(CURLUPart which) const {
    char* raw = nullptr;
    if (curl_url_get(handle_.get(), which, &raw, 0) != CURLUE_OK) return {};
    const std::unique_ptr<char, TextDeleter> text(raw);
    return text.get();
  }

 private:
  std::unique_ptr<CURLU, HandleDeleter> handle_;
  bool ok_ = false;
};

Status wrong(const std::string& what) { return Status(Code::invalid, what); }

bool is_letter(char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); }
bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

int hex_value(char byte) {
  if (is_digit(byte)) return byte - '0';
  const char lower = static_cast<char>(byte | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (!text.starts_with("http://") && !text.starts_with("https://")) return wrong("the url must start with http:// or https://");
  if (std::any_of(text.begin(), text.end(), [](unsigned char byte) { return byte <= ' ' || byte == 0x7f; }))
    return wrong("the url must not hold spaces or control characters (hint: a space is written %20)");
  const ParsedUrl parsed{std::string(text)};
  if (!parsed.ok()) return wrong("the url is malformed: https://HOST[:PORT]/PATH is expected");
  if (!parsed.part(CURLUPART_USER).empty() || !parsed.part(CURLUPART_PASSWORD).empty())
    return wrong("the url must not hold a user or password (hint: auth = { basic = { user = ..., password = p.secret \"env:NAME\" } })");
  if (!parsed.part(CURLUPART_FRAGMENT).empty()) return wrong("the url must not have a #fragment");
  const std::string port = parsed.part(CURLUPART_PORT);
  Url url{parsed.part(CURLUPART_SCHEME) + "://" + parsed.part(CURLUPART_HOST) + (port.empty() ? "" : ":" + port), parsed.part(CURLUPART_PATH),
          parsed.part(CURLUPART_QUERY)};
  if (url.path.empty()) url.path = "/";
  return url;
}

net::Address Url::address() const {
  const std::string authority = origin.substr(origin.find("://") + 3);
  const bool has_port = authority.find(':', authority.rfind(']') + 1) != std::string::npos;  // rfind: npos + 1 is 0
  // What curl takes for a host has the form of an address.
  return net::Address::parse(has_port ? authority : authority + (secure() ? ":443" : ":80")).value();
}

std::string Url::text(std::string_view more) const {
  std::string all = origin + path;
  if (!query.empty()) all += "?" + query;
  if (!more.empty()) {
    all += query.empty() ? '?' : '&';
    all += more;
  }
  return all;
}

std::string percent_encode(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char byte : text) {
    if (is_letter(byte) || is_digit(byte) || std::string_view("-._~").find(byte) != std::string_view::npos) {
      encoded += byte;
      continue;
    }
    encoded += '%';
    encoded += digits[static_cast<unsigned char>(byte) >> 4];
    encoded += digits[static_cast<unsigned char>(byte) & 0xf];
  }
  return encoded;
}

std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      decoded += text[i];
      continue;
    }
    decoded += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return decoded;
}

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char byte) { return is_letter(byte) || is_digit(byte) || marks.find(byte) != marks.npos; });
}

bool is_header_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char byte) { return (byte < ' ' && byte != '\t') || byte == 0x7f; });
}

}  // namespace penstock::http
