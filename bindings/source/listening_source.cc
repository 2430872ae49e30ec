#include "bindings/source/listening_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace penstock {

namespace {

using net::ListenOptions;
using net::SocketKind;

// Several sources behind one.
class CombinedSource final : public Source {
 public:
  explicit CombinedSource(std::vector<std::unique_ptr<Source>> parts) : parts_(std::move(parts)) {}
  Status start() override {
    for (const auto& part : parts_)
      if (Status started = part->start(); !started.ok()) return started;
    return {};
  }
  void resume() override {
    for (const auto& part : parts_) part->resume();
  }
  void stop() override {
    for (const auto& part : parts_) part->stop();
  }

 private:
  const std::vector<std::unique_ptr<Source>> parts_;
};

// An address that can be listened on. It is looked at now, so that a wrong one is a mistake of the script.
Result<ListenOptions> listen_on(const char* option, const std::string& text, SocketKind kind, const Value& options) {
  const auto wrong = [&](const Status& status) { return Status(status.code(), fmt::format("option '{}': {}", option, status.text())); };
  Result<net::Address> address = net::Address::parse(text);
  if (!address.ok()) return wrong(address.status());
  if (const Result<net::SocketAddress> numeric = net::numeric_address(*address); !numeric.ok()) return wrong(numeric.status());
  ListenOptions out;
  out.address = *std::move(address);
  out.kind = kind;
  out.receive_buffer = static_cast<int>(options.integer_or("receive_buffer_bytes", 0));
  out.mode = static_cast<mode_t>(std::strtoul(options.string_or("mode", "0660").c_str(), nullptr, 8));
  return out;
}

ListeningParts parts_of(const char* type, const Value& options) {
  ListeningParts out;
  out.type = out.connections.type = out.datagrams.type = type;
  out.connections.connections_max = static_cast<std::size_t>(options.integer_or("connections_max", 10'000));
  out.connections.idle_timeout = std::chrono::milliseconds(options.integer_or("idle_timeout_ms", 0));
  if (options["tls"].is_map()) out.connections.tls = net::TlsServerOptions::from(options["tls"]);
  return out;
}

Result<std::unique_ptr<SourcePlan>> plan_of(ListeningParts parts) {
  if (const auto& tls = parts.connections.tls)
    if (Status files = net::check_files(*tls); !files.ok()) return files;
  return std::unique_ptr<SourcePlan>(std::make_unique<ListeningSourcePlan>(std::move(parts)));
}

Result<std::unique_ptr<SourcePlan>> make_inet_source(const char* type, SocketKind kind, const Value& options) {
  ListeningParts parts = parts_of(type, options);
  for (const std::string& text : options.strings("listen")) {
    Result<ListenOptions> listen = listen_on("listen", text, kind, options);
    if (!listen.ok()) return listen.take_status();
    if (listen->address.is_unix()) return Status(Code::invalid, "option 'listen': \"" + text + "\" is no address:port (hint: p.source.unix)");
    parts.listen.push_back(*std::move(listen));
  }
  return plan_of(std::move(parts));
}

// What a word of the option `transport` asks for.
struct Transport {
  std::string_view name;
  SocketKind kind;
  bool is_unix;
};
constexpr Transport transports[] = {
    {"tcp", SocketKind::stream, false}, {"udp", SocketKind::datagram, false}, {"unix", SocketKind::datagram, true}, {"unix_stream", SocketKind::stream, true}};

// Adds the sockets of one address; none of the transports may be for it: then it has that of its kind that is most common.
Status add_syslog_sockets(const std::string& text, const std::vector<std::string>& names, const Value& options, std::vector<ListenOptions>& out) {
  const bool is_unix = text.starts_with("unix:");
  std::size_t added = 0;
  const auto add = [&](const Transport& transport) -> Status {
    Result<ListenOptions> listen = listen_on("listen", text, transport.kind, options);
    if (!listen.ok()) return listen.take_status();
    out.push_back(*std::move(listen));
    ++added;
    return {};
  };
  for (const Transport& transport : transports) {
    if (transport.is_unix != is_unix || std::find(names.begin(), names.end(), transport.name) == names.end()) continue;
    if (Status status = add(transport); !status.ok()) return status;
  }
  return added != 0 ? Status() : add(is_unix ? transports[2] : transports[0]);
}

std::string suffix(const ListenOptions& options) {
  return options.address.is_unix() ? "" : options.kind == SocketKind::stream ? "/tcp" : "/udp";
}

}  // namespace

ListeningSourcePlan::ListeningSourcePlan(ListeningParts parts) : parts_(std::move(parts)) {
  for (const ListenOptions& options : parts_.listen) listening_.push_back(std::make_unique<net::Listening>(options));
}

std::unique_ptr<Source> ListeningSourcePlan::open(SourceContext& context) {
  std::vector<std::unique_ptr<Source>> sources;
  for (const auto& listening : listening_) {
    const bool stream = listening->options().kind == SocketKind::stream;
    sources.push_back(stream ? ConnectionSource::make(context, parts_.connections, *listening) : DatagramSource::make(context, parts_.datagrams, *listening));
  }
  return std::make_unique<CombinedSource>(std::move(sources));
}

std::string ListeningSourcePlan::describe() const {
  std::string out = parts_.type;
  for (const ListenOptions& options : parts_.listen) out += " " + options.address.text() + (parts_.type == "syslog" ? suffix(options) : "");
  return out + (parts_.connections.tls ? parts_.connections.tls->client_ca.empty() ? " TLS" : " mTLS" : "");
}

Result<std::unique_ptr<SourcePlan>> make_tcp_source(const Value& options, const PlanContext&) { return make_inet_source("tcp", SocketKind::stream, options); }

Result<std::unique_ptr<SourcePlan>> make_udp_source(const Value& options, const PlanContext&) { return make_inet_source("udp", SocketKind::datagram, options); }

Result<std::unique_ptr<SourcePlan>> make_unix_source(const Value& options, const PlanContext&) {
  ListeningParts parts = parts_of("unix", options);
  const SocketKind kind = options.string_or("type", "stream") == "datagram" ? SocketKind::datagram : SocketKind::stream;
  Result<ListenOptions> listen = listen_on("path", "unix:" + options.string_or("path", ""), kind, options);
  if (!listen.ok()) return listen.take_status();
  parts.listen.push_back(*std::move(listen));
  return plan_of(std::move(parts));
}

Result<std::unique_ptr<SourcePlan>> make_syslog_source(const Value& options, const PlanContext&) {
  ListeningParts parts = parts_of("syslog", options);
  for (const std::string& text : options.strings("listen"))
    if (Status status = add_syslog_sockets(text, options.strings("transport"), options, parts.listen); !status.ok()) return status;
  const auto has = [&](SocketKind kind) { return std::any_of(parts.listen.begin(), parts.listen.end(), [&](const ListenOptions& listen) { return listen.kind == kind; }); };
  if (has(SocketKind::stream)) parts.formats.push_back("syslog");
  if (has(SocketKind::datagram)) parts.formats.push_back("syslog_datagrams");
  if (parts.connections.tls && has(SocketKind::datagram)) return Status(Code::invalid, "option 'tls' is for connections: TLS over datagrams is not supported (hint: transport = \"tcp\")");
  parts.datagrams.format = "syslog_datagrams";
  parts.datagrams.framing = DatagramFraming::counted;
  return plan_of(std::move(parts));
}

void add_listening_sources(Components& components) {
  components.sources["tcp"] = make_tcp_source;
  components.sources["udp"] = make_udp_source;
  components.sources["unix"] = make_unix_source;
  components.sources["syslog"] = make_syslog_source;
}

}  // namespace penstock
