#include "bindings/net/tls_channel.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace penstock::net {

std::string take_ssl_error() {
  // The first is the cause; what stands on top of it says less.
  const unsigned long error = ERR_peek_error();
  ERR_clear_error();
  if (error == 0) return "";
  const char* const reason = ERR_reason_error_string(error);
  return reason ? reason : "OpenSSL error " + std::to_string(error);
}

namespace {

// Alerts by which a peer refuses who we are, or to speak with us at all: nothing that passes by itself.
bool is_refusal(unsigned long error) {
  switch (ERR_GET_REASON(error)) {
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED: return true;
    default: return false;
  }
}

class TlsChannel final : public Channel {
 public:
  TlsChannel(Ssl ssl, Descriptor socket) : socket_(std::move(socket)), ssl_(std::move(ssl)) {
    if (SSL_set_fd(ssl_.get(), socket_.get()) != 1) failure_ = Status(Code::limit, "TLS: out of memory");
    if (SSL_is_server(ssl_.get()) == 1) return;
    SSL_set_cert_cb(ssl_.get(), &TlsChannel::on_certificate_asked, this);
    SSL_set_msg_callback(ssl_.get(), &TlsChannel::on_message);
    SSL_set_msg_callback_arg(ssl_.get(), this);
  }

  int fd() const override { return socket_.get(); }
  Transfer read(std::span<char> room) override {
    if (!failure_.ok()) return {Transfer::Kind::failed};
    ERR_clear_error();
    errno = 0;
    const Transfer transfer = outcome(SSL_read(ssl_.get(), room.data(), length(room.size())), "read");
    heard_ = heard_ || transfer.bytes > 0;
    return transfer;
  }
  Transfer write(ByteView bytes) override {
    if (!failure_.ok()) return {Transfer::Kind::failed};
    ERR_clear_error();
    errno = 0;
    return outcome(SSL_write(ssl_.get(), bytes.data(), length(bytes.size())), "write");
  }
  bool holds_bytes() const override { return SSL_pending(ssl_.get()) > 0; }
  bool is_ready() const override { return ready_; }
  bool is_accepted() const override { return !asked_ || heard_ || SSL_version(ssl_.get()) != TLS1_3_VERSION; }
  bool finish_writing() override {
    if (!failure_.ok() || !is_ready()) return true;
    ERR_clear_error();
    const int sent = SSL_shutdown(ssl_.get());
    const bool again = sent < 0 && SSL_get_error(ssl_.get(), sent) == SSL_ERROR_WANT_WRITE;
    ERR_clear_error();
    return !again;
  }
  std::optional<TlsSession> tls_session() const override { return ready_ ? std::optional(session_of(ssl_.get())) : std::nullopt; }
  const Status& failure() const override { return failure_; }

 private:
  static int length(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

  // The server wants to see a certificate of ours; whether there is one is the context's business.
  static int on_certificate_asked(SSL*, void* self) noexcept {
    static_cast<TlsChannel*>(self)->asked_ = true;
    return 1;
  }
  static void on_message(int written, int, int type, const void* bytes, std::size_t size, SSL*, void* self) noexcept {
    const bool ticket = written == 0 && type == SSL3_RT_HANDSHAKE && size > 0 && *static_cast<const unsigned char*>(bytes) == SSL3_MT_NEWSESSION_TICKET;
    if (ticket) static_cast<TlsChannel*>(self)->heard_ = true;
  }

  Transfer outcome(int moved, const char* what) {
    // Asked at once: after a failure OpenSSL says no, whatever was before.
    ready_ = ready_ || SSL_is_init_finished(ssl_.get()) == 1;
    if (moved > 0) return {Transfer::Kind::done, static_cast<std::size_t>(moved)};
    const int system_error = errno;
    switch (SSL_get_error(ssl_.get(), moved)) {
      case SSL_ERROR_WANT_READ: return {Transfer::Kind::wait_readable};
      case SSL_ERROR_WANT_WRITE: return {Transfer::Kind::wait_writable};
      case SSL_ERROR_ZERO_RETURN: return {Transfer::Kind::ended};
      case SSL_ERROR_SYSCALL:
        ERR_clear_error();
        failure_ = system_error != 0 ? Status::from_errno(system_error, std::string("TLS ") + what) : Status(Code::io, "TLS: the connection was cut");
        break;
      default: failure_ = protocol_failure();
    }
    return {Transfer::Kind::failed};
  }

  // Why the handshake failed or what the peer sent.
  Status protocol_failure() {
    const long verified = SSL_get_verify_result(ssl_.get());
    const bool unexpected_end = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    const bool refused = is_refusal(ERR_peek_error());
    const std::string reason = take_ssl_error();
    if (!is_ready() && verified != X509_V_OK)
      return Status(Code::denied, std::string("TLS: the peer's certificate is not to be trusted: ") + X509_verify_cert_error_string(verified));
    if (unexpected_end) return Status(Code::io, is_ready() ? "TLS: the connection was cut" : "TLS: the connection was cut during the handshake");
    if (is_ready() && refused) return Status(Code::denied, "TLS: the peer refuses us: " + reason);
    return Status(is_ready() ? Code::io : Code::denied, "TLS: " + reason);
  }

  Descriptor socket_;
  Ssl ssl_;  // goes before its socket
  Status failure_;
  bool ready_ = false;  // the handshake is done
  bool asked_ = false;  // for our certificate
  bool heard_ = false;  // something that the peer says only after it has looked at that
};

}  // namespace

std::unique_ptr<Channel> tls_channel(Ssl ssl, Descriptor socket) { return std::make_unique<TlsChannel>(std::move(ssl), std::move(socket)); }

}  // namespace penstock::net
