#include "bindings/kafka/client_options.h"

#include <algorithm>
#include <array>

#include "runtime/base/nearest_name.h"
#include "runtime/base/value.h"

namespace penstock::kafka {

namespace {

constexpr std::size_t brokers_max = 1000;

constexpr OwnedProperty owned_by_every_client[] = {
    {"bootstrap.servers", "option 'brokers'"},
    {"metadata.broker.list", "option 'brokers'"},
    {"client.id", "option 'client_id'"},
    {"security.protocol", "options 'tls' and 'sasl'"},
    {"sasl.*", "option 'sasl'"},
    {"enable.sasl.*", "option 'sasl'"},
    {"ssl.ca.*", "option 'tls'"},
    {"ssl.certificate.*", "option 'tls'"},
    {"ssl.key.*", "option 'tls'"},
    {"ssl.keystore.*", "option 'tls'"},
    {"ssl.endpoint.identification.algorithm", "option 'tls.verify_name'"},
    {"enable.ssl.certificate.verification", "option 'tls.verify'"},
    {"statistics.interval.ms", "Penstock itself, for its metrics"},
    {"log.*", "Penstock itself, for its log"},
    {"enabled_events", "Penstock itself"},
    // They load code into the process.
    {"plugin.*", ""},
    {"ssl.engine.*", ""},
    {"ssl.providers", ""},
    // They write files and send signals.
    {"offset.store.path", ""},
    {"internal.*", ""},
    // The C library's own random numbers are the whole process's.
    {"enable.random.seed", ""},
    // Pretended brokers, for librdkafka's tests; in the place of those of option 'brokers'.
    {"test.*", ""},
};

Status wrong(const std::string& text) { return Status(Code::invalid, text); }

bool stands_for(const OwnedProperty& owned, std::string_view name) {
  return owned.name.back() == '*' ? name.starts_with(owned.name.substr(0, owned.name.size() - 1)) : owned.name == name;
}

const OwnedProperty* owner_of(std::string_view name, std::span<const OwnedProperty> owned) {
  const auto found = std::find_if(owned.begin(), owned.end(), [&](const OwnedProperty& property) { return stands_for(property, name); });
  return found == owned.end() ? nullptr : &*found;
}

bool is_for(const KnownProperty& property, Role role) { return role == Role::producer ? property.producers : property.consumers; }

Status unknown_property(const std::string& name, Role role) {
  std::vector<std::string_view> names;
  for (const KnownProperty& property : known_properties())
    if (property.text && is_for(property, role)) names.push_back(property.name);
  const std::string_view nearest = nearest_name(name, std::span<const std::string_view>(names));
  return wrong("option 'properties': the manual of librdkafka " + std::string(rd_kafka_version_str()) + " has no " + name + " (hint: " +
               (nearest.empty() ? "see its CONFIGURATION.md" : std::string(nearest)) + ")");
}

Status check_property(const std::string& name, Role role, std::span<const OwnedProperty> owned) {
  const std::string start = "option 'properties': " + name;
  const OwnedProperty* owner = owner_of(name, owned_by_every_client);
  if (owner == nullptr) owner = owner_of(name, owned);
  if (owner != nullptr) return owner->option.empty() ? wrong(start + " is not for scripts") : wrong(start + " is set by " + std::string(owner->option));
  const KnownProperty* const known = find_known_property(name);
  if (known == nullptr) return unknown_property(name, role);
  if (!known->text) return wrong(start + " is not for scripts");
  if (!is_for(*known, role)) return wrong(start + (role == Role::producer ? " means nothing to a sink: it is for readers" : " means nothing to a source: it is for writers"));
  return {};
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// What of a broker's text may be shown: what stands before an @ may be a password, and what follows a ? may have one.
std::string shown(std::string_view text) {
  const std::size_t at = text.rfind('@');
  const std::string_view rest = at == text.npos ? text : text.substr(at);
  const std::size_t question = rest.find('?');
  return "\"" + std::string(at == text.npos ? "" : "...") + std::string(rest.substr(0, question)) + (question == rest.npos ? "" : "?...") + "\"";
}

Status wrong_broker(std::string_view text, const std::string& why) { return wrong("option 'brokers': " + shown(text) + " " + why + " (hint: host:port)"); }

// host, host:port or [v6]:port; 9092 is what every Kafka listens on by itself.
Result<std::string> read_broker(std::string_view text) {
  const auto refuse = [&](const char* why) { return wrong_broker(text, why); };
  if (text.find("://") != text.npos) return refuse("has a scheme; options tls and sasl say how it is spoken to");
  if (text.find_first_of(" /?\"'") != text.npos) return refuse("is no address");
  const std::size_t bracket = text.find(']');
  if ((text.front() == '[') != (bracket != text.npos)) return refuse("is no address");
  const std::string_view rest = bracket == text.npos ? text : text.substr(bracket + 1);
  const std::size_t colon = rest.rfind(':');
  if (bracket == text.npos && std::count(text.begin(), text.end(), ':') > 1) return refuse("is an IPv6 address without brackets");
  if (colon == rest.npos) return std::string(text) + ":9092";
  const std::string_view port = rest.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || std::stoi(std::string(port)) < 1 || std::stoi(std::string(port)) > 65535) return refuse("has no port that can be connected to");
  if (text.front() == ':') return refuse("has no host");
  return std::string(text);
}

// One text, of one or several.
Status read_brokers(std::string_view given, std::vector<std::string>& into) {
  // Seen before it is taken apart: a password may have commas.
  if (given.find('@') != given.npos) return wrong_broker(given, "has a user before the @; option sasl takes user and password");
  while (!given.empty()) {
    const std::size_t comma = given.find(',');
    const std::string_view one = trimmed(given.substr(0, comma));
    given = comma == given.npos ? std::string_view() : given.substr(comma + 1);
    if (one.empty()) continue;
    Result<std::string> broker = read_broker(one);
    if (!broker.ok()) return broker.take_status();
    into.push_back(*std::move(broker));
  }
  return {};
}

Status read_brokers(const Value& options, ClientOptions& into) {
  for (const std::string& given : options.strings("brokers"))
    if (Status status = read_brokers(given, into.brokers); !status.ok()) return status;
  if (into.brokers.empty()) return wrong("option 'brokers' is empty (hint: brokers = \"kafka-1:9092,kafka-2:9092\")");
  if (into.brokers.size() > brokers_max) return wrong("option 'brokers' names " + std::to_string(into.brokers.size()) + ", at most " + std::to_string(brokers_max) + " can be");
  return {};
}

Status read_sasl(const Value& sasl, ClientOptions& into) {
  if (!sasl.is_map()) return {};
  const Value& password = sasl["password"];
  into.sasl = Sasl{sasl.string_or("mechanism", "PLAIN"), sasl.string_or("user", ""), password.is_secret() ? password.secret() : Secret(sasl.string_or("password", ""))};
  if (into.sasl->user.empty() || into.sasl->password.reveal().empty()) return wrong("option 'sasl' wants user and password");
  into.secrets.push_back(into.sasl->password.reveal());
  return {};
}

Status read_tls(const Value& tls, ClientOptions& into) {
  if (!tls.is_map()) return {};
  into.tls = net::TlsClientOptions::from(tls);
  const net::Identity& identity = into.tls->identity;
  if (identity.certificate.empty() != identity.key.is_nil()) return wrong("option 'tls': cert and key go together");
  if (identity.key_password && identity.key.is_nil()) return wrong("option 'tls.key_password' is that of tls.key, which is missing");
  if (identity.key.is_secret()) into.secrets.push_back(identity.key.secret().reveal());
  if (identity.key_password) into.secrets.push_back(identity.key_password->reveal());
  return net::check_files(*into.tls);
}

Status read_properties(const Value& properties, Role role, std::span<const OwnedProperty> owned, ClientOptions& into) {
  if (!properties.is_map()) return {};
  for (const auto& [name, value] : properties.map()) {
    if (Status status = check_property(name, role, owned); !status.ok()) return status;
    if (!value.is_string() && !value.is_number() && !value.is_bool()) return wrong("option 'properties': the value of " + name + " must be a string, a number or a boolean");
    into.properties.emplace_back(name, value.is_string() ? value.string() : to_text(value));
  }
  return {};
}

using Property = std::pair<const char*, std::string>;

std::vector<Property> tls_properties(const net::TlsClientOptions& tls) {
  const auto& [certificate, key, key_password] = tls.identity;
  std::vector<Property> properties;
  if (!tls.ca.empty()) properties.emplace_back("ssl.ca.location", tls.ca);
  if (!certificate.empty()) properties.emplace_back("ssl.certificate.location", certificate);
  if (key.is_secret()) properties.emplace_back("ssl.key.pem", key.secret().reveal());
  if (key.is_string()) properties.emplace_back("ssl.key.location", key.string());
  if (key_password) properties.emplace_back("ssl.key.password", key_password->reveal());
  properties.emplace_back("enable.ssl.certificate.verification", tls.verify ? "true" : "false");
  properties.emplace_back("ssl.endpoint.identification.algorithm", tls.verify && tls.verify_name ? "https" : "none");
  return properties;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ",") + text;
  return out;
}

}  // namespace

