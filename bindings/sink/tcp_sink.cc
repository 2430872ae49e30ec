#include "bindings/sink/tcp_sink.h"

#include <unistd.h>

#include "bindings/codec/syslog_encode.h"
#include "bindings/codec/syslog_names.h"
#include "bindings/sink/encoding.h"
#include "bindings/sink/network_sink.h"
#include "bindings/sink/socket_transport.h"

namespace penstock {

namespace {

using SharedOptions = std::shared_ptr<const SocketOptions>;

std::string tls_text(const SocketOptions& socket) {
  if (!socket.tls) return "";
  return socket.tls->verify ? " TLS" : " TLS (unverified)";
}

// What all sinks of this kind are made of; `parts` has its encoder and description.
Result<std::unique_ptr<SinkPlan>> make_sink(NetworkSinkParts parts, const Value& options, const PlanContext& context) {
  Result<DeliveryOptions> delivery = DeliveryOptions::from(options, context.state_directory);
  if (!delivery.ok()) return delivery.take_status();
  parts.framing = parts.encoder->framing();
  parts.delivery = *std::move(delivery);
  parts.state_directory = context.state_directory;
  parts.durable = parts.answered = false;  // nobody says what became of the bytes
  return make_network_sink(std::move(parts));
}

std::string machine_name() {
  char name[256] = "";
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

Result<SyslogParts> syslog_parts(const Value& options) {
  SyslogParts out;
  const std::string facility = options.string_or("facility", "user"), severity = options.string_or("severity", "notice");
  const std::optional<int> facility_number = syslog_facility(facility), severity_number = syslog_severity(severity);
  if (!facility_number) return Status(Code::invalid, "option 'facility': \"" + facility + "\" is none (hint: user, daemon, local0)");
  if (!severity_number) return Status(Code::invalid, "option 'severity': \"" + severity + "\" is none (hint: err, warning, notice, info)");
  out.facility = *facility_number;
  out.severity = *severity_number;
  out.hostname = options.string_or("hostname", machine_name());
  out.app_name = options.string_or("app_name", out.app_name);
  const std::string body = options.string_or("body", "auto");
  out.body = body == "json" ? SyslogParts::Body::json : body == "message" ? SyslogParts::Body::message : SyslogParts::Body::automatic;
  const Value& fields = options["fields"];
  for (const auto& [part, field] : {std::pair<const char*, std::string*>{"facility", &out.facility_field}, {"severity", &out.severity_field},
                                    {"timestamp", &out.timestamp_field}, {"hostname", &out.hostname_field}, {"app_name", &out.app_name_field},
                                    {"proc_id", &out.proc_id_field}, {"msg_id", &out.msg_id_field}, {"structured_data", &out.structured_data_field},
                                    {"message", &out.message_field}})
    *field = fields.string_or(part, *field);
  return out;
}

std::vector<std::string> fields_of(const SyslogParts& parts) {
  return {parts.facility_field, parts.severity_field, "level",           parts.timestamp_field,       parts.hostname_field,
          parts.app_name_field, parts.proc_id_field,  parts.msg_id_field, parts.structured_data_field, parts.message_field};
}

}  // namespace

Result<std::unique_ptr<SinkPlan>> make_tcp_sink(const Value& options, const PlanContext& context) {
  Result<SocketOptions> socket = SocketOptions::from(options);
  if (!socket.ok()) return socket.take_status();
  NetworkSinkParts parts;
  const std::string format = options.string_or("format", "ndjson");
  Result<std::unique_ptr<EncoderPlan>> encoder = find_encoder(format, options, context);
  if (!encoder.ok()) return encoder.take_status();
  parts.encoder = *std::move(encoder);
  parts.description = "tcp " + socket->address.text() + tls_text(*socket) + " " + format;
  const auto shared = std::make_shared<const SocketOptions>(*std::move(socket));
  parts.connections = {{shared->address, net::SocketKind::stream, shared->tls, shared->connect_timeout}};
  parts.open_transport = [shared](const SinkContext& sink) { return make_stream_transport(*shared, sink.scheduler); };
  return make_sink(std::move(parts), options, context);
}

Result<std::unique_ptr<SinkPlan>> make_syslog_sink(const Value& options, const PlanContext& context) {
  Result<SocketOptions> socket = SocketOptions::from(options);
  if (!socket.ok()) return socket.take_status();
  const std::string transport = options.string_or("transport", "tcp");
  const bool datagrams = transport == "udp";
  if (datagrams && socket->tls) return Status(Code::invalid, "option 'tls' is for connections (hint: transport = \"tls\")");
  if (transport == "tls" && !socket->tls) socket->tls.emplace();
  Result<SyslogParts> syslog = syslog_parts(options);
  if (!syslog.ok()) return syslog.take_status();

  NetworkSinkParts parts;
  parts.reads = fields_of(*syslog);
  const SyslogFraming framing = datagrams ? SyslogFraming::datagrams
                                : options.string_or("framing", "octet_counting") == "newline" ? SyslogFraming::newline
                                                                                              : SyslogFraming::octet_counting;
  Result<std::unique_ptr<EncoderPlan>> encoder = make_syslog_encoder(*std::move(syslog), framing);
  if (!encoder.ok()) return Status(Code::invalid, "option 'fields': " + encoder.status().text());
  parts.encoder = *std::move(encoder);
  parts.description = "syslog " + socket->address.text() + (datagrams ? "/udp" : "/tcp") + tls_text(*socket);
  const auto shared = std::make_shared<const SocketOptions>(*std::move(socket));
  parts.connections = {{shared->address, datagrams ? net::SocketKind::datagram : net::SocketKind::stream, shared->tls, shared->connect_timeout}};
  parts.open_transport = [shared, datagrams](const SinkContext& sink) {
    return datagrams ? make_datagram_transport(*shared, sink.scheduler) : make_stream_transport(*shared, sink.scheduler);
  };
  return make_sink(std::move(parts), options, context);
}

}  // namespace penstock
