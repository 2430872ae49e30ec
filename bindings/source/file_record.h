// What is remembered of a file over restarts, and how it is written as a checkpoint.
#pragma once
#include <optional>

#include "bindings/source/file_identity.h"
#include "runtime/delivery/checkpoint.h"

namespace penstock {

// A part of a large file: the lines that begin in the `index`th of `count` equal byte ranges of its first `split_size`
// bytes. The last one goes on to the end of the file, wherever that is. count 1: the whole file.
struct FileRange {
  std::uint32_t index = 0;
  std::uint32_t count = 1;
  std::uint64_t split_size = 0;

  std::uint64_t begin() const { return split_size / count * index; }
  bool last() const { return index + 1 == count; }
  // Requires !last().
  std::uint64_t end() const { return split_size / count * (index + 1); }
  bool operator==(const FileRange&) const = default;
};

// Checkpoint.stream is `DEVICE:INODE:LENGTH:HASH`, the fingerprint being the one of the file's head when its stream was
// first opened; it stays the same while the file grows, and the details carry the longest fingerprint so far. `~N` follows
// for the Nth further stream of that very beginning: the ranges of one file, or a file that was truncated and starts alike.
//
// Checkpoint.details:
//   head   LENGTH:HASH of the file's first bytes, as far as known (of a compressed file: as they are on disk)
//   tail   LENGTH:HASH of the bytes before the position; not of compressed files
//   size   bytes on disk when last looked at
//   coded  `1` for a compressed file: the position counts decoded bytes
//   done   `1` when the stream was ended: there is nothing unread unless the file grew
//   range  INDEX:COUNT:SPLIT_SIZE
struct FileRecord {
  std::string stream;
  std::string path;
  FileId id;
  Fingerprint head;
  Fingerprint tail;
  std::uint64_t position = 0;
  std::uint64_t size = 0;
  bool coded = false;
  bool done = false;
  FileRange range;

  // Bytes known to be there and not read; of a compressed file that is not known, and 0.
  std::uint64_t unread() const;
  bool read_whole() const { return coded ? done : unread() == 0; }
};

// What to tell of a record whose content is nowhere to be found, when it was not read_whole().
std::string vanished_text(const FileRecord& record);

// Without the `~N`.
std::string stream_key(const FileId& id, const Fingerprint& head);

Checkpoint to_checkpoint(const FileRecord& record, const std::string& pipeline, const std::string& source);
// Nothing when the checkpoint was not written by to_checkpoint.
std::optional<FileRecord> to_record(const Checkpoint& checkpoint);

// Whether the file behind `fd`, `size` bytes long, is the one the record was made of: begins as it did, reaches the position,
// and has the same bytes before it.
bool continues(const FileRecord& record, int fd, std::uint64_t size);

}  // namespace penstock
