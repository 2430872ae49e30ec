#include "bindings/kafka/topic_table.h"

#include <algorithm>

namespace penstock::kafka {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds known_for = 60s;   // then it is asked again, and used meanwhile
constexpr std::chrono::milliseconds wrong_for = 5s;
constexpr std::chrono::milliseconds ask_for = 5s;      // brokers may take as long to answer
constexpr std::chrono::milliseconds ask_again = 300ms;
constexpr int unknown_answers_max = 3;

}  // namespace

struct TopicTable::Question {
  std::shared_ptr<Client> client;
  std::string topic;
  Entry entry;
  rd_kafka_resp_err_t failure = RD_KAFKA_RESP_ERR_NO_ERROR;  // nobody answered

  // On a background thread.
  void ask() {
    const Topic handle(rd_kafka_topic_new(client->get(), topic.c_str(), nullptr));
    if (!handle) {
      entry.error = rd_kafka_last_error();
      return;
    }
    const rd_kafka_metadata_t* answer = nullptr;
    failure = rd_kafka_metadata(client->get(), 0, handle.get(), &answer, static_cast<int>(ask_for.count()));
    const Metadata metadata(answer);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    if (metadata->topic_cnt != 1) {
      failure = RD_KAFKA_RESP_ERR__BAD_MSG;
      return;
    }
    entry.error = metadata->topics[0].err;
    entry.partitions = metadata->topics[0].partition_cnt;
    if (entry.error == RD_KAFKA_RESP_ERR_NO_ERROR && entry.partitions == 0) entry.error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  }
};

TopicTable::TopicTable(Scheduler& scheduler, std::size_t topics_max, Calls calls) : scheduler_(scheduler), topics_max_(topics_max), calls_(std::move(calls)) {}
TopicTable::~TopicTable() = default;

const TopicTable::Entry* TopicTable::find(std::string_view topic) {
  auto found = rows_.find(topic);
  if (found == rows_.end()) found = rows_.emplace(topic, Row{}).first;
  Row& row = found->second;
  const bool well = row.entry.partitions > 0;
  const Milliseconds age = scheduler_.now() - row.asked;
  if (!row.known || age > (well ? known_for : wrong_for)) {
    row.wanted = true;
    ask_next();
  }
  return row.known && (well || age <= wrong_for) ? &row.entry : nullptr;
}

bool TopicTable::full_for(std::string_view topic) const { return rows_.size() >= topics_max_ && !rows_.contains(topic); }

void TopicTable::forget(std::string_view topic) {
  if (const auto found = rows_.find(topic); found != rows_.end()) found->second.known = false;
}

void TopicTable::ask_next() {
  if (asking_ || later_) return;
  const auto next = std::find_if(rows_.begin(), rows_.end(), [](const auto& row) { return row.second.wanted; });
  if (next == rows_.end()) return;
  const auto question = std::make_shared<Question>(Question{client_, next->first, {}, {}});
  asking_ = scheduler_.in_background([question] { question->ask(); },
                                     [this, question] {
                                       asking_.reset();
                                       on_done(*question);
                                     });
}

void TopicTable::on_done(const Question& question) {
  Row& row = rows_[question.topic];
  const bool unknown = question.entry.error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || question.entry.error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
  if (question.failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
    // Whoever needs it asks again.
    for (auto& [name, other] : rows_) other.wanted = false;
    row.asked = scheduler_.now();
    return calls_.on_failure(question.failure);
  }
  if (unknown && row.entry.partitions == 0 && ++row.unknown_answers < unknown_answers_max) {
    later_ = scheduler_.after(ask_again, [this] {
      later_.reset();
      ask_next();
    });
    return;
  }
  row = {question.entry, scheduler_.now(), true, false, 0};
  ask_next();
  calls_.on_answer();
}

}  // namespace penstock::kafka
