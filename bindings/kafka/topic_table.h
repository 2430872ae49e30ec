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

// One worker's thread; brokers are asked on a background one, for one topic at a time. What is known is asked for again once a
// minute while it is used, so that partitions that are added get their share.
class TopicTable {
 public:
  struct Entry {
    std::int32_t partitions = 0;                                   // above 0: known
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;        // of the topic itself, as of the latest answer
  };
  struct Calls {
    // A topic that was asked for is known, or has an error.
    std::function<void()> on_answer;
    // The brokers could not be asked.
    std::function<void(rd_kafka_resp_err_t)> on_failure;
  };

  // At most `topics_max` topics are known. What is referred to outlives it.
  TopicTable(Scheduler& scheduler, std::size_t topics_max, Calls calls);
  ~TopicTable();

  // The client to ask. Before anything else, and again when there is a new one.
  void use(std::shared_ptr<Client> client) { client_ = std::move(client); }

  // Null: not known yet, asks; a call follows. An error is good for some seconds, then it is asked again.
  const Entry* find(std::string_view topic);
  // Whether there is no room for a topic that is not known yet.
  bool full_for(std::string_view topic) const;
  // What is known of it is wrong: ask when it is needed next.
  void forget(std::string_view topic);

 private:
  using Milliseconds = std::chrono::milliseconds;
  struct Row {
    Entry entry;
    Milliseconds asked{0};    // when the latest answer came
    bool known = false;
    bool wanted = false;      // is to be asked for
    int unknown_answers = 0;  // in a row: a topic that is being made by this very question is not there at first
  };
  struct Question;
  using Rows = std::map<std::string, Row, std::less<>>;

  void ask_next();
  void on_done(const Question& question);

  Scheduler& scheduler_;
  const std::size_t topics_max_;
  Calls calls_;
  std::shared_ptr<Client> client_;
  Rows rows_;
  std::unique_ptr<Scheduled> asking_;
  std::unique_ptr<Scheduled> later_;
};

}  // namespace penstock::kafka
