#include "bindings/kafka/kafka_transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "bindings/kafka/failure.h"
#include "bindings/kafka/statistics.h"
#include "runtime/base/log.h"

namespace penstock::kafka {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t ready_max = 1024;
// What librdkafka counts for a message beside its parts, in the newest format.
constexpr std::size_t framing_bytes = 36;
// Of topics that options do not bound, for there is one.
constexpr rd_kafka_resp_err_t too_many_topics = RD_KAFKA_RESP_ERR__CONFLICT;

bool is_of_records(const Package& package) { return package.form.content_type == record_content_type; }

// What says that a message did not get through, and not why.
bool is_of_reach(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR__FATAL: return true;
    default: return false;
  }
}

// The topic takes nothing, or not there, until something has changed.
bool is_to_blame(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return true;
    default: return false;
  }
}

bool is_of_the_topic(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__INVALID_ARG: return true;
    default: return false;
  }
}

}  // namespace

// A package, from send() until it is answered.
class KafkaTransport::Sending final : public Request {
 public:
  // A message that was not delivered.
  struct Failed {
    std::uint32_t entry;
    rd_kafka_resp_err_t error;
    std::int32_t partition;
    bool by_broker;
    std::string text;  // what is to be said; empty: what the error says
  };

  Sending(KafkaTransport& to, const Package& of, std::function<void(Answer)> call)
      : transport(to), package(of), done(std::move(call)), records(is_of_records(of)), entries(records ? of.events() : 1) {}
  ~Sending() override { transport.give_up(*this); }

  ByteView entry(std::uint32_t number) {
    if (!records) return package.body.view();
    find_offsets();
    return package.body.view().substr(offsets[number], package.entry_bytes[number]);
  }
  // The entry that a message's value stands in.
  std::uint32_t entry_of(const void* value) {
    if (!records) return 0;
    find_offsets();
    // Before an empty value, which ends where the next entry begins, there is still its own entry's head.
    const auto at = static_cast<std::size_t>(static_cast<const char*>(value) - package.body.data()) - 1;
    return static_cast<std::uint32_t>(std::upper_bound(offsets.begin(), offsets.end(), at) - offsets.begin() - 1);
  }
  void fail(std::uint32_t number, rd_kafka_resp_err_t error, std::string text = {}) { failed.push_back({number, error, 0, false, std::move(text)}); }

  KafkaTransport& transport;
  const Package& package;
  std::function<void(Answer)> done;
  const bool records;
  const std::uint32_t entries;
  std::uint32_t next = 0;       // to be produced
  std::size_t offset = 0;       // of the next one
  std::size_t on_their_way = 0;  // messages without a report
  bool produced = false;        // all of them
  bool alone = false;           // some were tried alone
  std::vector<Failed> failed;
  std::unique_ptr<Scheduled> answering;

 private:
  void find_offsets() {
    if (!offsets.empty()) return;
    offsets.reserve(entries);
    std::size_t at = 0;
    for (const std::uint32_t size : package.entry_bytes) {
      offsets.push_back(at);
      at += size;
    }
  }
  std::vector<std::size_t> offsets;  // of the entries; made when something failed
};

KafkaTransport::KafkaTransport(const SinkOptions& options, TransportContext context)
    : options_(options),
      context_(std::move(context)),
      balancer_(make_balancer(options.balancer, context_.seed)),
      topics_(context_.scheduler, options.topics_max,
              {[this] { produce_waiting(); },
               [this](rd_kafka_resp_err_t error) {
                 if (waits_for_topic_) fail_waiting(error);
               }}) {}

KafkaTransport::~KafkaTransport() = default;

// ---- Producers ----

Status KafkaTransport::open() {
  Result<std::unique_ptr<Producer>> producer = open_producer(false);
  if (!producer.ok()) return producer.take_status();
  producer_ = *std::move(producer);
  topics_.use(producer_->client());
  return {};
}

