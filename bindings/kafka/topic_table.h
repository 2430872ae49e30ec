// How many partitions each topic has, as the brokers say.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "bindings/kafka/client.h"
#include "runtime/loop/scheduler.h"

namespace penstock::kafka {

// One worker's thread; brokers are asked on a background one, for one topic at a time.
//
// A topic that is well is asked for again once a minute while it is used, so that partitions that are added get their share; one that then
// is not there is used on for half a minute, for a broker that has just come up may not know of it yet. One that is wrong is asked for again
// after 5 s, the next times ever later, up to 5 min, and is wrong until the answer.
class TopicTable {
 public:
  struct Entry {
    std::int32_t partitions = 0;                             // above 0: known
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;  // of the topic itself; then it is not to be used
  };
  struct Answer {
    Entry entry;
    rd_kafka_resp_err_t failure = RD_KAFKA_RESP_ERR_NO_ERROR;  // nobody answered
  };
  struct Calls {
    // A topic that was asked for is known, or has an error.
    std::function<void()> on_answer;
    // The brokers could not be asked.
    std::function<void(rd_kafka_resp_err_t)> on_failure;
    // Asks the brokers, on a thread that may wait; tests have one of their own.
    std::function<Answer(Client*, const std::string& topic)> ask = ask_brokers;
  };

  // At most `topics_max` topics that are well are known, and as many that are wrong: of those the oldest answer is forgotten first.
  TopicTable(Scheduler& scheduler, std::size_t topics_max, Calls calls);
  ~TopicTable();

  // The client to ask. Before anything else, and again when there is a new one: that has to be asked before it is given messages, for
  // librdkafka keeps what it does not know the partitions of apart, and from a transaction's coordinator even with a partition that is none.
  void use(std::shared_ptr<Client> client);

  // Null: not known yet, asks; a call follows.
  const Entry* find(std::string_view topic);
  // Whether there is no room for a topic that is not known yet.
  bool full_for(std::string_view topic) const;
  // A message to the topic failed with this error of the topic's own: it is not to be used for a while, or asked for anew.
  void blame(std::string_view topic, rd_kafka_resp_err_t error);

 private:
  using Milliseconds = std::chrono::milliseconds;
  struct Row {
    Entry entry;
    Milliseconds asked{0};        // when the latest answer came
    Milliseconds wrong_since{0};  // while it is used on
    bool known = false;
    bool wanted = false;      // is to be asked for
    bool doubted = false;     // well, but not there by the latest answer
    int unknown_answers = 0;  // in a row: a topic that is being made by this very question is not there at first
    int times_wrong = 0;      // lately

    bool is_well() const { return entry.partitions > 0 && entry.error == RD_KAFKA_RESP_ERR_NO_ERROR; }
    bool is_wrong() const { return known && !is_well(); }
  };
  struct Question;
  using Rows = std::map<std::string, Row, std::less<>>;

  static Answer ask_brokers(Client* client, const std::string& topic);
  Milliseconds good_for(const Row& row) const;
  void ask_next();
  void on_done(const std::string& topic, const Answer& answer);
  void settle(Row& row, const Entry& entry);
  void make_wrong(Row& row, rd_kafka_resp_err_t error);
  std::size_t count_wrong() const;
  void forget_oldest_wrong();

  Scheduler& scheduler_;
  const std::size_t topics_max_;
  Calls calls_;
  std::shared_ptr<Client> client_;
  Rows rows_;
  std::unique_ptr<Scheduled> asking_;
  std::unique_ptr<Scheduled> later_;
};

}  // namespace penstock::kafka
