// librdkafka's C objects, each owned by one pointer. The client itself is Client (client.h).
#pragma once
#include <librdkafka/rdkafka.h>

#include <memory>

namespace penstock::kafka {

struct Free {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
  void operator()(rd_kafka_consumer_group_metadata_t* group) const { rd_kafka_consumer_group_metadata_destroy(group); }
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};

// Given to rd_kafka_new, which takes it over when it succeeds.
using Conf = std::unique_ptr<rd_kafka_conf_t, Free>;
// To be gone before their client is.
using Topic = std::unique_ptr<rd_kafka_topic_t, Free>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Free>;
using Event = std::unique_ptr<rd_kafka_event_t, Free>;
using Message = std::unique_ptr<rd_kafka_message_t, Free>;
// Taken over by a produce call that succeeds.
using Headers = std::unique_ptr<rd_kafka_headers_t, Free>;
// Null: no error.
using Error = std::unique_ptr<rd_kafka_error_t, Free>;
using TopicPartitions = std::unique_ptr<rd_kafka_topic_partition_list_t, Free>;
using GroupMetadata = std::unique_ptr<rd_kafka_consumer_group_metadata_t, Free>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Free>;

}  // namespace penstock::kafka
