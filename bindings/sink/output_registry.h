// The output files of a process: whoever writes to one path, in whatever pipeline or worker, shares one OutputFile.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "bindings/sink/output_file.h"

namespace penstock {

class OutputRegistry;

// One writer's hold on an output. The last one to go closes the file.
class OutputHold {
 public:
  OutputHold() = default;
  OutputHold(OutputRegistry* registry, OutputFile* file) : registry_(registry), file_(file) {}
  OutputHold(OutputHold&& other) noexcept { swap(other); }
  OutputHold& operator=(OutputHold&& other) noexcept {
    swap(other);
    return *this;
  }
  ~OutputHold() { (void)release().ok(); }

  OutputFile* operator->() const { return file_; }
  explicit operator bool() const { return file_ != nullptr; }
  // Lets go; says what closing the file gave when this was the last hold.
  Status release();

 private:
  void swap(OutputHold& other) noexcept {
    std::swap(registry_, other.registry_);
    std::swap(file_, other.file_);
  }
  OutputRegistry* registry_ = nullptr;
  OutputFile* file_ = nullptr;
};

// Thread-safe. Outlives its holds.
class OutputRegistry {
 public:
  OutputRegistry(FileSystem& files, WallClock clock) : files_(files), clock_(std::move(clock)) {}

  // Code::invalid when the path is being written with another format, compression or rotation.
  Result<OutputHold> hold(const std::string& path, const OutputSettings& settings);

  FileSystem& files() { return files_; }
  const WallClock& clock() const { return clock_; }

 private:
  friend class OutputHold;
  Status release(OutputFile* file);

  struct Held {
    std::unique_ptr<OutputFile> file;
    int holds = 0;
  };
  FileSystem& files_;
  WallClock clock_;
  std::mutex lock_;
  std::map<std::string, Held> held_;
};

// The one that runs use, over the real file system: pipelines share it, and a plan that is replaced shares with its successor.
OutputRegistry& process_outputs();

}  // namespace penstock
