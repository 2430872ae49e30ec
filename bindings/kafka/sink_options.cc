#include "bindings/kafka/sink_options.h"

#include <algorithm>

#include "bindings/kafka/client.h"
#include "bindings/kafka/failure.h"

namespace penstock::kafka {

namespace {

constexpr OwnedProperty owned_by_the_sink[] = {
    {"acks", "option 'acks'"},
    {"request.required.acks", "option 'acks'"},
    {"enable.idempotence", "option 'idempotent'"},
    {"compression.*", "option 'compression'"},
    {"message.timeout.ms", "option 'timeout'"},
    {"delivery.timeout.ms", "option 'timeout'"},
    {"message.max.bytes", "option 'max_message'"},
    {"partitioner", "option 'balancer'"},
    {"sticky.partitioning.linger.ms", "option 'balancer'"},
    {"transactional.id", "Penstock itself"},
    {"transaction.timeout.ms", "option 'commit_interval' of the source"},
    {"delivery.report.only.error", "Penstock itself"},
    {"queue.buffering.max.messages", "option 'buffer'"},
    {"queue.buffering.max.kbytes", "option 'buffer'"},
    {"group.id", "readers alone"},
};

// For throughput; scripts may say something else by `properties`.
constexpr std::pair<const char*, const char*> defaults[] = {
    {"linger.ms", "5"},                    // events have waited for each other before: in their package
    {"batch.num.messages", "100000"},      // batch.size is what bounds a batch
    {"reconnect.backoff.max.ms", "2000"},  // a broker that is back is found soon
};

Status wrong(const std::string& text) { return Status(Code::invalid, text); }

Status wrong_in_batches(const char* option) {
  return wrong(std::string("option '") + option + "' has a field of events, but with mode = \"batch\" a message holds many (hint: mode = \"event\")");
}

Status read_topic(const Value& options, SinkOptions& into) {
  Result<FieldText> topic = FieldText::parse(options.string_or("topic", ""), "topic");
  if (!topic.ok()) return topic.take_status();
  const std::string wrong_names = options.string_or("unknown_topic", topic->fixed() ? "pause" : "dead_letter");
  into.bury_wrong_topics = wrong_names == "dead_letter";
  into.topics_max = static_cast<std::size_t>(options.integer_or("topics_max", static_cast<std::int64_t>(into.topics_max)));
  if (!topic->fixed()) {
    into.parts.topic = *std::move(topic);
    return {};
  }
  into.topic = topic->text();
  if (const char* why = wrong_topic(into.topic)) return wrong("option 'topic': \"" + into.topic + "\" " + why);
  return {};
}

Status read_key(const Value& options, SinkOptions& into) {
  if (options["key"].is_nil()) return {};
  Result<FieldText> key = FieldText::parse(options["key"].string(), "key");
  if (!key.ok()) return key.take_status();
  into.parts.key = *std::move(key);
  return {};
}

Status read_headers(const Value& headers, SinkOptions& into) {
  if (!headers.is_map()) return {};
  for (const auto& [name, value] : headers.map()) {
    if (name.empty() || name.size() > 1000) return wrong("option 'headers': a name has 1 to 1000 bytes");
    Result<FieldText> text = FieldText::parse(value.string(), "headers." + name);
    if (!text.ok()) return text.take_status();
    into.parts.headers.emplace_back(name, *std::move(text));
  }
  return {};
}

Status read_time(const Value& options, SinkOptions& into) {
  if (options["timestamp"].is_nil()) return {};
  Result<Path> path = parse_path(options["timestamp"].string());
  if (!path.ok()) return wrong("option 'timestamp': " + path.status().text());
  into.parts.time = *std::move(path);
  return {};
}

// What every message has alike moves from `parts` to where it stands once.
Status read_mode(const Value& options, SinkOptions& into) {
  if (options.string_or("mode", "event") == "event") return {};
  into.mode = SinkOptions::Mode::batch;
  MessageParts& parts = into.parts;
  if (parts.topic) return wrong_in_batches("topic");
  if (parts.time) return wrong_in_batches("timestamp");
  if (parts.key && !parts.key->fixed()) return wrong_in_batches("key");
  if (parts.key) into.batch_key = parts.key->text();
  into.has_batch_key = parts.key.has_value();
  for (const auto& [name, value] : parts.headers) {
    if (!value.fixed()) return wrong_in_batches("headers");
    into.batch_headers.emplace_back(name, value.text());
  }
  parts = {};
  return {};
}

Status read_balancer(const Value& options, SinkOptions& into) {
  static constexpr std::pair<std::string_view, BalancerOptions::Kind> kinds[] = {{"least_bytes", BalancerOptions::Kind::least_bytes},
                                                                                 {"hash", BalancerOptions::Kind::hash},
                                                                                 {"round_robin", BalancerOptions::Kind::round_robin},
                                                                                 {"crc32", BalancerOptions::Kind::crc32},
                                                                                 {"murmur2", BalancerOptions::Kind::murmur2}};
  const std::string name = options.string_or("balancer", "hash");
  const auto found = std::find_if(std::begin(kinds), std::end(kinds), [&](const auto& kind) { return kind.first == name; });
  if (found == std::end(kinds)) return wrong("option 'balancer' is \"least_bytes\", \"hash\", \"round_robin\", \"crc32\" or \"murmur2\", got \"" + name + "\"");
  into.balancer = {found->second, options.bool_or("consistent", false), static_cast<std::uint32_t>(options.integer_or("chunk_size", 1))};
  return {};
}

// As far as librdkafka takes them: its zstd ends at 12, and what is above a codec's own it would lower without a word. Its 0 is gzip that
// does not compress, and with the others their default.
Status read_level(const Value& level, SinkOptions& into) {
  if (level.is_nil()) return {};
  static constexpr std::pair<std::string_view, std::int64_t> highest[] = {{"gzip", 9}, {"lz4", 12}, {"zstd", 12}};
  const auto codec = std::find_if(std::begin(highest), std::end(highest), [&](const auto& known) { return known.first == into.compression; });
  const std::string got = ", got " + std::to_string(level.integer());
  if (codec == std::end(highest)) return wrong("option 'compression_level': compression \"" + into.compression + "\" has no levels" + got);
  if (level.integer() < 1 || level.integer() > codec->second)
    return wrong("option 'compression_level' of " + into.compression + " is 1 to " + std::to_string(codec->second) + got);
  into.producer.emplace_back("compression.level", std::to_string(level.integer()));
  return {};
}

Status read_producer(const Value& options, SinkOptions& into) {
  const Value& acks = options["acks"];
  const std::string acks_text = acks.is_number() ? std::to_string(acks.integer()) : options.string_or("acks", "all");
  const bool idempotent = options.bool_or("idempotent", acks_text == "all");
  if (idempotent && acks_text != "all") return wrong("option 'idempotent' needs acks = \"all\"");
  into.acks = acks_text == "all" ? SinkOptions::Acks::all : acks_text == "1" ? SinkOptions::Acks::leader : SinkOptions::Acks::none;
  into.compression = options.string_or("compression", "lz4");
  into.message_bytes_max = options.integer_or("max_message_bytes", into.message_bytes_max);
  into.producer = {{"acks", acks_text},
                   {"enable.idempotence", idempotent ? "true" : "false"},
                   {"compression.codec", into.compression},
                   {"message.timeout.ms", std::to_string(options.integer_or("timeout_ms", 30'000))},
                   {"message.max.bytes", std::to_string(into.message_bytes_max)},
                   // What is in a producer is bounded by the sink's own buffer and the packages in flight.
                   {"queue.buffering.max.messages", "10000000"},
                   {"queue.buffering.max.kbytes", "2097151"}};
  return read_level(options["compression_level"], into);
}

}  // namespace

Result<SinkOptions> SinkOptions::from(const Value& options) {
  SinkOptions into;
  Result<ClientOptions> client = ClientOptions::from(options, Role::producer, owned_by_the_sink);
  if (!client.ok()) return client.take_status();
  into.client = *std::move(client);
  if (Status status = read_topic(options, into); !status.ok()) return status;
  if (Status status = read_key(options, into); !status.ok()) return status;
  if (Status status = read_headers(options["headers"], into); !status.ok()) return status;
  if (Status status = read_time(options, into); !status.ok()) return status;
  if (Status status = read_mode(options, into); !status.ok()) return status;
  if (Status status = read_balancer(options, into); !status.ok()) return status;
  if (Status status = read_producer(options, into); !status.ok()) return status;
  Result<Conf> conf = into.conf();
  if (!conf.ok()) return conf.take_status();
  if (Status status = Client::try_out(Role::producer, *std::move(conf), owned_by_the_sink); !status.ok()) return status;
  return into;
}

Result<Conf> SinkOptions::conf() const {
  Result<Conf> conf = client.conf(defaults);
  if (!conf.ok()) return conf;
  for (const auto& [name, value] : producer)
    if (Status status = set_property(*conf.value(), name, value); !status.ok()) return status;
  return conf;
}

std::string SinkOptions::describe(const std::string& type) const {
  std::string made_of;
  if (parts.topic) {
    for (const FieldText::Part& part : parts.topic->parts()) made_of += part.literal + (part.field ? "{" + to_text(*part.field) + "}" : "");
  }
  return type + " " + client.describe() + " topic " + (topic.empty() ? made_of : topic) + (compression == "none" ? "" : " " + compression);
}

}  // namespace penstock::kafka
