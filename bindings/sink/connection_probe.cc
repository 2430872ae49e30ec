#include "bindings/sink/connection_probe.h"

#include <fmt/format.h>

#include <vector>

#include "bindings/net/connector.h"
#include "bindings/net/name_lookup.h"
#include "runtime/base/clock.h"
#include "runtime/base/units.h"

namespace penstock {

namespace {

using net::CertificateTrust;
using std::chrono::microseconds;
using std::chrono::milliseconds;

// A certificate that expires sooner is worth a word.
constexpr std::chrono::hours expires_soon{14 * 24};
constexpr std::size_t addresses_shown = 4;

std::string addresses_text(const std::vector<net::SocketAddress>& addresses) {
  std::string text;
  for (std::size_t i = 0; i < addresses.size() && i < addresses_shown; ++i) text += (i == 0 ? "" : ", ") + addresses[i].text();
  if (addresses.size() > addresses_shown) text += fmt::format(" and {} more", addresses.size() - addresses_shown);
  return text;
}

std::string look_up_advice(Code code, const std::string& host) {
  if (code == Code::not_found) return "check how \"" + host + "\" is spelled in the script, and that this machine's resolver knows it: getent hosts " + host;
  if (code == Code::retryable) return "the resolver itself does not answer: check /etc/resolv.conf and the way to the servers that it names";
  return "";
}

std::string connect_advice(const Status& failure) {
  switch (failure.code()) {
    case Code::limit: return "something on the way drops packets: check firewalls, security groups and routes between this machine and that address";
    case Code::denied: return "this process may not use that socket: check the permissions of its file";
    default: return "nothing takes connections there: check host and port, that the server runs, and that no firewall refuses";
  }
}

std::string names_text(const net::TlsSession& session) {
  return session.names.empty() ? "nothing by name" : fmt::format("{}", fmt::join(session.names, ", "));
}

std::string trust_advice(const net::TlsSession& session, const std::string& name) {
  switch (session.trust) {
    case CertificateTrust::expired: return "renew the server's certificate; if it should be good still, this machine's clock is wrong";
    case CertificateTrust::not_yet_valid: return "it is good from " + format_utc(session.begins, Stamp::seconds) + ": check this machine's clock";
    case CertificateTrust::wrong_name:
      return "it is for " + names_text(session) + ", not for " + name + ": connect to one of its names, or give the server a certificate for this one";
    case CertificateTrust::self_signed: return "if it is yours, trust it: tls = { ca = \"FILE\" } with the certificate itself";
    case CertificateTrust::unknown_issuer:
      return "give the authority that signed it by tls = { ca = \"FILE\" }, or let the server send the whole chain";
    default: return "see the server's certificate: openssl s_client -connect HOST:PORT -showcerts";
  }
}

std::string certificate_text(const net::TlsSession& session) {
  if (session.subject.empty() && session.names.empty()) return session.version;
  return fmt::format("{}, {} by {}, until {}", session.version, session.subject.empty() ? names_text(session) : session.subject, session.issuer,
                     format_utc(session.expires, Stamp::seconds));
}

class ConnectionProbe final : public Probe {
 public:
  ConnectionProbe(Scheduler& scheduler, ProbedConnection connection, ProbeReport report)
      : scheduler_(scheduler), connection_(std::move(connection)), report_(std::move(report)), verify_(connection_.tls && connection_.tls->verify) {
    begin_step();
    if (connection_.address.is_unix()) {
      step_ = scheduler_.after(milliseconds(0), [this] { connect({}); });
      return;
    }
    look_up_ = net::look_up(scheduler_, connection_.address, connection_.kind, [this](Result<std::vector<net::SocketAddress>> found) { on_addresses(std::move(found)); });
    timeout_ = scheduler_.after(connection_.timeout, [this] {
      look_up_.reset();
      on_addresses(Status(Code::retryable, fmt::format("no answer in {}", human_duration(connection_.timeout))));
    });
  }

 private:
  void begin_step() { began_ = monotonic_now(); }
  microseconds elapsed() const { return std::chrono::duration_cast<microseconds>(monotonic_now() - began_); }

  void tell(const char* name, ProbeStep::Result result, std::string text, std::string advice = "") {
    failed_ = failed_ || result == ProbeStep::Result::failed;
    if (result == ProbeStep::Result::failed && !connection_.proxy_variable.empty()) {
      result = ProbeStep::Result::warned;
      advice = "requests go through the proxy of " + connection_.proxy_variable + ", unless no_proxy names the host: then this does not matter";
    }
    report_.on_step({name, result, std::move(text), std::move(advice), elapsed()});
  }
  void finish() {
    timeout_.reset();
    const auto done = std::move(report_.on_done);
    done(!failed_ || !connection_.proxy_variable.empty());  // *this may be gone now
  }

  void on_addresses(Result<std::vector<net::SocketAddress>> found) {
    timeout_.reset();
    const std::string& host = connection_.address.host;
    if (!found.ok()) {
      tell("DNS", ProbeStep::Result::failed, found.status().text(), look_up_advice(found.status().code(), host));
      return finish();
    }
    if (!net::numeric_address(connection_.address).ok()) tell("DNS", ProbeStep::Result::passed, host + ": " + addresses_text(*found));
    connect(*std::move(found));
  }

