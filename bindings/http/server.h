// An HTTP/1.1 server on a worker's loop (libmicrohttpd): requests come as calls on the loop's thread and are answered there,
// now or later.
//
//   Server                 one listening socket of one worker
//     -> Application       called with the head of each request; gives what handles it
//       -> RequestHandler  takes the body in pieces, then its end; answers through its Request
//
// A page that needs no body is a function that answers and handles nothing more:
//
//   net::Listening listening({.address = *net::Address::parse("127.0.0.1:8080")});
//   Server::open({.application = [](Request& request) { request.answer({.body = "hello\n"}); return nullptr; }},
//                *listening.open({"admin", 0}, 0), scheduler)
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/net/listening_socket.h"
#include "runtime/base/bytes.h"
#include "runtime/base/status.h"
#include "runtime/loop/scheduler.h"

namespace penstock::http {

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  // beside Date, Content-Length and Content-Type
  bool close = false;  // end the connection afterwards
};

// What came of one request's head, and the way to answer it. Belongs to the server; lives as long as its handler, or, without
// one, until the application returned. All views live as long.
class Request {
 public:
  virtual ByteView method() const = 0;  // `POST`
  // As sent, up to the `?`: still percent-encoded. Starts with `/` (or is `*`).
  virtual ByteView path() const = 0;
  // As sent, behind the `?`; empty when there is none.
  virtual ByteView query() const = 0;
  // The first parameter of that name, decoded; nothing when it is missing.
  virtual std::optional<std::string> parameter(std::string_view name) const = 0;
  // By name without regard to case; nothing when it is missing.
  virtual std::optional<ByteView> header(const char* name) const = 0;
  // The other end: `127.0.0.1:51234`, `[::1]:51234`, and without the port.
  virtual const std::string& peer() const = 0;
  virtual ByteView peer_host() const = 0;
  // Content-Length; nothing when the body comes in chunks or there is none. (A request with both is answered 400 by the server, and its
  // connection closed: RFC 9112 section 6.3.)
  virtual std::optional<std::uint64_t> body_size() const = 0;

  // Sends the answer. Once, at any time from the application's call on. What is left of the body is read and thrown away, up
  // to ServerOptions::discarded_bytes_max; beyond that the connection is cut.
  virtual void answer(Response response) = 0;
  virtual bool answered() const = 0;
  // Answers though the body has not come whole (in place of an answer that waits for it), and ends the connection at once: for a sender that takes too long. Of the
  // response only the status and the body are sent, as far as the socket takes them without waiting. Not while paused; nothing happens once an answer is being sent.
  virtual void cut(const Response& response) = 0;
  // Between these no piece of the body is given, and the sender is held up by TCP.
  virtual void pause() = 0;
  virtual void resume() = 0;

 protected:
  ~Request() = default;
};

// What deals with one request; destroyed when its answer was sent or its connection is gone (which is noticed while the body
// is read and while the answer is sent, not between the two). Must not throw.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  // A piece of the body, not kept by the server. Not called once answered.
  virtual void on_body(ByteView) {}
  // The body is whole. Not called once answered.
  virtual void on_end() = 0;
};

// Called when a request's head is there; the request outlives the handler. Must not throw. May answer and return null; a null
// without an answer is answered with 500.
using Application = std::function<std::unique_ptr<RequestHandler>(Request&)>;

// PEM files. TLS 1.2 and 1.3 are spoken.
struct ServerTls {
  std::string cert_path;
  std::string key_path;
  std::string client_ca_path = {};  // not empty: clients must have a certificate for clients of these authorities
  std::string key = {};             // the key itself, in place of key_path
};

struct ServerOptions {
  Application application;
  std::optional<ServerTls> tls = {};
  unsigned connections_max = 1024;                // more wait in the kernel's queue
  unsigned connections_per_client_max = 0;        // by IP address; 0: no bound of its own
  std::chrono::seconds timeout{60};               // of a connection on which nothing moves; not while a request waits for its answer
  std::size_t connection_bytes = 32 * 1024;       // of memory each: bounds a request's head and the pieces of its body
  std::uint64_t discarded_bytes_max = 8u << 20;   // of the body of a request that was answered before its end
};

// One thread: the scheduler's. Not to be destroyed inside its own calls.
class Server {
 public:
  // Serves from now on. `scheduler` outlives it.
  static Result<std::unique_ptr<Server>> open(ServerOptions options, net::ListeningSocket socket, Scheduler& scheduler);
  // Cuts what is open; handlers are destroyed.
  virtual ~Server() = default;
  // The port in use, also when 0 was asked for.
  virtual std::uint16_t port() const = 0;
  // Takes no new connections (those that the kernel holds are taken first, unless a successor shares the socket). Open ones go on; every answer from now on ends its
  // connection. Once for all; also from within a call.
  virtual void stop_accepting() = 0;
  // Requests whose handler lives.
  virtual std::size_t requests() const = 0;
};

}  // namespace penstock::http
