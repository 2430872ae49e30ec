// A connection as bytes that come and go, with or without TLS.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "bindings/net/descriptor.h"
#include "bindings/net/tls_session.h"
#include "runtime/base/bytes.h"
#include "runtime/base/status.h"
#include "runtime/loop/scheduler.h"

namespace penstock::net {

// What came of one attempt to read or write.
struct Transfer {
  enum class Kind : std::uint8_t {
    done,             // `bytes` (at least 1) have moved
    wait_readable,    // nothing moved: try again when the socket is readable
    wait_writable,    // the same, when it is writable
    ended,            // reads: the peer has closed its side in order
    failed,           // see Channel::failure()
  };
  Kind kind = Kind::failed;
  std::size_t bytes = 0;
  bool drained = false;  // reads: the socket had no more than that

  bool waits() const { return kind == Kind::wait_readable || kind == Kind::wait_writable; }
  // What to watch for while it waits.
  Readiness wanted() const { return {kind == Kind::wait_readable, kind == Kind::wait_writable}; }
};

// Owns a connected, nonblocking socket. After `ended` or `failed` reads give the same again; nothing is thrown, no signal raised.
// Lives on one thread.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual int fd() const = 0;
  // `room` is not empty. Shakes hands first where TLS has to.
  virtual Transfer read(std::span<char> room) = 0;
  // `bytes` is not empty; a part of them may have moved. After a wait, the same bytes must be given again.
  virtual Transfer write(ByteView bytes) = 0;
  // Bytes that were read from the socket and not given yet: it need not turn readable for them.
  virtual bool holds_bytes() const { return false; }
  // Until the handshake is done nothing is read.
  virtual bool is_ready() const { return true; }
  // False while the peer may still refuse us though the handshake is done here: a TLS 1.3 server looks at a client's certificate
  // only after that (RFC 8446 section 4.4.2.4), and what was written by then it throws away. True once something of the peer's was
  // read (its session tickets); a peer that sends none leaves it false.
  virtual bool is_accepted() const { return true; }
  // Says to the peer that nothing more will be written. May take more than one call; false: not yet.
  virtual bool finish_writing() = 0;
  // Of one with TLS, once it is ready.
  virtual std::optional<TlsSession> tls_session() const { return std::nullopt; }
  // Why a read or write failed; ok when none did.
  virtual const Status& failure() const = 0;
};

// Without TLS.
std::unique_ptr<Channel> plain_channel(Descriptor socket);

}  // namespace penstock::net