  void connect(std::vector<net::SocketAddress> known) {
    if (!open_tls()) return;
    begin_step();
    step_name_ = connection_.kind == net::SocketKind::stream && !connection_.address.is_unix() ? "TCP" : "connection";
    connector_ = net::Connector::connect(scheduler_, {connection_.address, connection_.kind, tls_.get(), connection_.timeout, std::move(known)},
                                         [this](Result<std::unique_ptr<net::Channel>> connected) { on_connected(std::move(connected)); });
  }

  void on_connected(Result<std::unique_ptr<net::Channel>> connected) {
    if (!connected.ok()) {
      tell(step_name_, ProbeStep::Result::failed, connected.status().text(), connect_advice(connected.status()));
      return finish();
    }
    channel_ = *std::move(connected);
    tell(step_name_, ProbeStep::Result::passed, connection_.address.is_unix() ? connection_.address.text() : net::peer_address(channel_->fd()).text());
    if (!connection_.tls) return finish();
    shake_hands();
  }

  // The handshake is to succeed whatever the certificate is, so that it can be looked at.
  bool open_tls() {
    if (!connection_.tls) return true;
    net::TlsClientOptions options = *connection_.tls;
    options.verify = false;
    Result<std::unique_ptr<net::TlsClient>> opened = net::TlsClient::open(options);
    if (!opened.ok()) {
      fail_tls(opened.status().text(), "mend the option or the file that it names");
      return false;
    }
    tls_ = *std::move(opened);
    return true;
  }

  void shake_hands() {
    begin_step();
    watch_ = scheduler_.watch(channel_->fd(), [this](Readiness) { go_on(); });
    if (!watch_) return fail_tls("the connection cannot be watched", "");
    timeout_ = scheduler_.after(connection_.timeout, [this] {
      fail_tls(fmt::format("no handshake in {}", human_duration(connection_.timeout)), "the server takes connections and says nothing: does it speak TLS on that port?");
    });
    go_on();
  }

  void go_on() {
    char ignored[1024];
    const net::Transfer transfer = channel_->read(ignored);
    if (!channel_->is_ready()) {
      if (transfer.waits()) return watch_->want(transfer.wanted());
      const std::string why = channel_->failure().ok() ? "closed by the other side during the handshake" : channel_->failure().text();
      return fail_tls(why, "check that the server speaks TLS 1.2 or later on that port, and whether it asks for a certificate of ours (tls.cert, tls.key)");
    }
    watch_.reset();
    timeout_.reset();
    look_at(channel_->tls_session().value());
    finish();
  }

  void look_at(const net::TlsSession& session) {
    const std::string text = certificate_text(session);
    const std::string& name = connection_.tls->server_name.empty() ? connection_.address.host : connection_.tls->server_name;
    const auto left = session.expires - std::chrono::system_clock::now();
    if (!session.distrust.empty() && verify_) return tell("TLS", ProbeStep::Result::failed, session.distrust + " (" + text + ")", trust_advice(session, name));
    if (!session.distrust.empty())
      return tell("TLS", ProbeStep::Result::warned, text + "; not trusted: " + session.distrust, "verify = false lets it pass: anybody on the way could read the events");
    if (!verify_) return tell("TLS", ProbeStep::Result::warned, text, "the certificate is good: leave verify = false out");
    if (!connection_.tls->verify_name)
      return tell("TLS", ProbeStep::Result::warned, text, "verify_name = false: anybody with a certificate of that authority passes, whatever name it is for");
    if (left < expires_soon)
      return tell("TLS", ProbeStep::Result::warned, fmt::format("{} (in {})", text, human_duration(std::chrono::duration_cast<milliseconds>(left))), "renew the server's certificate soon");
    tell("TLS", ProbeStep::Result::passed, text);
  }

  void fail_tls(std::string text, std::string advice) {
    watch_.reset();
    tell("TLS", ProbeStep::Result::failed, std::move(text), std::move(advice));
    finish();
  }

  Scheduler& scheduler_;
  const ProbedConnection connection_;
  ProbeReport report_;
  const bool verify_;
  bool failed_ = false;
  const char* step_name_ = "TCP";
  std::chrono::nanoseconds began_{};
  std::unique_ptr<Scheduled> look_up_, step_, timeout_;
  std::unique_ptr<net::Connector> connector_;
  std::unique_ptr<net::TlsClient> tls_;
  std::unique_ptr<net::Channel> channel_;
  std::unique_ptr<DescriptorWatch> watch_;  // goes before its channel
};

}  // namespace

ProbedConnection connection_of(const http::Url& url, const http::ClientOptions& options) {
  ProbedConnection connection;
  connection.address = url.address();
  connection.timeout = options.connect_timeout;
  if (options.proxies) connection.proxy_variable = http::proxy_variable(url.secure());
  if (!url.secure()) return connection;
  connection.tls = net::TlsClientOptions{options.tls.verify, options.tls.ca_path, {options.tls.cert_path, Value()}, ""};
  if (!options.tls.key_path.empty()) connection.tls->identity.key = Value(options.tls.key_path);
  return connection;
}

std::unique_ptr<Probe> probe_connection(Scheduler& scheduler, ProbedConnection connection, ProbeReport report) {
  return std::make_unique<ConnectionProbe>(scheduler, std::move(connection), std::move(report));
}

}  // namespace penstock
