// The multipart uploads that are under way, kept in a file so that those of a process that was killed can be aborted by the next
// one: unfinished uploads cost storage for as long as they are there.
//
// The file is of lines, appended to: `? BUCKET KEY` when an upload is about to begin, `+ ID BUCKET KEY` when the store has told its
// id, `- ID` when it ended, `! BUCKET KEY` when none was begun after all; percent-encoded, fields apart by one space. A line without its
// end, or of another form, is passed over. It is written anew, with what is open, when it is opened and when most of it is of uploads that
// have ended. Nothing is synced: what a power cut forgets is for the bucket's own rule (AbortIncompleteMultipartUpload).
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"

namespace penstock::object {

struct OpenUpload {
  std::string id;  // empty: the store never told it, so that uploads of the key have to be looked for
  std::string bucket;
  std::string key;
  bool operator==(const OpenUpload&) const = default;
};

// Thread-safe: a plan that is replaced still writes to it while its successor does. Calls write a line at once; what cannot be
// written is logged, and the upload goes on without.
class UploadLedger {
 public:
  // Reads `path`, making directories above it where they are missing. Whoever opens a path that is open in this process gets
  // the same ledger.
  static Result<std::shared_ptr<UploadLedger>> open(const std::string& path);
  ~UploadLedger();
  UploadLedger(const UploadLedger&) = delete;
  UploadLedger& operator=(const UploadLedger&) = delete;

  // Those that an earlier process left open, and those that were left() since; oldest first. They stay in the ledger until ended(), and
  // are given once.
  std::vector<OpenUpload> take_leftovers();
  // Nobody will go on with it: somebody shall take it and abort it.
  void left(OpenUpload upload);

  // A key that is begun again and again without an answer is noted twice at most.
  void begins(const std::string& bucket, const std::string& key);
  void begun(const OpenUpload& upload);
  // By its id; or by bucket and key when it has none.
  void ended(const OpenUpload& upload);

 private:
  explicit UploadLedger(std::string path) : path_(std::move(path)) {}
  Status load();
  Status write_anew();
  void note(const std::string& line);

  const std::string path_;
  std::mutex mutex_;  // guards what follows
  int fd_ = -1;
  bool torn_ = false;                // the last line has no end
  std::size_t lines_ = 0;            // of the file
  std::vector<OpenUpload> open_;     // what the file says
  std::vector<OpenUpload> leftovers_;
};

// The uploads still open by a ledger's text.
std::vector<OpenUpload> parse_ledger(std::string_view text);

}  // namespace penstock::object
