#include "bindings/kafka/transaction_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/unit/support/fake_scheduler.h"

namespace penstock::kafka {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

#if defined(__SANITIZE_THREAD__)
TEST(TransactionCalls, NeedsThreadsThatTheSanitizerKnows) { GTEST_SKIP() << "librdkafka's threads are C11's (thrd_create), with which the thread sanitizer crashes"; }
#else

// A producer whose broker is not there.
std::shared_ptr<Client> lonely_producer() {
  ClientOptions options;
  options.brokers = {"127.0.0.1:1"};
  Conf conf = options.conf().value();
  EXPECT_TRUE(set_property(*conf, "transactional.id", "test").ok());
  return Client::open(Client::Role::producer, std::move(conf), "test", options).value();
}

class TransactionCallsTest : public ::testing::Test {
 protected:
  TransactionCalls::Step step(const char* name, rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR) {
    return {name, [this, name, error](rd_kafka_t*, int) {
              made.emplace_back(name);
              return error == RD_KAFKA_RESP_ERR_NO_ERROR ? nullptr : rd_kafka_error_new(error, "%s", "its words");
            }};
  }
  void run(std::vector<TransactionCalls::Step> steps) {
    calls.run(client, std::move(steps), [this](Status status) { done = std::move(status); });
    EXPECT_FALSE(done) << "from inside";
  }
  void go_on() {
    for (int i = 0; i < 10; ++i) {
      clock.finish_work();
      clock.advance(TransactionCalls::rest);
    }
  }

  testing::FakeScheduler clock;
  std::shared_ptr<Client> client = lonely_producer();
  std::vector<std::string> made;
  std::optional<Status> done;
  TransactionCalls calls{clock};
};

TEST_F(TransactionCallsTest, AreMadeOneAfterAnother) {
  run({step("positions"), step("commit")});
  EXPECT_TRUE(calls.busy());
  go_on();
  EXPECT_THAT(made, ElementsAre("positions", "commit"));
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->ok());
  EXPECT_FALSE(calls.busy());
}

TEST_F(TransactionCallsTest, NoneIsAnAnswerToo) {
  run({});
  go_on();
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->ok());
}

TEST_F(TransactionCallsTest, TheFirstThatFailsIsTheLast) {
  const struct {
    rd_kafka_resp_err_t error;
    Code code;
  } rows[] = {{RD_KAFKA_RESP_ERR__STATE, Code::io}, {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Code::invalid}};
  for (const auto& [error, code] : rows) {
    made.clear();
    done.reset();
    run({step("positions", error), step("commit")});
    go_on();
    EXPECT_THAT(made, ElementsAre("positions"));
    ASSERT_TRUE(done);
    EXPECT_EQ(done->code(), code);
    EXPECT_THAT(done->text(), HasSubstr("positions: its words"));
  }
}

TEST_F(TransactionCallsTest, OneThatNeedsLongerIsMadeAgainForAsLongAsItsPatience) {
  run({{"init", [this](rd_kafka_t* producer, int) {
          made.emplace_back("init");
          return rd_kafka_init_transactions(producer, 10);
        }}});
  for (int i = 0; i < 5; ++i) {
    clock.finish_work();
    clock.advance(TransactionCalls::rest);
  }
  EXPECT_EQ(made.size(), 5u);
  EXPECT_FALSE(done);
  clock.advance(TransactionCalls::patience);
  go_on();
  ASSERT_TRUE(done);
  EXPECT_EQ(done->code(), Code::io);
  EXPECT_LE(made.size(), 7u);
}

TEST_F(TransactionCallsTest, WhatIsGivenUpIsNotAnswered) {
  run({step("commit")});
  calls.give_up();
  go_on();
  EXPECT_FALSE(done);
  EXPECT_FALSE(calls.busy());
}

#endif

}  // namespace
}  // namespace penstock::kafka
