// The sinks `tcp` and `syslog`: events over connections and datagrams whose receivers answer nothing.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

// Options: address, format (ndjson, raw, logfmt, csv without header), tls = { verify, ca, cert, key, server_name }, connect_timeout_ms,
// timeout_ms, and those of delivery.
Result<std::unique_ptr<SinkPlan>> make_tcp_sink(const Value& options, const PlanContext& context);

// Options: those of tcp but format, and transport (`tcp`, `tls`, `udp`), framing (`octet_counting`, `newline`), facility, severity,
// hostname, app_name, body (`auto`, `message`, `json`), and fields = { hostname = "path", ... }: see bindings/codec/syslog_encode.h.
Result<std::unique_ptr<SinkPlan>> make_syslog_sink(const Value& options, const PlanContext& context);

}  // namespace penstock
