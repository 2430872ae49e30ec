// The `file` source with follow = true, on one worker.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "bindings/source/file_input.h"
#include "bindings/source/file_source.h"
#include "bindings/source/read_turns.h"

namespace penstock {

// Finds files under the globs again and again, follows those that are this worker's, and sees what becomes of them:
//
//   renamed, still under a glob   followed on; when nothing came for the grace period, an unended last line is complete
//   renamed away, or deleted      read to its end; after the grace period its stream ends, and is forgotten when acked
//   truncated, or written anew    its stream ends and is forgotten when acked; another begins at 0
//   compressed or copied          the new file goes on where the old one's reading stopped (FileMemory)
//   renamed away while we were    found by its inode in the same directory, read to its end, forgotten
//   not running
//
// Bytes that were there and could not be read are reported. Files beyond files_open_max (a worker's part of it) get their turn
// as others come to rest.
class FollowedFiles : public Source {
 public:
  // A change in a directory is looked at at once for the files that are followed, and for new files after this delay, so that
  // a busy directory is not listed at every line.
  static constexpr std::chrono::milliseconds scan_delay{20};
  // Directories beyond these are only looked at by the rescan.
  static constexpr std::size_t watches_max = 1024;

  FollowedFiles(FileSourcePlan& plan, SourceContext& context);
  Status start() override;
  void resume() override { turns_.resume(); }
  void stop() override;

 private:
  struct Followed {
    Followed(FileInputContext& context, const std::string& path, const FileId& id) : input(context, path, id) {}

    FileInput input;
    bool found = true;     // by the last scan
    bool adopted = false;  // it has been said where to begin
    bool gone = false;     // not found any more
    bool moved = false;    // found under another path, and not yet at rest there
    bool told_gone = false;
    bool done = false;     // ended; kept until everything is acked and it is gone, or it grows
    std::chrono::milliseconds since{0};  // of gone or moved
  };

  // Looks for files and takes in what has become of those that are followed.
  void scan();
  void scan_soon();
  void changed();
  void watch(const std::vector<std::string>& directories);
  std::set<FileId> find_files();
  void found_again(Followed& file, const std::string& path, const FileStatus& status);
  void cannot_read(const std::string& path, const Status& status);

  // New files.
  void take_up(const std::string& path, const FileStatus& status);
  void adopt(Followed& file);
  bool wait_for_content(Followed& file);
  void find_renamed(const std::set<FileId>& present);
  void follow_renamed(FileRecord record, const std::string& path);

  // Descriptors.
  bool make_room();
  Status open(Followed& file);
  void park(Followed& file);

  // Followed files.
  void look_at_all();
  void mark_gone();
  void end_rested();
  void end_rested(Followed& file);
  static void tell_gone(const FileInput& input);
  void drop_settled();
  void tell_vanished();
  void on_rest(FileInput& input, ReadTurn turn);
  void stop(Followed& file);
  std::chrono::milliseconds now() const { return context_.scheduler().now(); }

  FileSourcePlan& plan_;
  SourceContext& context_;
  const CheckpointPlace place_;
  FileInputContext inputs_context_;
  ReadTurns<FileInput> turns_;
  const std::size_t open_max_;
  std::size_t open_ = 0;
  bool first_scan_ = true;
  bool no_room_ = false;               // a file waits for a descriptor
  bool stopped_ = false;
  std::chrono::milliseconds started_{0};
  std::set<std::string> complained_;   // paths whose failure has been told, until they can be read
  std::map<FileId, Followed> files_;
  std::map<std::string, std::unique_ptr<Scheduled>> watches_;
  std::unique_ptr<Scheduled> rescans_;
  std::unique_ptr<Scheduled> scan_soon_;
};

}  // namespace penstock