Result<std::unique_ptr<Producer>> KafkaTransport::open_producer(bool alone) {
  Result<Conf> conf = options_.conf();
  if (!conf.ok()) return conf.take_status();
  if (alone)
    if (Status status = set_property(*conf.value(), "batch.num.messages", "1"); !status.ok()) return status;
  Producer::Calls calls;
  calls.on_report = [this](const rd_kafka_message_t& message) { on_report(message); };
  calls.on_error = [this](rd_kafka_resp_err_t error, const std::string& text) { error == RD_KAFKA_RESP_ERR__FATAL ? on_fatal() : on_error(error, text); };
  calls.on_statistics = [this, alone](std::string_view json) {
    if (alone && !has_transactions()) return;  // the other producer speaks for both
    if (Result<std::vector<OwnMetric>> metrics = metrics_of(json); metrics.ok()) context_.metrics.publish(*std::move(metrics));
  };
  return Producer::open(*std::move(conf), context_.component, options_.client, context_.scheduler, std::move(calls));
}

void KafkaTransport::on_error(rd_kafka_resp_err_t error, const std::string& text) {
  if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return note_trouble(error, text);
  if (!trouble_) note_trouble(error, text);
  // The queue says so when it has waited as long as messages may take.
  if (!std::exchange(down_told_, true)) log::warn(context_.component, "no broker can be reached, trying again: " + hinted(trouble_->error, trouble_->text));
  if (waits_for_topic_) fail_waiting(error);
  // It will not pass by itself, so nothing is gained by waiting for the messages' own time.
  // A transaction's messages are given up by its abort alone.
  if (outcome_of(trouble_->error) == Outcome::configuration && !has_transactions()) producer_->purge();
}

// What somebody has to mend is not hidden by what comes of it.
void KafkaTransport::note_trouble(rd_kafka_resp_err_t error, const std::string& text) {
  if (trouble_ && outcome_of(trouble_->error) == Outcome::configuration && outcome_of(error) != Outcome::configuration) return;
  trouble_ = Trouble{error, without_secrets(text, options_.client.secrets)};
}

// Its messages come back, and are sent by the next producer, which is opened when something is to be sent: at the queue's own beat.
// Said again, or of a producer that is retired already, it is no news.
void KafkaTransport::on_fatal() {
  if (ended_) return;
  for (Producer* producer : {producer_.get(), alone_.get()}) {
    std::array<char, 512> text{};
    const rd_kafka_resp_err_t error = producer ? rd_kafka_fatal_error(producer->client()->get(), text.data(), text.size()) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    log::warn(context_.component, "a producer ended, and another one is begun: " + without_secrets(text.data(), options_.client.secrets));
    note_trouble(error, text.data());
    ended_ = true;
    producer->purge();
    if (has_transactions()) context_.transactions->on_ended(without_secrets(text.data(), options_.client.secrets));
  }
  if (ended_ && !waiting_.empty()) again_later_ = context_.scheduler.after(0ms, [this] { produce_waiting(); });
}

// Returns whether there is one.
bool KafkaTransport::replace_producers() {
  if (!has_transactions()) {
    const Status renewed = renew();
    if (renewed.ok()) return true;
    note_trouble(RD_KAFKA_RESP_ERR__INVALID_ARG, renewed.text());
  }
  fail_waiting(RD_KAFKA_RESP_ERR__FATAL);
  return false;
}

Status KafkaTransport::renew(bool alone) {
  Result<std::unique_ptr<Producer>> next = open_producer(alone);
  if (!next.ok()) return next.take_status();
  ended_ = false;
  trouble_.reset();
  down_told_ = false;
  retire(std::exchange(producer_, *std::move(next)));
  if (alone_) retire(std::move(alone_));
  topics_.use(producer_->client());
  return {};
}

void KafkaTransport::retire(std::unique_ptr<Producer> producer) {
  producer->purge();
  retired_.push_back(std::move(producer));
  bury_retired();
}

