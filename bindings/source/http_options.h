// What a script says about an `http` source, checked. Schema: scripts/stdlib/penstock/schema/source/http.lua.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/http/server.h"
#include "bindings/net/listening_socket.h"
#include "runtime/base/value.h"

namespace penstock {

// Who may send. One of them, or everybody.
struct HttpAccess {
  enum class Kind : std::uint8_t { everybody, bearer, basic, signed_url };
  Kind kind = Kind::everybody;
  std::string expected;       // of Authorization; of a signed URL the private key
  std::string signed_path;    // empty: the request's own

  // 0: may pass; else the status of the refusal, 401 or 403, and why. `now`: seconds since 1970.
  struct Refusal {
    int status = 0;
    std::string reason;
  };
  Refusal check(const http::Request& request, std::int64_t now) const;
};

struct HttpSourceOptions {
  std::vector<net::ListenOptions> listen;
  std::string path;                          // empty: any
  bool look = true;                          // format "auto"
  HttpAccess access;
  std::optional<http::ServerTls> tls;
  std::uint64_t body_bytes_max = 16u << 20;  // inflated
  std::size_t requests_max = 1000;           // that wait for their answer, on each worker
  std::uint64_t request_bytes_max = 64u << 20;  // of their bodies
  std::size_t client_requests_max = 0;       // of one IP address; 0: no bound of its own
  unsigned connections_max = 1024;           // on each worker and address
  std::chrono::seconds timeout{60};          // of a connection on which nothing moves
  std::chrono::milliseconds body_timeout{120'000};   // from a request's head to the end of its body
  std::chrono::milliseconds answer_timeout{30'000};  // until the events are safe
  std::chrono::seconds retry_after{5};       // said to those who are refused for now

  // Code::invalid says which option is wrong; never what a secret says.
  static Result<HttpSourceOptions> from(const Value& options);
  std::string describe() const;
};

}  // namespace penstock
