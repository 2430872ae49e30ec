#include "bindings/kafka/topic_table.h"

#include <algorithm>
#include <utility>

namespace penstock::kafka {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds well_for = 60s;
constexpr std::chrono::milliseconds doubted_for = 5s;
constexpr std::chrono::milliseconds used_on_for = 30s;
constexpr std::chrono::milliseconds wrong_for = 5s;
constexpr std::chrono::milliseconds wrong_for_most = 300s;
constexpr int times_wrong_max = 7;                    // the doublings from one to the other
constexpr std::chrono::milliseconds ask_for = 5s;     // brokers may take as long to answer
constexpr std::chrono::milliseconds ask_again = 300ms;
constexpr int unknown_answers_max = 3;
// With more names that are wrong, names are what events bring along, and nobody waits for a topic to be made.
constexpr std::size_t names_to_wait_for = 10;

bool is_not_there(rd_kafka_resp_err_t error) { return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE; }

}  // namespace

TopicTable::Answer TopicTable::ask_brokers(Client* client, const std::string& topic) {
  const Topic handle(rd_kafka_topic_new(client->get(), topic.c_str(), nullptr));
  if (!handle) return {{0, rd_kafka_last_error()}, {}};
  const rd_kafka_metadata_t* answer = nullptr;
  const auto failure = rd_kafka_metadata(client->get(), 0, handle.get(), &answer, static_cast<int>(ask_for.count()));
  const Metadata metadata(answer);
  if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) return {{}, failure};
  if (metadata->topic_cnt != 1) return {{}, RD_KAFKA_RESP_ERR__BAD_MSG};
  Entry entry{metadata->topics[0].partition_cnt, metadata->topics[0].err};
  if (entry.error == RD_KAFKA_RESP_ERR_NO_ERROR && entry.partitions == 0) entry.error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  return {entry, {}};
}

TopicTable::TopicTable(Scheduler& scheduler, std::size_t topics_max, Calls calls) : scheduler_(scheduler), topics_max_(topics_max), calls_(std::move(calls)) {}
TopicTable::~TopicTable() = default;

void TopicTable::use(std::shared_ptr<Client> client) {
  client_ = std::move(client);
  std::erase_if(rows_, [](const auto& row) { return !row.second.is_well() && !row.second.wanted; });
  for (auto& [name, row] : rows_) row.known = false;
}

TopicTable::Milliseconds TopicTable::good_for(const Row& row) const {
  if (row.is_well()) return row.doubted ? doubted_for : well_for;
  return std::min(wrong_for * (1 << std::clamp(row.times_wrong - 1, 0, times_wrong_max)), wrong_for_most);
}

const TopicTable::Entry* TopicTable::find(std::string_view topic) {
  auto found = rows_.find(topic);
  if (found == rows_.end()) found = rows_.emplace(topic, Row{}).first;
  Row& row = found->second;
  if (!row.known || scheduler_.now() - row.asked > good_for(row)) {
    row.wanted = true;
    ask_next();
  }
  return row.known ? &row.entry : nullptr;
}

bool TopicTable::full_for(std::string_view topic) const {
  if (rows_.contains(topic)) return false;
  return rows_.size() - count_wrong() >= topics_max_;
}

void TopicTable::blame(std::string_view topic, rd_kafka_resp_err_t error) {
  const auto found = rows_.find(topic);
  if (found == rows_.end() || !found->second.is_well()) return;
  if (error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
    found->second.known = false;
  else
    make_wrong(found->second, error);
}

void TopicTable::ask_next() {
  if (asking_ || later_) return;
  const auto next = std::find_if(rows_.begin(), rows_.end(), [](const auto& row) { return row.second.wanted; });
  if (next == rows_.end()) return;
  auto answer = std::make_shared<Answer>();
  asking_ = scheduler_.in_background([ask = calls_.ask, client = client_, topic = next->first, answer] { *answer = ask(client.get(), topic); },
                                     [this, client = client_.get(), topic = next->first, answer] {
                                       asking_.reset();
                                       client == client_.get() ? on_done(topic, *answer) : ask_next();
                                     });
}

void TopicTable::on_done(const std::string& topic, const Answer& answer) {
  Row& row = rows_[topic];
  if (answer.failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
    // Whoever needs it asks again.
    for (auto& [name, other] : rows_) other.wanted = false;
    row.asked = scheduler_.now();
    if (!row.known && !row.is_well()) rows_.erase(topic);
    return calls_.on_failure(answer.failure);
  }
  const int answers_max = count_wrong() > names_to_wait_for ? 1 : unknown_answers_max;
  const bool is_used = row.known && row.is_well();
  if (is_not_there(answer.entry.error) && !is_used && !row.is_wrong() && ++row.unknown_answers < answers_max) {
    later_ = scheduler_.after(ask_again, [this] {
      later_.reset();
      ask_next();
    });
    return;
  }
  settle(row, answer.entry);
  forget_oldest_wrong();
  ask_next();
  calls_.on_answer();
}

void TopicTable::settle(Row& row, const Entry& entry) {
  row.wanted = false;
  row.unknown_answers = 0;
  if (entry.error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    row.entry = entry;
    row.asked = scheduler_.now();
    row.known = true;
    row.doubted = false;
    return;
  }
  if (!row.is_well() || !row.known || !is_not_there(entry.error)) return make_wrong(row, entry.error);
  if (!std::exchange(row.doubted, true)) row.wrong_since = scheduler_.now();
  if (scheduler_.now() - row.wrong_since >= used_on_for) return make_wrong(row, entry.error);
  row.asked = scheduler_.now();
}

void TopicTable::make_wrong(Row& row, rd_kafka_resp_err_t error) {
  const bool lately = scheduler_.now() - row.asked <= 2 * wrong_for_most;
  row.times_wrong = lately ? std::min(row.times_wrong + 1, times_wrong_max) : 1;
  row.entry = {0, error};
  row.asked = scheduler_.now();
  row.known = true;
  row.doubted = row.wanted = false;
}

std::size_t TopicTable::count_wrong() const {
  return static_cast<std::size_t>(std::count_if(rows_.begin(), rows_.end(), [](const auto& row) { return row.second.is_wrong(); }));
}

void TopicTable::forget_oldest_wrong() {
  if (count_wrong() <= topics_max_) return;
  auto oldest = rows_.end();
  for (auto row = rows_.begin(); row != rows_.end(); ++row)
    if (row->second.is_wrong() && !row->second.wanted && (oldest == rows_.end() || row->second.asked < oldest->second.asked)) oldest = row;
  if (oldest != rows_.end()) rows_.erase(oldest);
}

}  // namespace penstock::kafka