// Its threads end in the background.
void KafkaTransport::bury_retired() {
  for (auto retired = retired_.begin(); retired != retired_.end();) {
    if ((*retired)->outstanding() != 0) {
      ++retired;
      continue;
    }
    const auto client = std::make_shared<std::shared_ptr<Client>>((*retired)->client());
    retired = retired_.erase(retired);
    const auto burial = burials_.emplace(burials_.end());
    *burial = context_.scheduler.in_background([client] { client->reset(); },
                                               [this, burial] {
                                                 const std::unique_ptr<Scheduled> over = std::move(*burial);
                                                 burials_.erase(burial);
                                               });
  }
  bury_later_.reset();
  if (!retired_.empty()) bury_later_ = context_.scheduler.after(100ms, [this] { bury_retired(); });
}

// ---- Messages out ----

std::unique_ptr<Transport::Request> KafkaTransport::send(const Package& package, std::function<void(Answer)> done) {
  auto sending = std::make_unique<Sending>(*this, package, std::move(done));
  waiting_.push_back(sending.get());
  if (waiting_.size() == 1) produce_waiting();
  return sending;
}

void KafkaTransport::produce_waiting() {
  waits_for_topic_ = false;
  again_later_.reset();
  if (ended_ && !replace_producers()) return;
  while (!waiting_.empty()) {
    Sending& first = *waiting_.front();
    if (!produce(first)) return;
    waiting_.pop_front();
    first.produced = true;
    finish(first);
  }
}

// False: it has to wait, and goes on where it is.
bool KafkaTransport::produce(Sending& sending) {
  if (!ready_.empty() && !produce_ready(sending)) return false;
  topic_.clear();  // so that the table is asked anew, now and then
  return sending.records ? produce_records(sending) : produce_body(sending);
}

bool KafkaTransport::produce_records(Sending& sending) {
  const ByteView body = sending.package.body.view();
  const std::vector<std::uint32_t>& sizes = sending.package.entry_bytes;
  Record record;
  while (sending.next < sending.entries) {
    const std::uint32_t size = sizes[sending.next];
    if (!parse_record(body.substr(sending.offset, size), record)) {
      sending.fail(sending.next, RD_KAFKA_RESP_ERR_INVALID_RECORD, "its entry in the package is damaged");
    } else if (record.refusal) {
      sending.fail(sending.next, RD_KAFKA_RESP_ERR_INVALID_RECORD, std::string(*record.refusal));
    } else if (!produce_record(sending, record)) {
      return false;
    }
    sending.offset += size;
    ++sending.next;
    if (ready_.size() >= ready_max && !produce_ready(sending)) return false;
  }
  return ready_.empty() || produce_ready(sending);
}

bool KafkaTransport::produce_record(Sending& sending, const Record& record) {
  const ByteView topic = record.topic.value_or(options_.topic);
  const bool simple = !record.time_ms && record.header_count == 0;
  if ((topic != topic_ || !simple) && !ready_.empty() && !produce_ready(sending)) return false;
  switch (find_topic(topic)) {
    case Found::not_yet: return false;
    case Found::refused:
      chosen_.reset();
      sending.fail(sending.next, topic_error_);
      return true;
    case Found::ready: break;
  }
  if (!chosen_) chosen_ = balancer_->choose(record.key, record.value.size(), partitions_);
  rd_kafka_message_t message = message_of(sending, record);
  message.partition = *chosen_;
  if (simple) {
    ready_.push_back(message);
  } else {
    const rd_kafka_resp_err_t error = produce_one(*producer_, producer_->topic(topic_), message, record);
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return wait_for_room();
    count_produced(sending, sending.next, error);
    blame_topic(topic_, error);
  }
  chosen_.reset();
  return true;
}

