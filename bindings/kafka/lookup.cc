#include "bindings/kafka/lookup.h"

#include <re2/re2.h>

#include <algorithm>

#include "bindings/kafka/failure.h"
#include "runtime/filter/regex.h"

namespace penstock::kafka {

namespace {

constexpr int answer_ms_max = 10'000;

Code code_of(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return Code::not_found;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION: return Code::denied;
    default: return outcome_of(error) == Outcome::configuration ? Code::invalid : Code::retryable;
  }
}

Status failure(rd_kafka_resp_err_t error, const std::string& what) { return Status(code_of(error), what + ": " + text_of(error)); }

// The first partition that was not answered.
Status first_failure(const rd_kafka_topic_partition_list_t& list, const std::string& what) {
  for (int i = 0; i < list.cnt; ++i) {
    const rd_kafka_topic_partition_t& one = list.elems[i];
    if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) return failure(one.err, what + " of " + PartitionId{one.topic, one.partition}.text());
  }
  return {};
}

Result<TopicPartitions> offsets_at(rd_kafka_t* client, const Positions& times) {
  TopicPartitions list = list_of(times);
  if (const auto error = rd_kafka_offsets_for_times(client, list.get(), answer_ms_max); error != RD_KAFKA_RESP_ERR_NO_ERROR) return failure(error, "offsets by time");
  if (Status failed = first_failure(*list, "offset"); !failed.ok()) return failed;
  return list;
}

Result<std::vector<std::string>> topics_like(rd_kafka_t* client, const std::vector<std::string>& topics) {
  std::vector<std::string> names;
  std::vector<std::shared_ptr<const re2::RE2>> patterns;
  for (const std::string& topic : topics) {
    if (!topic.starts_with('^')) {
      names.push_back(topic);
      continue;
    }
    Result<std::shared_ptr<const re2::RE2>> pattern = compile_regex(topic);
    if (!pattern.ok()) return pattern.take_status();
    patterns.push_back(*std::move(pattern));
  }
  if (!patterns.empty()) {
    const rd_kafka_metadata_t* answer = nullptr;
    if (const auto error = rd_kafka_metadata(client, 1, nullptr, &answer, answer_ms_max); error != RD_KAFKA_RESP_ERR_NO_ERROR) return failure(error, "the list of topics");
    const Metadata metadata(answer);
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      const char* const name = metadata->topics[i].topic;
      const bool fits = std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) { return re2::RE2::PartialMatch(name, *pattern); });
      if (fits) names.emplace_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Status add_partitions(rd_kafka_t* client, const std::string& name, Positions& to) {
  const Topic topic(rd_kafka_topic_new(client, name.c_str(), nullptr));
  const rd_kafka_metadata_t* answer = nullptr;
  if (const auto error = rd_kafka_metadata(client, 0, topic.get(), &answer, answer_ms_max); error != RD_KAFKA_RESP_ERR_NO_ERROR) return failure(error, "topic " + name);
  const Metadata metadata(answer);
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic& found = metadata->topics[i];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return failure(found.err, "topic " + name);
    for (int number = 0; number < found.partition_cnt; ++number) to.push_back({{found.topic, found.partitions[number].id}});
  }
  return {};
}

}  // namespace

TopicPartitions list_of(const Positions& positions) {
  TopicPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const Position& position : positions)
    rd_kafka_topic_partition_list_add(list.get(), position.id.topic.c_str(), position.id.number)->offset = position.offset;
  return list;
}

Positions positions_in(const rd_kafka_topic_partition_list_t& list) {
  Positions out;
  for (int i = 0; i < list.cnt; ++i) out.push_back({{list.elems[i].topic, list.elems[i].partition}, list.elems[i].offset});
  return out;
}

Result<Positions> look_up_positions(rd_kafka_t* client, const Positions& partitions, const Start& start) {
  const TopicPartitions list = list_of(partitions);
  if (const auto error = rd_kafka_committed(client, list.get(), answer_ms_max); error != RD_KAFKA_RESP_ERR_NO_ERROR) return failure(error, "the group's positions");
  if (Status failed = first_failure(*list, "the group's position"); !failed.ok()) return failed;
  Positions known, fresh;
  for (Position& position : positions_in(*list)) {
    const bool is_known = position.offset >= 0;
    if (!is_known) position = {std::move(position.id), start.timestamp(), true};
    (is_known ? known : fresh).push_back(std::move(position));
  }
  if (!fresh.empty()) {
    Result<Positions> found = look_up_offsets(client, fresh);
    if (!found.ok()) return found;
    for (Position& position : *found) {
      position.fresh = true;
      known.push_back(std::move(position));
    }
  }
  return known;
}

Result<Positions> look_up_offsets(rd_kafka_t* client, const Positions& times) {
  Result<TopicPartitions> list = offsets_at(client, times);
  if (!list.ok()) return list.take_status();
  Positions found, ends;
  for (Position& position : positions_in(**list)) (position.offset < 0 ? ends : found).push_back(std::move(position));
  if (ends.empty()) return found;
  for (Position& position : ends) position.offset = RD_KAFKA_OFFSET_END;
  Result<TopicPartitions> at_end = offsets_at(client, ends);
  if (!at_end.ok()) return at_end.take_status();
  for (Position& position : positions_in(**at_end)) found.push_back(std::move(position));
  return found;
}

Status seek_to(rd_kafka_t* client, const Positions& positions) {
  if (positions.empty()) return {};
  const TopicPartitions list = list_of(positions);
  if (const Error error{rd_kafka_seek_partitions(client, list.get(), answer_ms_max)})
    return Status(code_of(rd_kafka_error_code(error.get())), std::string("reading again: ") + rd_kafka_error_string(error.get()));
  for (int i = 0; i < list->cnt; ++i)
    if (list->elems[i].err == RD_KAFKA_RESP_ERR__STATE || list->elems[i].err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) list->elems[i].err = RD_KAFKA_RESP_ERR_NO_ERROR;
  return first_failure(*list, "reading again");
}

Result<Positions> look_up_partitions(rd_kafka_t* client, const std::vector<std::string>& topics) {
  const Result<std::vector<std::string>> names = topics_like(client, topics);
  if (!names.ok()) return Status(names.status().code(), names.status().text());
  Positions out;
  for (const std::string& name : names.value())
    if (Status added = add_partitions(client, name, out); !added.ok()) return added;
  std::sort(out.begin(), out.end(), [](const Position& a, const Position& b) { return a.id < b.id; });
  return out;
}

}  // namespace penstock::kafka
