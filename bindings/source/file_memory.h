// What one file source knows of files beyond those that it has open: where earlier runs stopped, and contents that may come
// back under another name.
#pragma once
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "bindings/source/checkpointed_stream.h"
#include "bindings/source/file_options.h"

namespace penstock {

// Shared by the workers of a source, and guarded for them.
//
// A log that is compressed after rotation, or copied and then truncated, comes back as a new file with the old content. It is
// known again by its first bytes (all of fingerprint_bytes) and by those before the old position, and is read from there on.
// Only the content of a file that is itself gone or truncated counts, and only at another path: two living files that are
// alike are two files.
class FileMemory {
 public:
  // Contents of this run that are kept in mind; the oldest make room.
  static constexpr std::size_t contents_max = 1024;

  explicit FileMemory(std::uint32_t fingerprint_bytes) : fingerprint_bytes_(fingerprint_bytes) {}

  // Reads the checkpoints; the first call of a run does it for all workers.
  void load(const CheckpointPlace& place);

  // Takes the records of that file: one, or one for each range that has got anywhere. Empty: it is new, or its content is.
  std::vector<FileRecord> recall(const FileId& id, int fd, std::uint64_t size);

  // A key for a new stream that no other stream of this source has.
  std::string new_key(const FileId& id, const Fingerprint& head);

  // The content of a file that has been read up to record.position, and whose bytes before that have record.tail.
  void note(const FileRecord& record);
  // Where a known content is.
  enum class State : std::uint8_t {
    in_file,  // in its file, as far as known: another file like it is most likely just that
    leaving,  // its file is gone or truncated, and what was read is not yet all acked: wait for that
    left,     // a file like it may go on with it
  };
  struct Content {
    FileRecord record;
    State state = State::in_file;
  };
  // What became of a noted content.
  void mark(const std::string& stream, State state);
  // A known content that begins as these first bytes of another file do.
  std::optional<Content> find_content(ByteView first_bytes, const std::string& path);
  // The content was found in another file: it is not asked for again.
  void take_content(const std::string& stream);

  // These are the files on disk: records of others have lost theirs.
  void mark_absent(const std::set<FileId>& present);
  // Takes those records for a closer look; what is not found comes back by put_back().
  std::vector<FileRecord> take_absent(const std::set<FileId>& present);
  void put_back(FileRecord record);
  // Takes the records whose file is gone or has another content, and that no content was found for.
  std::vector<FileRecord> take_lost();

 private:
  struct Remembered {
    FileRecord record;
    bool lost = false;  // its file is gone or has another content
  };

  bool comparable(const FileRecord& record) const;
  template <class Wanted>
  std::vector<FileRecord> take_if(Wanted wanted);

  const std::uint32_t fingerprint_bytes_;
  std::mutex mutex_;
  bool loaded_ = false;
  std::vector<Remembered> records_;          // of earlier runs, not yet taken
  std::map<std::string, Content> contents_;  // of this run, by stream key
  std::deque<std::string> content_order_;
  std::set<std::string> keys_;
};

// What the first decoded bytes of a file say.
struct KnownContent {
  std::optional<FileMemory::Content> content;  // that it begins like
  bool coded = false;
  bool too_short = false;                      // a compressed file that is still being written: look again later
};

// Nothing also when the file cannot be opened.
KnownContent known_content(FileMemory& memory, const FileOptions& options, const std::string& path);

}  // namespace penstock
