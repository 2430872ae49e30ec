// One file at work: its reader, its stream, and what happens to it while it is read.
#pragma once
#include <memory>
#include <vector>

#include "bindings/source/checkpointed_stream.h"
#include "bindings/source/file_memory.h"
#include "bindings/source/file_options.h"
#include "bindings/source/file_reader.h"
#include "bindings/source/read_turns.h"

namespace penstock {

// What the inputs of one source on one worker have in common. All of it outlives them.
struct FileInputContext {
  SourceContext& source;
  const FileOptions& options;
  const CheckpointPlace& place;
  FileMemory& memory;
};

// Belongs to its worker. Only the file's owner (a source) looks at paths; an input goes on with the descriptor it has.
class FileInput {
 public:
  // The largest single read.
  static constexpr std::size_t piece_bytes = 256 * 1024;

  // `id`: of the file that the path named when it was found.
  FileInput(FileInputContext& context, std::string path, FileId id);

  const std::string& path() const { return path_; }
  const FileId& id() const { return id_; }

  // Opens the file for the first time or again. Failure: the system's words, or Code::closed when the path names another
  // file by now.
  Status open();
  bool is_open() const { return reader_ != nullptr; }
  int fd() const { return reader_ ? reader_->fd() : -1; }
  // Gives the descriptor back; the stream stays. open() goes on where it was.
  void park();

  // Where to begin, before the first read: at the start of a range (position 0), where a record says (stream not empty), or
  // in a content known from another file (`moved`: the record's position and tail count, its key is not ours).
  void start_at(FileRecord record);
  void start_in_moved(const FileRecord& content);
  // Begins after the last line that is complete now. A compressed file is over(). Requires is_open().
  void start_at_end();

  // Reads and commits up to about `budget` bytes, in pieces. Adds what it read (or passed over) to `taken`.
  ReadTurn read_some(std::size_t budget, std::size_t& taken);

  // Looks at the open file: takes in growth, notices truncation and rewriting (the old stream ends, a new one begins at
  // 0). Returns whether there is something to read.
  bool look();
  // The scan found it at `path` (again).
  void found_at(const std::string& path);

  // Ends the stream, so that a last line without its end is delivered. `gone`: the file is not to be found any more; its
  // checkpoint goes when all is acked.
  void finish(bool gone);
  // The file is not to be found any more, or is found again: whether its content may come back in another file.
  void content_leaving(bool leaving);
  // Bytes of the last, unended line that were read.
  std::size_t pending() const { return stream_ ? stream_->stream().pending() : 0; }
  bool deleted() const { return deleted_; }
  // Bytes known to be there and not read.
  std::uint64_t unread() const;
  // A compressed file that stops in the middle: cut short, or not yet completely written.
  bool coded() const { return reader_ && reader_->coded(); }
  bool incomplete() const { return reader_ && reader_->coded() && !reader_->complete(); }
  // When bytes last came, by the scheduler's clock.
  std::chrono::milliseconds last_growth() const { return last_growth_; }
  void report_incomplete();
  // Bytes on disk when last looked at.
  std::uint64_t size() const { return size_; }
  // Not to be read any more, as long as its content stays: broken, or left out.
  bool over() const { return over_; }

  // Drops the streams that are ended and acked; true when none is left.
  bool sweep();
  bool settled() const { return !stream_ && retired_.empty(); }
  // No byte is committed after this.
  void stop();

  // For the progress display: bytes read, and those that will have been read at the end, as far as known.
  std::uint64_t bytes_read() const { return bytes_read_; }
  std::uint64_t bytes_expected() const;

  // Set while ReadTurns has it: it must not be destroyed.
  bool in_turn = false;

 private:
  // The steps before a byte can be committed; false: not now, and `turn` says why.
  bool prepare(std::size_t until, std::size_t& taken, ReadTurn& turn);
  bool place_reader(ReadTurn& turn);
  bool skip(std::size_t until, std::size_t& taken, ReadTurn& turn);
  bool begin_stream(ReadTurn& turn);
  void give_head();
  // Reads and commits one piece; false: the file's end, or the range's, is reached.
  bool take_piece(std::size_t& taken, ReadTurn& turn);

  std::optional<std::uint64_t> first_line_of_range() const;
  std::size_t room_in_range(std::size_t room) const;
  ReadTurn at_end();
  ReadTurn broken();
  void retire(bool forget);
  void rewritten(std::uint64_t size, std::uint64_t raw_read);
  void extend_head();
  void note_content();
  bool same_head(int fd) const { return fingerprint_at(fd, 0, head_.length) == head_; }
  std::uint64_t raw_offset() const { return reader_ ? reader_->raw_offset() : parked_raw_; }

  FileInputContext& context_;
  std::string path_;
  const FileId id_;
  FileRecord next_;                     // of the stream to open next; its key is empty for a new one
  std::optional<FileRecord> moved_;     // the known content that next_ goes on in
  Fingerprint head_;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t size_ = 0;              // on disk, when last looked at
  std::int64_t changed_ns_ = 0;
  std::uint64_t parked_ = 0;            // where reading goes on, while parked
  std::uint64_t parked_raw_ = 0;
  std::chrono::milliseconds last_growth_;
  bool deleted_ = false;
  bool placed_ = false;                 // the reader stands where the stream begins or goes on
  bool over_ = false;
  bool stopped_ = false;
  std::unique_ptr<FileReader> reader_;
  std::unique_ptr<CheckpointedStream> stream_;
  std::vector<std::unique_ptr<CheckpointedStream>> retired_;  // ended, with acks to come
};

}  // namespace penstock
