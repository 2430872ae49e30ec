// The files of a spool, one for each package: written aside, fsynced, renamed, and the directory fsynced. Blocking; see Spool for
// what calls it in the background.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/file_system.h"
#include "runtime/base/status.h"
#include "runtime/delivery/package.h"
#include "runtime/delivery/spool_name.h"

namespace penstock {

// STATE/spool/PIPELINE/SINK, with names made safe.
std::string spool_path(const std::string& state_directory, const std::string& pipeline, const std::string& sink);

// Thread-safe: it keeps nothing but its path.
class SpoolDirectory {
 public:
  struct File {
    SpoolName name;
    std::uint64_t bytes = 0;  // 0 when the file system does not tell, which may pass
  };
  struct Listing {
    std::vector<File> packages;           // in order
    std::vector<std::string> temporary;   // names of files that a crash left half written
    std::vector<std::string> damaged;     // names of files that were set aside
    std::vector<std::string> no_files;    // named as packages, and directories, devices or FIFOs
  };

  // `files` outlives it.
  SpoolDirectory(std::string path, FileSystem& files) : path_(std::move(path)), files_(files) {}

  const std::string& path() const { return path_; }
  // Makes it, and what is above it, for the user alone.
  Status make();
  // Code::not_found when there is none.
  Result<Listing> list();

  // When it returns ok the package is durable. `cancelled` turning true stops it before the rename with Code::closed. A failure
  // leaves nothing behind, as far as the file system lets it; what is left under the name is replaced by the next write.
  Status write(const SpoolName& name, const Package& package, const std::atomic<bool>& cancelled);
  // Code::corrupt, Code::unsupported or Code::not_found: it will never be read. Everything else may pass, also that the
  // directory is away. The head is looked at before the memory for the rest is taken; Code::io too when there is none.
  Result<Package> read(const SpoolName& name);
  // One that is not there is fine.
  Status remove(const std::string& file_name);
  // Renames a package's file to NAME.damaged.
  Status set_aside(const SpoolName& name);

 private:
  bool is_there();
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  Result<Package> read_open(int fd, const SpoolName& name);
  Status read_up_to(int fd, std::uint64_t size, Buffer& bytes);
  Status fill(const std::string& path, const Package& package);
  Status write_all(int fd, ByteView bytes, const std::string& path);
  int put_in_place(const std::string& from, const std::string& to);

  std::string path_;
  FileSystem& files_;
};

}  // namespace penstock
