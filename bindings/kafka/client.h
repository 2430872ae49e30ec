// A producer or consumer of librdkafka.
#pragma once
#include <memory>
#include <span>
#include <string>

#include "bindings/kafka/client_options.h"
#include "bindings/kafka/handles.h"

namespace penstock::kafka {

// Move-only by pointer. librdkafka runs threads of its own: one, and one for each broker. What they have to say is written to
// Penstock's log by librdkafka's own level, without the secrets of the options; what is told over and over while a broker cannot
// be reached or refuses us is at level debug there, for the same comes as an error event.
class Client {
 public:
  using Role = kafka::Role;

  // `conf` is complete but for what concerns the log. `component` is who speaks there: `sink.kafka`. Code::invalid when the
  // options do not go together or a file of theirs cannot be read, with librdkafka's words. Needs no network.
  static Result<std::unique_ptr<Client>> open(Role role, Conf conf, std::string component, const ClientOptions& options);

  // Whether librdkafka would begin with `conf`, for a check that is to need no network: without its brokers, and without
  // authentication and TLS, which are checked where they can be. Code::invalid, with librdkafka's words and the options (`owned`) that
  // decide the properties which they name. Some milliseconds, and two threads that are gone when it returns.
  static Status try_out(Role role, Conf conf, std::span<const OwnedProperty> owned);

  // Waits for librdkafka's threads, commonly some milliseconds, a broker that hangs longer: for a thread that may wait. Every queue and
  // topic of it must be gone. A producer's messages are lost with it. A consumer is not closed: it leaves its group only by
  // rd_kafka_consumer_close before, else when its session ends.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_t* get() const { return client_; }

 private:
  struct Log;
  Client(rd_kafka_t* client, std::unique_ptr<Log> log);
  static void write_log(const rd_kafka_t* client, int level, const char* facility, const char* text) noexcept;

  std::unique_ptr<Log> log_;  // outlives client_
  rd_kafka_t* client_;
};

}  // namespace penstock::kafka
