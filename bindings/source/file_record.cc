#include "bindings/source/file_record.h"

#include <cinttypes>
#include <cstdio>

namespace penstock {

namespace {

std::string to_text(const Fingerprint& fingerprint) {
  char text[48];
  std::snprintf(text, sizeof text, "%" PRIu32 ":%016" PRIx64, fingerprint.length, fingerprint.hash);
  return text;
}

const std::string& detail(const Checkpoint& checkpoint, const char* name) {
  static const std::string none;
  const auto found = checkpoint.details.find(name);
  return found == checkpoint.details.end() ? none : found->second;
}

bool read_fingerprint(const std::string& text, Fingerprint& to) {
  return std::sscanf(text.c_str(), "%" SCNu32 ":%" SCNx64, &to.length, &to.hash) == 2;
}

bool read_range(const std::string& text, FileRange& to) {
  return std::sscanf(text.c_str(), "%" SCNu32 ":%" SCNu32 ":%" SCNu64, &to.index, &to.count, &to.split_size) == 3 &&
         to.index < to.count;
}

std::string range_text(const FileRange& range) {
  return std::to_string(range.index) + ":" + std::to_string(range.count) + ":" + std::to_string(range.split_size);
}

}  // namespace

std::uint64_t FileRecord::unread() const { return coded || size <= position ? 0 : size - position; }

std::string vanished_text(const FileRecord& record) {
  return record.path + ": gone or replaced since the last run, before it was read to its end";
}

std::string stream_key(const FileId& id, const Fingerprint& head) {
  char text[48];
  std::snprintf(text, sizeof text, "%" PRIx64 ":%" PRIu64 ":", id.device, id.inode);
  return text + to_text(head);
}

Checkpoint to_checkpoint(const FileRecord& record, const std::string& pipeline, const std::string& source) {
  Checkpoint checkpoint{pipeline, source, record.stream, record.path, record.position, {}};
  checkpoint.details["head"] = to_text(record.head);
  checkpoint.details["size"] = std::to_string(record.size);
  if (record.tail.length != 0) checkpoint.details["tail"] = to_text(record.tail);
  if (record.coded) checkpoint.details["coded"] = "1";
  if (record.done) checkpoint.details["done"] = "1";
  if (record.range.count > 1) checkpoint.details["range"] = range_text(record.range);
  return checkpoint;
}

std::optional<FileRecord> to_record(const Checkpoint& checkpoint) {
  FileRecord record;
  record.stream = checkpoint.stream;
  record.path = checkpoint.name;
  record.position = checkpoint.position;
  if (std::sscanf(checkpoint.stream.c_str(), "%" SCNx64 ":%" SCNu64, &record.id.device, &record.id.inode) != 2) return {};
  if (!read_fingerprint(detail(checkpoint, "head"), record.head)) return {};
  if (std::sscanf(detail(checkpoint, "size").c_str(), "%" SCNu64, &record.size) != 1) return {};
  if (!read_fingerprint(detail(checkpoint, "tail"), record.tail)) record.tail = {};
  if (!read_range(detail(checkpoint, "range"), record.range)) record.range = {};
  record.coded = detail(checkpoint, "coded") == "1";
  record.done = detail(checkpoint, "done") == "1";
  return record;
}

bool continues(const FileRecord& record, int fd, std::uint64_t size) {
  if (fingerprint_at(fd, 0, record.head.length) != record.head) return false;
  if (record.coded) return true;
  return size >= record.position && fingerprint_before(fd, record.position, record.tail.length) == record.tail;
}

}  // namespace penstock
