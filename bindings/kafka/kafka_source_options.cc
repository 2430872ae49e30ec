#include "bindings/kafka/kafka_source_options.h"

#include <algorithm>
#include <chrono>

#include "bindings/codec/event_time.h"
#include "bindings/kafka/client.h"
#include "runtime/base/units.h"
#include "runtime/filter/regex.h"

namespace penstock::kafka {

namespace {

constexpr OwnedProperty owned_by_source[] = {
    {"group.id", "option 'group'"},
    {"group.instance.id", "option 'instance_id'"},
    {"group.protocol*", "Penstock itself: its groups share partitions in the cooperative way"},
    {"partition.assignment.strategy", "Penstock itself: its groups share partitions in the cooperative way"},
    {"auto.offset.reset", "option 'start'"},
    {"enable.auto.*", "Penstock itself: a position is committed when its events are acked"},
    {"auto.commit.*", "option 'commit_interval'"},
    {"enable.partition.eof", "option 'follow'"},
    {"isolation.level", "option 'read_uncommitted'"},
    {"session.timeout.ms", "option 'session_timeout'"},
    {"queued.*", "option 'prefetch'"},
    {"offset.store.method", "Penstock itself: positions are kept by the brokers"},
};

constexpr std::uint64_t fetch_partition_bytes_max = 1024 * 1024;
constexpr std::uint64_t fetch_bytes_max = 50 * 1024 * 1024;

using std::chrono::milliseconds;

Result<Start> read_start(const std::string& text, std::int64_t now_ms) {
  if (text == "earliest") return Start{Start::Kind::earliest, 0};
  if (text == "latest") return Start{Start::Kind::latest, 0};
  if (const Result<milliseconds> ago = parse_duration(text); ago.ok()) return Start{Start::Kind::time, now_ms - ago.value().count()};
  if (const auto time = parse_event_time(text)) return Start{Start::Kind::time, std::chrono::duration_cast<milliseconds>(time->time_since_epoch()).count()};
  return Status(Code::invalid, "option 'start' must be \"earliest\", \"latest\", a time such as \"2026-11-21T10:00:00Z\", or so long ago, such as \"1h\"; got \"" + text + "\"");
}

Status check_topics(const std::vector<std::string>& topics) {
  constexpr std::size_t name_bytes_max = 249;  // of Kafka's
  if (topics.empty()) return Status(Code::invalid, "option 'topic' is empty");
  for (const std::string& topic : topics) {
    if (topic.starts_with('^')) {
      if (const auto compiled = compile_regex(topic); !compiled.ok()) return Status(Code::invalid, "option 'topic': " + compiled.status().text());
      continue;
    }
    const bool plain = std::all_of(topic.begin(), topic.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-'; });
    if (!plain || topic.empty() || topic.size() > name_bytes_max)
      return Status(Code::invalid, "option 'topic': \"" + topic + "\" is no topic's name: letters, digits, '.', '_' and '-', at most 249 (hint: a pattern begins with ^)");
  }
  return {};
}

// A transaction lasts commit_interval; ten of them are within the brokers' transaction.max.timeout.ms of 15 minutes.
constexpr milliseconds transaction_max{60'000};

Status check_exactly_once(const KafkaSourceOptions& options) {
  if (options.read_uncommitted) return Status(Code::invalid, "option 'read_uncommitted' takes messages that are never committed: not with delivery = \"exactly_once\"");
  if (options.commit_interval <= transaction_max) return {};
  return Status(Code::invalid, "option 'commit_interval' is at most 60s with delivery = \"exactly_once\": a transaction lasts so long, and brokers end those that take too long");
}

std::vector<std::pair<const char*, const char*>> views_of(const std::vector<std::pair<const char*, std::string>>& properties) {
  std::vector<std::pair<const char*, const char*>> views;
  for (const auto& [name, value] : properties) views.emplace_back(name, value.c_str());
  return views;
}

}  // namespace

Result<KafkaSourceOptions> KafkaSourceOptions::from(const Value& options, std::int64_t now_ms, bool exactly_once) {
  KafkaSourceOptions out;
  Result<ClientOptions> client = ClientOptions::from(options, Role::consumer, owned_by_source);
  if (!client.ok()) return client.take_status();
  out.client = *std::move(client);
  out.topics = options.strings("topic");
  if (Status topics = check_topics(out.topics); !topics.ok()) return topics;
  Result<Start> start = read_start(options.string_or("start", "earliest"), now_ms);
  if (!start.ok()) return start.take_status();
  out.start = *start;
  out.group = options.string_or("group", "");
  out.instance_id = options.string_or("instance_id", "");
  out.follow = options.bool_or("follow", true);
  out.read_uncommitted = options.bool_or("read_uncommitted", false);
  out.prefetch_bytes_max = static_cast<std::uint64_t>(options["prefetch_bytes_max"].integer());
  out.session_timeout = milliseconds(options["session_timeout_ms"].integer());
  out.handover_timeout = milliseconds(options["handover_timeout_ms"].integer());
  out.commit_interval = milliseconds(options["commit_interval_ms"].integer());
  out.exactly_once = exactly_once;
  if (Status fits = exactly_once ? check_exactly_once(out) : Status(); !fits.ok()) return fits;
  const std::string quote = options.string_or("quote", "\"");
  const std::string delimiter = options.string_or("delimiter", ",");
  out.partitions.text = MessageText(options.string_or("format", "json"), quote.empty() ? '\0' : quote.front(), delimiter.empty() ? ',' : delimiter.front());
  out.partitions.metadata = options.string_or("metadata", "");
  Result<Conf> conf = out.conf(0);
  if (!conf.ok()) return conf.take_status();
  if (Status status = Client::try_out(Role::consumer, *std::move(conf), owned_by_source); !status.ok()) return status;
  return out;
}

Result<Conf> KafkaSourceOptions::conf(int worker) const {
  const std::uint64_t fetch_bytes = std::min(fetch_bytes_max, prefetch_bytes_max);
  std::vector<std::pair<const char*, std::string>> own{
      {"group.id", group},
      {"partition.assignment.strategy", "cooperative-sticky"},
      {"session.timeout.ms", std::to_string(session_timeout.count())},
      // librdkafka wants it to be no shorter than the session.
      {"max.poll.interval.ms", std::to_string(std::max<std::int64_t>(300'000, session_timeout.count()))},
      {"heartbeat.interval.ms", std::to_string(std::min<std::int64_t>(1000, session_timeout.count() / 3))},
      // Positions are looked up by us: this is for one that the broker has deleted.
      {"auto.offset.reset", "earliest"},
      {"enable.auto.offset.store", "false"},
      {"enable.auto.commit", exactly_once ? "false" : "true"},
      {"auto.commit.interval.ms", std::to_string(commit_interval.count())},
      {"isolation.level", read_uncommitted ? "read_uncommitted" : "read_committed"},
      {"enable.partition.eof", follow ? "false" : "true"},
      {"queued.max.messages.kbytes", std::to_string(std::max<std::uint64_t>(1, prefetch_bytes_max / 1024))},
      {"queued.min.messages", std::to_string(prefetch_messages_max)},
      {"fetch.max.bytes", std::to_string(fetch_bytes)},
      {"fetch.message.max.bytes", std::to_string(std::min(fetch_partition_bytes_max, fetch_bytes))},
  };
  // librdkafka wants fetch.max.bytes to hold the largest message that it may get.
  own.emplace_back("receive.message.max.bytes", std::to_string(std::max<std::uint64_t>(fetch_bytes, 100 * 1000 * 1000) + 1024));
  if (!instance_id.empty()) own.emplace_back("group.instance.id", instance_id + "-" + std::to_string(worker));
  const std::vector<std::pair<const char*, const char*>> defaults = views_of(own);
  Result<Conf> conf = client.conf(defaults);
  if (!conf.ok()) return conf;
  rd_kafka_conf_set_events(conf->get(), RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS);
  return conf;
}

std::string KafkaSourceOptions::describe() const {
  std::string out = "kafka";
  for (const std::string& topic : topics) out += " " + topic;
  return out + " (" + client.describe() + "), group " + group + (follow ? "" : ", to its end");
}

}  // namespace penstock::kafka
