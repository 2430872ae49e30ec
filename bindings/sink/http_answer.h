// What an HTTP server's answer to a package means.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/http/client.h"
#include "runtime/delivery/transport.h"

namespace penstock {

// When an answer counts as success.
struct HttpSuccess {
  std::vector<int> statuses;        // empty: any 2xx
  std::vector<std::string> body_key;  // path in a JSON response body that must be there; empty: the body does not matter
  std::string body_value;           // and what stands there: a string's content, or the text of a number, true, false, null
};

struct HttpDestination {
  std::string shown;                 // `https://logs.example.com/ingest`: no query
  HttpSuccess success;
  std::vector<std::string> secrets;  // texts that an answer may repeat and nobody may read
};

// By RFC 9110 section 15:
//   success            delivered
//   400, 409, 413, 422                                  data
//   408, 421, 423, 424, 425, 429, 5xx                   transient, with what Retry-After says
//   a 2xx that is no success                            the same; configuration when body_key is not in what was kept of a longer body
//   3xx, and other 4xx                                  configuration
// Trouble of the network is transient, of the set-up configuration. The text has the status, the destination, and the
// first 200 bytes or so of the answer's body, printable and without secrets.
Answer judge(const http::Reply& reply, const HttpDestination& destination, std::chrono::system_clock::time_point now);

// The start of `body` as one line between quotes: no control characters, no secrets, nothing behind `auth_key=`.
std::string body_excerpt(std::string_view body, const std::vector<std::string>& secrets);

}  // namespace penstock
