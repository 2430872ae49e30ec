// The body of a request to the `http` source: what it claims to be, and its bytes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bindings/compress/compression.h"
#include "runtime/base/bytes.h"
#include "runtime/base/status.h"

namespace penstock {

// What a Content-Type says of format "auto".
enum class BodyFormat : std::uint8_t {
  json,     // application/json, application/x-ndjson and their other names, anything that ends in +json
  lines,    // text/plain
  look,     // nothing that helps: missing, application/octet-stream, or what curl says when it is told nothing
  unknown,
};
// Parameters (`; charset=utf-8`) and case do not matter (RFC 9110 section 8.3.1).
BodyFormat format_of_content_type(std::string_view value);
// By the first byte that is not white space: `{` and `[` begin JSON, anything else is lines of text.
BodyFormat format_of_body(ByteView body);
// One JSON object over several lines, which would not be one as lines.
bool is_spread_object(ByteView body);

// What a Content-Encoding says; nothing when it is not known (nor are two, one after the other). `snappy` is the raw block or
// the framing format: `body` tells.
std::optional<Compression> compression_of_encoding(std::string_view value, ByteView body);

// Appends to `out`. Fails with Code::corrupt, or with Code::limit when it would be more than `bytes_max`, of which nothing
// beyond was inflated; `out` then holds some of it.
Status inflate_body(Compression compression, ByteView body, std::uint64_t bytes_max, Buffer& out);

}  // namespace penstock
