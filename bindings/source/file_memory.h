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
// alike are two files. A content shorter than fingerprint_bytes says little, so it counts only when it comes back compressed, with all
// that was read of it, under its old name with something behind it (`a.log.1`, `a.log.1.gz`).
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
    std::string found_at = {};  // where its file was found last; record.path is where it was read
  };
  // What became of a noted content.
  void mark(const std::string& stream, State state);
  // Its file was found at `path`.
  void moved(const std::string& stream, const std::string& path);
  // A known content that begins as these first bytes of another file do; `coded`: of a compressed one.
  std::optional<Content> find_content(ByteView first_bytes, bool coded, const std::string& path);
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

  // By stream key, in the order in which they were noted first.
  struct Contents {
    std::map<std::string, Content> by_stream;
    std::deque<std::string> order;

    void note(const FileRecord& record);
    Content* find(const std::string& stream);
    bool erase(const std::string& stream);
  };

  bool comparable(const FileRecord& record) const;
  bool small(const FileRecord& record) const;
  template <class Wanted>
  std::vector<FileRecord> take_if(Wanted wanted);

  const std::uint32_t fingerprint_bytes_;
  std::mutex mutex_;
  bool loaded_ = false;
  std::vector<Remembered> records_;          // of earlier runs, not yet taken
  Contents contents_;                        // of this run
  Contents small_contents_;                  // and those shorter than fingerprint_bytes_: many small files push no large one out
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
