// An HTTP client on a worker's loop (libcurl's multi interface): requests are sent at once or wait for a connection, answers come
// as calls on the loop's thread. Connections are kept and used again; HTTP/2 is spoken where a TLS server offers it.
//
// Proxies are taken from the environment as curl does (https_proxy, http_proxy for http URLs, no_proxy); request headers are
// not shown to them. Redirects are not followed. Only http and https are spoken.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/bytes.h"
#include "runtime/base/status.h"
#include "runtime/loop/scheduler.h"

namespace penstock::http {

// PEM files; empty: the system's authorities, no certificate of our own.
struct ClientTls {
  std::string ca_path;
  std::string cert_path;
  std::string key_path;
  bool verify = true;  // the server's certificate and its name
};
// Looks at the files before anything runs. Code::invalid, with the option (`tls.ca`), the file and the reason.
Status check_files(const ClientTls& tls);

struct ClientOptions {
  int connections_max = 8;  // more requests wait (within their timeout)
  std::chrono::milliseconds connect_timeout{10'000};  // name look-up and TLS included
  std::chrono::milliseconds timeout{30'000};          // of a whole request, waiting for a connection included
  std::chrono::seconds stall{0};                      // not a byte moved for so long: as a timeout; 0: however long
  bool proxies = true;  // those of the environment are obeyed
  ClientTls tls;
};

// Of an answer's body, unless it is asked for more.
inline constexpr std::size_t body_kept_max = 64 * 1024;

struct Sending {
  std::string method = "POST";
  std::string url;                   // with its query, percent-encoded; sent as it is, `/../` too
  std::vector<std::string> headers;  // `Name: value`; no CR, LF or NUL in them
  ByteView body;                     // not copied: stays where it is until the reply came or the transfer is gone
  std::size_t answer_kept = body_kept_max;  // bytes of the answer's body that are for the reply
};

// Why there was no answer.
enum class Trouble : std::uint8_t {
  none,     // there was one: see status
  network,  // may pass: refused, reset, cut, a timeout
  setup,    // a person has to mend it: unknown host, bad certificate, wrong proxy or URL
};

struct Reply {
  Trouble trouble = Trouble::none;
  // What happened when there was trouble, not ended by a period. Names the host at most: never a path, query or header.
  std::string text;
  int status = 0;
  std::string body;  // its first Sending::answer_kept bytes
  bool body_cut = false;  // there was more
  std::vector<std::pair<std::string, std::string>> headers;  // of the last answer, names in lower case; bounded

  // Empty when missing.
  std::string_view header(std::string_view lower_case_name) const;
};

// A longer answer is cut off, with its connection; one of which more is kept when it is longer than that.
inline constexpr std::size_t body_read_max = 1024 * 1024;

// A request under way; destroying it gives it up (its connection is closed, unless it is one stream of several).
class Transfer {
 public:
  virtual ~Transfer() = default;
};

// The variable of the environment that names a proxy for https (or http) URLs; empty: none does. Hosts that no_proxy names are
// reached without it all the same.
std::string proxy_variable(bool secure);

// One thread: the scheduler's.
class Client {
 public:
  // Fails when the TLS files cannot be read. `scheduler` outlives the client.
  static Result<std::unique_ptr<Client>> open(ClientOptions options, Scheduler& scheduler);
  // Requires that all transfers are gone.
  virtual ~Client() = default;
  // Calls `on_reply` once, not from inside send(). The transfer may be destroyed in that call, and send() be called in it.
  virtual std::unique_ptr<Transfer> send(const Sending& what, std::function<void(Reply)> on_reply) = 0;
};

}  // namespace penstock::http
