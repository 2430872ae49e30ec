#include "bindings/sink/http_answer.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "bindings/http/retry_after.h"

namespace penstock {

namespace {

constexpr std::size_t excerpt_bytes = 200;
constexpr std::size_t secret_bytes_min = 4;  // a shorter one would take pieces out of ordinary words

Outcome outcome_of(int status) {
  switch (status) {
    case 400: case 409: case 413: case 422: return Outcome::data;
    case 408: case 421: case 423: case 424: case 425: case 429: return Outcome::transient;
    default: break;
  }
  // An unknown refusal is for people to look at: nothing is lost meanwhile.
  if (status >= 300 && status < 500) return Outcome::configuration;
  return Outcome::transient;
}

// What to do about a refusal that somebody has to mend; empty: the answer has to say it.
std::string_view hint_for(int status) {
  if (status >= 300 && status < 400) return "redirects are not followed: set url to where it points";
  switch (status) {
    case 401: return "the receiver does not know who asks: check auth, headers and signed_url";
    case 403: return "the receiver does not allow it: check auth, and with signed_url its private_key, path and this machine's clock";
    case 404: case 405: case 410: return "nothing takes events there: check url and method";
    case 406: case 415: return "the receiver does not take bodies of this kind: check format, compression and headers";
    case 407: return "the proxy does not know who asks: check the variables that name it";
    default: return "";
  }
}

bool is_success_status(const HttpSuccess& rule, int status) {
  if (rule.statuses.empty()) return status >= 200 && status < 300;
  return std::find(rule.statuses.begin(), rule.statuses.end(), status) != rule.statuses.end();
}

// Text of what stands at the path; false when nothing does.
bool value_at(std::string_view body, const std::vector<std::string>& path, std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::element at;
  if (parser.parse(body.data(), body.size()).get(at) != simdjson::SUCCESS) return false;
  for (const std::string& name : path) {
    if (at[name].get(at) != simdjson::SUCCESS) return false;
  }
  std::string_view string;
  text = at.get_string().get(string) == simdjson::SUCCESS ? std::string(string) : simdjson::minify(at);
  return true;
}

void mask_all(std::string& text, std::string_view secret) {
  static constexpr std::string_view mask = "[secret]";
  for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += mask.size()) text.replace(at, secret.size(), mask);
}

void mask_auth_keys(std::string& text) {
  static constexpr std::string_view name = "auth_key=";
  for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos;) {
    at += name.size();
    std::size_t end = at;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '-')) ++end;
    text.replace(at, end - at, "[secret]");
  }
}

// Cuts at a whole UTF-8 character.
void cut(std::string& text, std::size_t size) {
  if (text.size() <= size) return;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  text.resize(size);
  text += "...";
}

std::string without_query(std::string_view location) {
  std::string shown(location.substr(0, location.find_first_of("?#")));
  const std::size_t authority = shown.find("//");
  const std::size_t user = shown.find('@');
  if (authority != std::string::npos && user != std::string::npos) shown.erase(authority + 2, user - authority - 1);
  return shown;
}

}  // namespace

std::string body_excerpt(std::string_view body, const std::vector<std::string>& secrets) {
  // Secrets are taken out before anything is cut.
  std::string text(body);
  for (const std::string& secret : secrets) {
    if (secret.size() >= secret_bytes_min) mask_all(text, secret);
  }
  mask_auth_keys(text);
  std::string line;
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    const bool blank = value <= ' ' || value == 0x7f;
    if (blank && (line.empty() || line.back() == ' ')) continue;
    line += blank ? ' ' : byte;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  cut(line, excerpt_bytes);
  return line.empty() ? line : "\"" + line + "\"";
}

Answer judge(const http::Reply& reply, const HttpDestination& destination, std::chrono::system_clock::time_point now) {
  if (reply.trouble != http::Trouble::none)
    return {reply.trouble == http::Trouble::setup ? Outcome::configuration : Outcome::transient, destination.shown + ": " + reply.text, {}};

  Answer answer{outcome_of(reply.status), fmt::format("HTTP {} from {}", reply.status, destination.shown), {}};
  if (is_success_status(destination.success, reply.status)) {
    std::string found;
    const bool there = destination.success.body_key.empty() || value_at(reply.body, destination.success.body_key, found);
    if (there && (destination.success.body_key.empty() || found == destination.success.body_value)) return {Outcome::delivered, {}, {}};
    // Sent again it would be answered as long, and be there twice each time.
    const bool cut_off = !there && reply.body_cut;
    answer.outcome = cut_off ? Outcome::configuration : Outcome::transient;
    answer.text += fmt::format(", whose body {} \"{}\"", there ? "does not say success in" : "has no", fmt::join(destination.success.body_key, "."));
    if (cut_off) answer.text += fmt::format(" in the {} bytes of it that are looked at", reply.body.size());
  }
  if (const std::string_view location = reply.header("location"); answer.outcome == Outcome::configuration && !location.empty())
    answer.text += " (it points to " + without_query(location) + ")";
  if (const std::string excerpt = body_excerpt(reply.body, destination.secrets); !excerpt.empty()) answer.text += ": " + excerpt;
  if (const std::string_view hint = hint_for(reply.status); answer.outcome == Outcome::configuration && !hint.empty()) answer.text += fmt::format(" (hint: {})", hint);
  if (answer.outcome == Outcome::transient) answer.retry_after = http::parse_retry_after(reply.header("retry-after"), now);
  return answer;
}

}  // namespace penstock
