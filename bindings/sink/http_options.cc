#include "bindings/sink/http_options.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>

#include "bindings/compress/compressor.h"
#include "bindings/sign/signed_url.h"

namespace penstock {

namespace {

Status wrong(const std::string& text) { return Status(Code::invalid, text); }

// A string or a secret; the texts of secrets are noted, so that no message repeats them.
std::string revealed(const Value& value, std::vector<std::string>& secrets) {
  if (!value.is_secret()) return value.is_string() ? value.string() : std::string();
  secrets.push_back(value.secret().reveal());
  return secrets.back();
}

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
  return text;
}

// Headers that say how the body is sent: the sink's own.
bool is_reserved(const std::string& lower_case_name) {
  static constexpr std::string_view names[] = {"content-length", "content-encoding", "transfer-encoding", "expect", "connection", "x-penstock-batch"};
  return std::find(std::begin(names), std::end(names), lower_case_name) != std::end(names);
}

Status read_headers(const Value& headers, HttpSinkOptions& into) {
  if (!headers.is_map()) return {};
  for (const auto& [name, value] : headers.map()) {
    if (!http::is_token(name)) return wrong("option 'headers': \"" + name + "\" is no name of a header: letters, digits and - are expected");
    if (is_reserved(lower(name))) return wrong("option 'headers': " + name + " is set by the sink itself");
    if (!value.is_string() && !value.is_secret()) return wrong("option 'headers': the value of " + name + " must be a string or a secret");
    const std::string text = revealed(value, into.destination.secrets);
    if (!http::is_header_value(text)) return wrong("option 'headers': the value of " + name + " must not hold line ends or other control characters");
    into.own_content_type |= lower(name) == "content-type";
    into.own_user_agent |= lower(name) == "user-agent";
    // curl sends a header without a value only when it is written with a semicolon.
    into.headers.push_back(text.empty() ? name + ";" : name + ": " + text);
  }
  return {};
}

Status read_parameters(const Value& parameters, HttpSinkOptions& into) {
  if (!parameters.is_map()) return {};
  for (const auto& [name, value] : parameters.map()) {
    if (!value.is_string() && !value.is_secret()) return wrong("option 'params': the value of " + name + " must be a string or a secret");
    const std::string encoded = http::percent_encode(revealed(value, into.destination.secrets));
    if (value.is_secret()) into.destination.secrets.push_back(encoded);
    into.parameters += (into.parameters.empty() ? "" : "&") + http::percent_encode(name) + "=" + encoded;
  }
  return {};
}

bool has_header(const HttpSinkOptions& options, std::string_view lower_case_name) {
  return std::any_of(options.headers.begin(), options.headers.end(), [&](const std::string& line) { return lower(line.substr(0, line.find_first_of(":;"))) == lower_case_name; });
}

Status read_auth(const Value& options, HttpSinkOptions& into) {
  const Value& bearer = options["auth_bearer"];
  const Value& user = options["auth_user"];
  if (bearer.is_nil() && user.is_nil()) return {};
  if (!bearer.is_nil() && !user.is_nil()) return wrong("option 'auth' is bearer or basic, not both");
  if (has_header(into, "authorization")) return wrong("options 'auth' and 'headers' both set Authorization");
  std::string line = "Authorization: ";
  if (!bearer.is_nil()) {
    line += "Bearer " + revealed(bearer, into.destination.secrets);
  } else {
    const std::string name = revealed(user, into.destination.secrets);
    if (name.find(':') != std::string::npos) return wrong("option 'auth.basic.user' must not hold a colon");
    const std::string encoded = base64(name + ":" + revealed(options["auth_password"], into.destination.secrets));
    into.destination.secrets.push_back(encoded);
    line += "Basic " + encoded;
  }
  if (!http::is_header_value(line)) return wrong("option 'auth' must not hold line ends or other control characters");
  into.headers.push_back(std::move(line));
  return {};
}

Status read_signing(const Value& options, HttpSinkOptions& into) {
  if (options["signed_url_private_key"].is_nil()) return {};
  UrlSigning signing;
  signing.private_key = revealed(options["signed_url_private_key"], into.destination.secrets);
  if (Status status = sign::check_private_key(signing.private_key); !status.ok()) return wrong("option 'signed_url.private_key': " + status.text());
  signing.expires = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::milliseconds(options.integer_or("signed_url_expires_ms", 300'000)));
  const std::string path = options.string_or("signed_url_path", into.url.path);
  if (path.find_first_of("?#") != std::string::npos) return wrong("option 'signed_url.path' is a path without parameters");
  signing.path = sign::signed_path(path);
  if (Result<std::string> tried = sign::make_auth_key(signing.path, signing.private_key, 0, "0"); !tried.ok()) return tried.take_status();
  for (const std::string& given : {into.url.query, into.parameters}) {
    if (("&" + given).find("&auth_key=") != std::string::npos) return wrong("option 'signed_url' sets the parameter auth_key, which is given already");
  }
  into.signing = std::move(signing);
  return {};
}

Status read_success(const Value& options, HttpSuccess& into) {
  for (const Value& status : options["success_status"].is_list() ? options["success_status"].list() : ValueList{}) {
    if (!status.is_number() || status.number() < 200 || status.number() > 599) return wrong("option 'success.status' is a list of HTTP statuses, 200 to 599");
    into.statuses.push_back(static_cast<int>(status.integer()));
  }
  std::string key = options.string_or("success_body_key", "");
  for (std::size_t dot; !key.empty(); key = dot == std::string::npos ? "" : key.substr(dot + 1)) {
    dot = key.find('.');
    into.body_key.push_back(key.substr(0, dot));
  }
  const Value& value = options["success_body_value"];
  if (into.body_key.empty() != value.is_nil()) return wrong("options 'success.body_key' and 'success.body_value' belong together");
  into.body_value = value.is_string() ? value.string() : to_text(value);
  return {};
}

Status read_compression(const Value& options, HttpSinkOptions& into) {
  const std::string name = options.string_or("compression", "none");
  // In HTTP the bare word means the block.
  into.compression = name == "snappy" ? Compression::snappy_block : name == "snappy_framed" ? Compression::snappy : compression_of_name(name).value_or(Compression::none);
  std::optional<int> level;
  if (!options["compression_level"].is_nil()) level = static_cast<int>(options["compression_level"].integer());
  Result<int> checked = check_level(into.compression, level);
  if (!checked.ok()) return checked.take_status();
  into.compression_level = *checked;
  return {};
}

Status read_client(const Value& options, http::ClientOptions& into) {
  into.connections_max = static_cast<int>(options.integer_or("concurrency", into.connections_max));
  into.timeout = std::chrono::milliseconds(options.integer_or("timeout_ms", into.timeout.count()));
  into.connect_timeout = std::chrono::milliseconds(options.integer_or("connect_timeout_ms", into.connect_timeout.count()));
  into.tls = {options.string_or("tls_ca", ""), options.string_or("tls_cert", ""), options.string_or("tls_key", ""), options.bool_or("tls_verify", true)};
  return http::check_files(into.tls);
}

}  // namespace

Result<HttpSinkOptions> HttpSinkOptions::from(const Value& options) {
  HttpSinkOptions into;
  Result<http::Url> url = http::Url::parse(options.string_or("url", ""));
  if (!url.ok()) return wrong("option 'url': " + url.status().text());
  into.url = *std::move(url);
  into.destination.shown = into.url.shown();
  into.method = options.string_or("method", "POST");
  if (Status status = read_headers(options["headers"], into); !status.ok()) return status;
  if (Status status = read_parameters(options["params"], into); !status.ok()) return status;
  if (Status status = read_auth(options, into); !status.ok()) return status;
  if (Status status = read_signing(options, into); !status.ok()) return status;
  if (Status status = read_success(options, into.destination.success); !status.ok()) return status;
  if (Status status = read_compression(options, into); !status.ok()) return status;
  if (Status status = read_client(options, into.client); !status.ok()) return status;
  return into;
}

std::string HttpSinkOptions::describe() const { return "http " + method + " " + url.shown(); }

Result<std::string> separator_from(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    static constexpr std::string_view letters = "nrt0\\";
    static constexpr std::string_view meant("\n\r\t\0\\", 5);
    const std::size_t which = ++i < text.size() ? letters.find(text[i]) : letters.npos;
    if (which == letters.npos) return wrong("option 'separator': a backslash stands before n, r, t, 0 or another backslash (hint: \"\\\\n\" is a line end)");
    out += meant[which];
  }
  return out;
}

Result<Framing> framing_from(const Value& options, const Framing& encoder_framing) {
  Framing framing = encoder_framing;
  framing.prefix = options.string_or("body_prefix", "") + framing.prefix;
  framing.suffix += options.string_or("body_suffix", "");
  if (!options["separator"].is_nil()) {
    Result<std::string> separator = separator_from(options.string_or("separator", ""));
    if (!separator.ok()) return separator.take_status();
    framing.separator = *std::move(separator);
  }
  framing.separator_ends = options.bool_or("last_separator", framing.separator_ends);
  return framing;
}

std::string_view content_encoding_of(std::string_view compression) {
  // RFC 9110 section 8.4.1: deflate is the zlib format. zstd: RFC 8878.
  if (compression == "none") return {};
  if (compression == "zlib") return "deflate";
  if (compression == "snappy_block") return "snappy";
  if (compression == "snappy") return "x-snappy-framed";
  return compression;
}

}  // namespace penstock
