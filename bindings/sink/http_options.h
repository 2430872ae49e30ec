// What a script says about an `http` sink, checked. Schema: scripts/stdlib/penstock/schema/sink/http.lua.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "bindings/compress/compression.h"
#include "bindings/http/client.h"
#include "bindings/http/url.h"
#include "bindings/sink/http_answer.h"
#include "runtime/base/value.h"
#include "runtime/plan/codec.h"

namespace penstock {

struct UrlSigning {
  std::string private_key;
  std::chrono::seconds expires{300};
  std::string path;  // that is signed, with its leading slash
};

struct HttpSinkOptions {
  http::Url url;
  std::string method = "POST";
  std::string parameters;                // `a=b&c=d`, encoded
  std::vector<std::string> headers;      // `Name: value`, without what depends on the package
  bool own_content_type = false;         // one of them is Content-Type
  bool own_user_agent = false;           // or User-Agent
  std::optional<UrlSigning> signing;
  http::ClientOptions client;
  HttpDestination destination;
  Compression compression = Compression::none;
  int compression_level = 0;

  // Code::invalid says which option is wrong; never what a secret says.
  static Result<HttpSinkOptions> from(const Value& options);
  // `http POST https://logs.example.com/ingest`
  std::string describe() const;
};

// The framing of `format`'s encoder with what body_prefix, body_suffix, separator and last_separator say.
Result<Framing> framing_from(const Value& options, const Framing& encoder_framing);

// A separator as scripts and cloud APIs write it: `\n`, `\r`, `\t`, `\0` and `\\` may be written out. Other backslashes
// are Code::invalid.
Result<std::string> separator_from(std::string_view text);

// The value of Content-Encoding by the name of a package's compression; empty for none. snappy_block is `snappy`, for that is
// what receivers mean by it (Prometheus remote write 1.0 says so outright); the framing format is `x-snappy-framed`.
std::string_view content_encoding_of(std::string_view compression);

}  // namespace penstock
