// What is asked of brokers, waiting for the answer: for a thread that may.
#pragma once
#include <librdkafka/rdkafka.h>

#include <string>
#include <vector>

#include "bindings/kafka/assignment.h"
#include "bindings/kafka/handles.h"
#include "bindings/kafka/kafka_source_options.h"

namespace penstock::kafka {

TopicPartitions list_of(const Positions& positions);
Positions positions_in(const rd_kafka_topic_partition_list_t& list);

// The group's positions, and where it has none `start`. All or none. Position::fresh says which are new.
Result<Positions> look_up_positions(rd_kafka_t* client, const Positions& partitions, const Start& start);
// Asks for offsets by time; a position's offset is the time, and -1 and -2 stand for the end and the beginning. Where no message is as
// young, the end.
Result<Positions> look_up_offsets(rd_kafka_t* client, const Positions& times);
// Reads on from these, on all of them or none; a partition that is not assigned any more does not count.
Status seek_to(rd_kafka_t* client, const Positions& positions);
// Every partition of the topics, patterns included; sorted.
Result<Positions> look_up_partitions(rd_kafka_t* client, const std::vector<std::string>& topics);

}  // namespace penstock::kafka
