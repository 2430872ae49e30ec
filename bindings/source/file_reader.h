// The bytes of one file, decoded where it is compressed.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "bindings/compress/decompressor.h"
#include "bindings/source/file_identity.h"

namespace penstock {

// What one read did.
struct ReadResult {
  enum class State : std::uint8_t {
    more,    // there may be more
    end,     // the end of the file as it is now; it may grow
    broken,  // nothing more can be had: see failure()
  };
  std::size_t size = 0;  // decoded bytes
  State state = State::more;
};

// Reads a regular file from any decoded offset on. Owns the descriptor. Offsets count decoded bytes, raw offsets bytes on disk;
// in a plain file they are the same.
class FileReader {
 public:
  // `compression`: nothing means to tell by the first bytes.
  static Result<std::unique_ptr<FileReader>> open(const std::string& path, std::optional<Compression> compression);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  int fd() const { return fd_; }
  Result<FileStatus> status() const { return status_of(fd_); }

  // Decides what the file is. False: so few bytes are there that it could still become a compressed file (never when
  // `final`: no more will come). Reading requires true.
  bool decide(bool final);
  bool coded() const { return decoder_ != nullptr; }

  // Goes back to the start; what the file is will be decided anew.
  void rewind();
  // The next read() gives the byte at `offset`. A compressed file is decoded up to there, by calls of skip() as long as
  // skipping(). `tail`, when it has a length: what the bytes before `offset` must be; when they turn out to be others, the
  // reader goes back to the start of the file instead. Requires decide() and the reader at the start.
  void seek(std::uint64_t offset, const Fingerprint& tail = {});
  bool skipping() const { return offset_ < skip_to_; }
  // One piece of the way to seek()'s offset; size counts the bytes passed over.
  ReadResult skip();

  // Fills the front of `to`. Requires !skipping().
  ReadResult read(std::span<char> to);

  std::uint64_t offset() const { return offset_; }
  std::uint64_t raw_offset() const { return raw_offset_ - (raw_.size() - raw_used_); }
  // At the end: whether a compressed file is complete. A plain one always is.
  bool complete() const { return !decoder_ || decoder_->at_clean_end(); }
  // Requires State::broken.
  const std::string& failure() const { return failure_; }

 private:
  explicit FileReader(int fd, std::optional<Compression> compression) : fd_(fd), wanted_(compression) {}
  ReadResult read_plain(std::span<char> to);
  ReadResult read_coded(std::span<char> to);
  ReadResult broken(std::string why);

  int fd_;
  std::optional<Compression> wanted_;
  bool decided_ = false;
  std::unique_ptr<Decompressor> decoder_;  // null: plain
  Compression compression_ = Compression::none;
  Buffer raw_;                 // compressed bytes read and, from raw_used_ on, not yet decoded
  std::size_t raw_used_ = 0;
  std::uint64_t raw_offset_ = 0;  // where the next bytes are read from the file
  std::uint64_t offset_ = 0;
  std::uint64_t skip_to_ = 0;
  Fingerprint skip_tail_;
  Buffer skipped_;             // what is passed over, and room for the tail that is compared
  std::string failure_;
};

}  // namespace penstock