bool KafkaTransport::produce_body(Sending& sending) {
  if (sending.next == 1) return true;
  Record record;
  record.value = sending.package.body.view();
  if (options_.has_batch_key) record.key = options_.batch_key;
  switch (find_topic(options_.topic)) {
    case Found::not_yet: return false;
    case Found::refused: sending.fail(0, topic_error_); break;
    case Found::ready:
      if (!chosen_) chosen_ = balancer_->choose(record.key, record.value.size(), partitions_);
      rd_kafka_message_t message = message_of(sending, record);
      message.partition = *chosen_;
      const rd_kafka_resp_err_t error = produce_one(*producer_, producer_->topic(topic_), message, record);
      if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return wait_for_room();
      count_produced(sending, 0, error);
      chosen_.reset();
  }
  sending.next = 1;
  return true;
}

bool KafkaTransport::produce_ready(Sending& sending) {
  producer_->produce(producer_->topic(topic_), ready_);
  std::size_t done = 0;
  for (; done < ready_.size() && ready_[done].err != RD_KAFKA_RESP_ERR__QUEUE_FULL; ++done) {
    if (ready_[done].err == RD_KAFKA_RESP_ERR_NO_ERROR) [[likely]]
      ++sending.on_their_way;
    else
      count_produced(sending, sending.entry_of(ready_[done].payload), ready_[done].err);
  }
  const rd_kafka_resp_err_t last = done == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : ready_[done - 1].err;
  if (is_to_blame(last)) topics_.blame(topic_, last);
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(done));
  if (ready_.empty() && is_to_blame(last)) topic_.clear();
  return ready_.empty() || wait_for_room();
}

// Not to be given messages that it does not take: librdkafka would keep them for some time, or for ever.
void KafkaTransport::blame_topic(const std::string& topic, rd_kafka_resp_err_t error) {
  if (!is_to_blame(error)) return;
  topics_.blame(topic, error);
  topic_.clear();
}

void KafkaTransport::count_produced(Sending& sending, std::uint32_t entry, rd_kafka_resp_err_t error) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++sending.on_their_way;
    return;
  }
  if (error == RD_KAFKA_RESP_ERR__FATAL) on_fatal();  // its event may not have been served yet
  sending.fail(entry, error);
}

// Reports make room.
bool KafkaTransport::wait_for_room() {
  again_later_ = context_.scheduler.after(5ms, [this] { produce_waiting(); });
  return false;
}

KafkaTransport::Found KafkaTransport::find_topic(ByteView name) {
  if (name != topic_ || name.empty()) {
    if (topics_.full_for(name)) {
      topic_error_ = too_many_topics;
      return Found::refused;
    }
    const TopicTable::Entry* const entry = topics_.find(name);
    if (entry == nullptr) {
      waits_for_topic_ = true;
      return Found::not_yet;
    }
    topic_ = name;
    partitions_ = entry->partitions;
    topic_error_ = entry->error;
  }
  return topic_error_ == RD_KAFKA_RESP_ERR_NO_ERROR ? Found::ready : Found::refused;
}

rd_kafka_message_t KafkaTransport::message_of(Sending& sending, const Record& record) const {
  rd_kafka_message_t message{};
  message.payload = const_cast<char*>(record.value.data());
  message.len = record.value.size();
  // librdkafka tells an empty key from none by its pointer.
  message.key = record.key ? const_cast<char*>(record.key->empty() ? "" : record.key->data()) : nullptr;
  message.key_len = record.key ? record.key->size() : 0;
  message._private = &sending;
  return message;
}

rd_kafka_resp_err_t KafkaTransport::produce_one(Producer& producer, rd_kafka_topic_t* topic, const rd_kafka_message_t& message, const Record& record) {
  return producer.produce(topic, message, record.time_ms.value_or(0), headers_of(record));
}

