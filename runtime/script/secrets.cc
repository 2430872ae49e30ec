#include "runtime/script/secrets.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace penstock::script {

namespace {

Result<Secret> from_environment(const std::string& name) {
  const char* text = std::getenv(name.c_str());
  if (!text) return Status(Code::not_found, "environment variable " + name + " is not set");
  if (!*text) return Status(Code::invalid, "environment variable " + name + " is empty");
  return Secret(text);
}

Result<Secret> from_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) return Status::from_errno(errno, path);
  std::string text(secret_bytes_max + 1, '\0');
  errno = 0;
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get())) return Status::from_errno(errno, path);
  if (text.size() > secret_bytes_max) return Status(Code::limit, path + ": a secret has at most 64 KiB");
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return Status(Code::invalid, path + ": is empty");
  return Secret(std::move(text));
}

}  // namespace

Result<Secret> read_secret(std::string_view reference) {
  if (reference.starts_with("env:")) return from_environment(std::string(reference.substr(4)));
  if (reference.starts_with("file:")) return from_file(std::string(reference.substr(5)));
  return Status(Code::invalid, "a secret is named \"env:NAME\" or \"file:PATH\"");
}

}  // namespace penstock::script
