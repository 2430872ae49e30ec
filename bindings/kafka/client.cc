#include "bindings/kafka/client.h"

#include <array>
#include <string_view>

#include "runtime/base/log.h"

namespace penstock::kafka {

// Who speaks in the log, and what must not be seen there.
struct Client::Log {
  std::string component;
  std::vector<std::string> secrets;
};

namespace {

// By syslog's numbers.
log::Level level_of(int level, std::string_view facility) {
  if (facility == "FAIL" || facility == "ERROR") return log::Level::debug;
  if (facility == "GETPID") return log::Level::info;  // tried again
  if (level <= 4) return log::Level::warn;
  return level <= 6 ? log::Level::info : log::Level::debug;
}

}  // namespace

Client::Client(rd_kafka_t* client, std::unique_ptr<Log> log) : log_(std::move(log)), client_(client) {}

Client::~Client() { rd_kafka_destroy_flags(client_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }

namespace {

rd_kafka_type_t type_of(Client::Role role) { return role == Client::Role::producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER; }

}  // namespace

Result<std::unique_ptr<Client>> Client::open(Role role, Conf conf, std::string component, const ClientOptions& options) {
  // What librdkafka says of a file that is gone since it was checked names neither the option nor the file.
  if (options.tls)
    if (Status status = net::check_files(*options.tls); !status.ok()) return status;
  auto log = std::make_unique<Log>(Log{std::move(component), options.secrets});
  rd_kafka_conf_set_opaque(conf.get(), log.get());
  rd_kafka_conf_set_log_cb(conf.get(), &Client::write_log);
  std::array<char, 512> why{};
  rd_kafka_t* const client = rd_kafka_new(type_of(role), conf.get(), why.data(), why.size());
  if (client == nullptr) return Status(Code::invalid, without_secrets(why.data(), options.secrets));
  static_cast<void>(conf.release());
  return std::unique_ptr<Client>(new Client(client, std::move(log)));
}

namespace {

// What librdkafka calls by its own names: `(hint: enable.idempotence is option 'idempotent')`.
[[maybe_unused]] std::string options_named_in(std::string_view text, std::span<const OwnedProperty> owned) {
  std::string named;
  for (const OwnedProperty& property : owned)
    if (property.option.starts_with("option") && text.find("`" + std::string(property.name) + "`") != text.npos)
      named += (named.empty() ? "" : ", ") + std::string(property.name) + " is " + std::string(property.option);
  return named.empty() ? "" : " (hint: " + named + ")";
}

}  // namespace

Status Client::try_out(Role role, Conf conf, std::span<const OwnedProperty> owned) {
#if defined(__SANITIZE_THREAD__)
  // librdkafka's threads are C11's (thrd_create), with which the thread sanitizer crashes.
  static_cast<void>(role), static_cast<void>(conf), static_cast<void>(owned);
  return {};
#else
  std::array<char, 512> why{};
  rd_kafka_conf_set(conf.get(), "bootstrap.servers", nullptr, nullptr, 0);
  rd_kafka_conf_set(conf.get(), "security.protocol", "plaintext", nullptr, 0);
  rd_kafka_conf_set_log_cb(conf.get(), nullptr);
  rd_kafka_t* const client = rd_kafka_new(type_of(role), conf.get(), why.data(), why.size());
  if (client == nullptr) return Status(Code::invalid, "librdkafka refuses what the options come to: " + std::string(why.data()) + options_named_in(why.data(), owned));
  static_cast<void>(conf.release());
  rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  return {};
#endif
}

// On any of librdkafka's threads.
void Client::write_log(const rd_kafka_t* client, int level, const char* facility, const char* text) noexcept {
  try {
    const auto* const log = static_cast<const Log*>(rd_kafka_opaque(client));
    const log::Level to = level_of(level, facility);
    if (log::enabled(to)) log::write_limited(to, log->component, without_secrets(std::string(facility) + ": " + text, log->secrets));
  } catch (...) {  // no memory: a line of the log less
  }
}

}  // namespace penstock::kafka