const rd_kafka_headers_t* KafkaTransport::headers_of(const Record& record) {
  if (record.header_count == 0 && options_.batch_headers.empty()) return nullptr;
  headers_.reset(rd_kafka_headers_new(record.header_count + options_.batch_headers.size()));
  const auto add = [this](ByteView name, ByteView value) {
    rd_kafka_header_add(headers_.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(), static_cast<ssize_t>(value.size()));
  };
  for (const auto& [name, value] : options_.batch_headers) add(name, value);
  ByteView rest = record.headers;
  for (std::uint16_t i = 0; i < record.header_count; ++i) {
    const RecordHeader header = take_header(rest);
    add(header.name, header.value);
  }
  return headers_.get();
}

// Nobody can be asked where their messages go.
void KafkaTransport::fail_waiting(rd_kafka_resp_err_t error) {
  waits_for_topic_ = false;
  chosen_.reset();
  std::deque<Sending*> waiting = std::exchange(waiting_, {});
  for (const rd_kafka_message_t& message : std::exchange(ready_, {})) waiting.front()->fail(waiting.front()->entry_of(message.payload), error);
  for (Sending* sending : waiting) {
    for (; sending->next < sending->entries; ++sending->next) sending->fail(sending->next, error);
    sending->produced = true;
    finish(*sending);
  }
}

// ---- Reports in ----

void KafkaTransport::on_report(const rd_kafka_message_t& message) {
  Sending& sending = *static_cast<Sending*>(message._private);
  --sending.on_their_way;
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    sending.failed.push_back({sending.entry_of(message.payload), message.err, message.partition, true, {}});
    if (has_transactions() && meaning_of(message.err) == Outcome::data) tell_refused(sending, message);
    if (is_to_blame(message.err) && message.rkt) topics_.blame(rd_kafka_topic_name(message.rkt), message.err);
  } else if (trouble_) {
    trouble_.reset();
    down_told_ = false;
  }
  if (sending.on_their_way == 0) finish(sending);
}

void KafkaTransport::finish(Sending& sending) {
  if (!sending.produced || sending.on_their_way != 0 || sending.answering || try_alone(sending)) return;
  sending.answering = context_.scheduler.after(0ms, [&sending, answer = answer_for(sending)] {
    const std::function<void(Answer)> done = std::move(sending.done);
    done(answer);
  });
}

// At once, for the package may never be answered: its transaction is over.
void KafkaTransport::tell_refused(Sending& sending, const rd_kafka_message_t& message) {
  const ByteView entry = sending.entry(sending.entry_of(message.payload));
  Record record;
  const bool is_record = sending.records && parse_record(entry, record);
  context_.transactions->on_refused(entry, reason_of(message.err, is_record ? record.topic.value_or(options_.topic) : options_.topic));
}

// Returns whether messages are on their way again.
bool KafkaTransport::try_alone(Sending& sending) {
  // What failed once fails its transaction.
  if (has_transactions() || std::exchange(sending.alone, true)) return false;
  const auto first = std::stable_partition(sending.failed.begin(), sending.failed.end(), [&](const Sending::Failed& failed) { return !(failed.by_broker && meaning_of(failed.error) == Outcome::data); });
  std::vector<Sending::Failed> again(std::make_move_iterator(first), std::make_move_iterator(sending.failed.end()));
  sending.failed.erase(first, sending.failed.end());
  if (again.empty()) return false;
  if (!alone_) {
    Result<std::unique_ptr<Producer>> producer = open_producer(true);
    if (producer.ok()) alone_ = *std::move(producer);
  }
  for (const Sending::Failed& failed : again) {
    Record record;
    record.value = sending.entry(failed.entry);
    if (sending.records) parse_record(record.value, record);
    else if (options_.has_batch_key) record.key = options_.batch_key;
    rd_kafka_message_t message = message_of(sending, record);
    message.partition = failed.partition;
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__TRANSPORT;
    if (alone_) error = produce_one(*alone_, alone_->topic(std::string(record.topic.value_or(options_.topic))), message, record);
    count_produced(sending, failed.entry, error);
  }
  if (sending.on_their_way != 0 && again.size() > 1 && !std::exchange(alone_told_, true))
    log::warn(context_.component, fmt::format("brokers refuse batches ({}); their messages are sent one by one (hint: set property batch.size below the topic's max.message.bytes)", text_of(again.front().error)));
  return sending.on_their_way != 0;
}