Result<ClientOptions> ClientOptions::from(const Value& options, Role role, std::span<const OwnedProperty> owned) {
  ClientOptions into;
  into.client_id = options.string_or("client_id", "penstock");
  if (Status status = read_brokers(options, into); !status.ok()) return status;
  if (Status status = read_sasl(options["sasl"], into); !status.ok()) return status;
  if (Status status = read_tls(options["tls"], into); !status.ok()) return status;
  if (Status status = read_properties(options["properties"], role, owned, into); !status.ok()) return status;
  if (Result<Conf> tried = into.conf(); !tried.ok()) return tried.take_status();
  return into;
}

Result<Conf> ClientOptions::conf(std::span<const std::pair<const char*, const char*>> defaults) const {
  Conf conf(rd_kafka_conf_new());
  std::vector<Property> own(defaults.begin(), defaults.end());
  own.insert(own.end(), {{"bootstrap.servers", joined(brokers)}, {"client.id", client_id}, {"socket.keepalive.enable", "true"}, {"socket.nagle.disable", "true"}});
  own.emplace_back("security.protocol", sasl ? (tls ? "sasl_ssl" : "sasl_plaintext") : (tls ? "ssl" : "plaintext"));
  if (sasl) {
    own.emplace_back("sasl.mechanisms", sasl->mechanism);
    own.emplace_back("sasl.username", sasl->user);
    own.emplace_back("sasl.password", sasl->password.reveal());
  }
  if (tls)
    for (Property& property : tls_properties(*tls)) own.push_back(std::move(property));
  for (const auto& [name, value] : own)
    if (Status status = set_property(*conf, name, value); !status.ok()) return Status(status.code(), without_secrets(status.text(), secrets));
  for (const auto& [name, value] : properties)
    if (Status status = set_property(*conf, name, value); !status.ok()) return wrong("option 'properties': " + status.text());
  return conf;
}

std::string ClientOptions::describe() const {
  std::string text = joined(brokers);
  if (sasl) text += " SASL " + sasl->mechanism;
  if (tls) text += std::string(sasl ? " over" : "") + " TLS" + (tls->verify ? "" : " (unverified)");
  return text;
}

Status set_property(rd_kafka_conf_t& conf, const std::string& name, const std::string& value) {
  std::array<char, 512> why{};
  // The text may hold something although it went well: only the result counts.
  if (rd_kafka_conf_set(&conf, name.c_str(), value.c_str(), why.data(), why.size()) == RD_KAFKA_CONF_OK) return {};
  return wrong("property '" + name + "': " + why.data());
}

std::string without_secrets(std::string text, std::span<const std::string> secrets) {
  static constexpr std::string_view mask = "[secret]";
  for (const std::string& secret : secrets) {
    if (secret.empty()) continue;
    for (std::size_t at = 0; (at = text.find(secret, at)) != text.npos; at += mask.size()) text.replace(at, secret.size(), mask);
  }
  return text;
}

}  // namespace penstock::kafka
