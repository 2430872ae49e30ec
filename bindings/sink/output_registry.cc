#include "bindings/sink/output_registry.h"

#include <filesystem>

namespace penstock {

namespace {

bool same(const OutputSettings& a, const OutputSettings& b) {
  return a.framing.prefix == b.framing.prefix && a.framing.separator == b.framing.separator && a.framing.suffix == b.framing.suffix &&
         a.compression == b.compression && a.rotate_bytes == b.rotate_bytes && a.rotate_interval == b.rotate_interval;
}

// One spelling for each path, links left alone.
std::string normal(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path absolute = std::filesystem::absolute(path, ignored);
  return ignored ? path : absolute.lexically_normal().string();
}

}  // namespace

Status OutputHold::release() {
  if (!file_) return {};
  OutputFile* file = std::exchange(file_, nullptr);
  return registry_->release(file);
}

Result<OutputHold> OutputRegistry::hold(const std::string& path, const OutputSettings& settings) {
  const std::lock_guard guard(lock_);
  Held& held = held_[normal(path)];
  if (!held.file) {
    held.file = std::make_unique<OutputFile>(path, settings, files_, clock_);
  } else if (!same(held.file->settings(), settings)) {
    return Status(Code::invalid, path + ": another sink writes to this file with other options");
  }
  if (settings.sync) held.file->require_sync();
  ++held.holds;
  return OutputHold(this, held.file.get());
}

Status OutputRegistry::release(OutputFile* file) {
  const std::lock_guard guard(lock_);
  const auto found = held_.find(normal(file->path()));
  if (found == held_.end() || --found->second.holds > 0) return {};
  Status status = found->second.file->close();
  held_.erase(found);
  return status;
}

OutputRegistry& process_outputs() {
  static OutputRegistry outputs(real_file_system(), [] { return std::chrono::system_clock::now(); });
  return outputs;
}

}  // namespace penstock