Answer KafkaTransport::answer_for(Sending& sending) const {
  Answer answer;
  std::sort(sending.failed.begin(), sending.failed.end(), [](const auto& a, const auto& b) { return a.entry < b.entry; });
  for (Sending::Failed& failed : sending.failed) {
    const Outcome outcome = meaning_of(failed.error);
    if (failed.text.empty()) {
      Record record;
      const ByteView entry = sending.entry(failed.entry);
      if (!sending.records || !parse_record(entry, record)) record.value = entry;
      if (failed.error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && !failed.by_broker) {
        failed.text = fmt::format("a message of {} bytes, with its key, headers and framing, is larger than option 'max_message', {} bytes",
                                  record.value.size() + (record.key ? record.key->size() : 0) + record.headers.size() + framing_bytes, options_.message_bytes_max);
      } else {
        failed.text = reason_of(failed.error, record.topic.value_or(options_.topic));
      }
    }
    const bool says_more = outcome == Outcome::configuration ? answer.outcome != Outcome::configuration : outcome == Outcome::transient && answer.outcome == Outcome::delivered;
    if (says_more) answer.outcome = outcome;
    if (says_more || answer.text.empty()) answer.text = failed.text;
    answer.failures.push_back({failed.entry, outcome, std::move(failed.text)});
  }
  // One of one, and what befell all, is the package's.
  const bool all_alike = answer.failures.size() == sending.entries &&
                         std::all_of(answer.failures.begin(), answer.failures.end(), [&](const EntryFailure& failure) { return failure.outcome == answer.failures.front().outcome; });
  if (all_alike && (sending.entries == 1 || answer.failures.front().outcome != Outcome::data)) {
    answer.outcome = answer.failures.front().outcome;
    answer.failures.clear();
  }
  return answer;
}

Outcome KafkaTransport::meaning_of(rd_kafka_resp_err_t error) const {
  if (error == too_many_topics) return Outcome::data;
  if (is_of_the_topic(error) && options_.bury_wrong_topics) return Outcome::data;
  if (is_of_reach(error) && trouble_ && outcome_of(trouble_->error) == Outcome::configuration) return Outcome::configuration;
  return outcome_of(error);
}

std::string KafkaTransport::reason_of(rd_kafka_resp_err_t error, ByteView topic) const {
  if (error == too_many_topics) return fmt::format("topic {} would be one more than option 'topics_max' allows, {}", topic, options_.topics_max);
  if (is_of_reach(error) && trouble_) return hinted(trouble_->error, trouble_->text);
  return fmt::format("topic {}: {}", topic, text_of(error));
}

void KafkaTransport::give_up(Sending& sending) {
  if (!waiting_.empty() && waiting_.front() == &sending) {
    ready_.clear();
    chosen_.reset();
    waits_for_topic_ = false;
    again_later_.reset();
  }
  std::erase(waiting_, &sending);
  if (!waiting_.empty() && !again_later_ && !waits_for_topic_) wait_for_room();  // for those behind it
  sending.produced = false;  // never to be answered
  if (sending.on_their_way == 0) return;
  if (producer_) producer_->give_up();
  if (alone_) alone_->give_up();
  for (const std::unique_ptr<Producer>& producer : retired_) producer->give_up();
}

ByteView KafkaTransport::event_of(const Package& package, ByteView entry) const {
  Record record;
  return is_of_records(package) && parse_record(entry, record) ? record.value : entry;
}

}  // namespace penstock::kafka
