#include "bindings/source/listening_source.h"

#include <fmt/format.h>

#include "bindings/net/channel.h"

namespace penstock {

namespace {

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

Result<net::ListenOptions> listen_on(const std::string& text) {
  Result<net::Address> address = net::Address::parse(text);
  if (!address.ok()) return address.take_status();
  // Looked at now, so that a wrong one is a mistake of the script.
  if (Result<net::SocketAddress> numeric = net::numeric_address(*address); !numeric.ok()) return numeric.take_status();
  net::ListenOptions out;
  out.address = *std::move(address);
  return out;
}

ConnectionSettings connection_settings(const Value& options) {
  ConnectionSettings out;
  out.connections_max = static_cast<std::size_t>(options.integer_or("connections_max", 10'000));
  out.idle_timeout = std::chrono::milliseconds(options.integer_or("idle_timeout_ms", 0));
  out.open_channel = net::plain_channel;
  return out;
}

}  // namespace

ListeningSourcePlan::ListeningSourcePlan(ListeningParts parts) : parts_([&] {
  parts.connections.type = parts.type;
  return std::move(parts);
}()) {
  for (const net::ListenOptions& options : parts_.listen) listening_.push_back(std::make_unique<net::Listening>(options));
}

std::unique_ptr<Source> ListeningSourcePlan::open(SourceContext& context) {
  std::vector<std::unique_ptr<Source>> sources;
  for (const auto& listening : listening_) sources.push_back(ConnectionSource::make(context, parts_.connections, *listening));
  return std::make_unique<CombinedSource>(std::move(sources));
}

std::string ListeningSourcePlan::describe() const {
  std::string out = parts_.type;
  for (const net::ListenOptions& options : parts_.listen) out += " " + options.address.text();
  return out;
}

namespace {

Result<std::unique_ptr<SourcePlan>> make_connection_source(const char* type, const Value& options) {
  ListeningParts parts;
  parts.type = type;
  parts.connections = connection_settings(options);
  for (const std::string& text : options.strings("listen")) {
    Result<net::ListenOptions> listen = listen_on(text);
    if (!listen.ok()) return Status(listen.status().code(), "option 'listen': " + listen.status().text());
    if (listen->address.is_unix()) return Status(Code::invalid, "option 'listen': \"" + text + "\" is no TCP address (hint: p.source.unix)");
    parts.listen.push_back(*std::move(listen));
  }
  return std::unique_ptr<SourcePlan>(std::make_unique<ListeningSourcePlan>(std::move(parts)));
}

}  // namespace

Result<std::unique_ptr<SourcePlan>> make_tcp_source(const Value& options, const PlanContext&) { return make_connection_source("tcp", options); }

Result<std::unique_ptr<SourcePlan>> make_syslog_source(const Value& options, const PlanContext&) { return make_connection_source("syslog", options); }

void add_listening_sources(Components& components) {
  components.sources["tcp"] = make_tcp_source;
  components.sources["syslog"] = make_syslog_source;
}

}  // namespace penstock
