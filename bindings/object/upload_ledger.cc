#include "bindings/object/upload_ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "bindings/sign/percent_encoding.h"
#include "runtime/base/log.h"

namespace penstock::object {

namespace {

std::string place_of(const std::string& bucket, const std::string& key) { return " " + sign::percent_encode(bucket) + " " + sign::percent_encode(key) + "\n"; }

std::string line_of(const OpenUpload& upload) {
  return (upload.id.empty() ? "?" : "+ " + sign::percent_encode(upload.id)) + place_of(upload.bucket, upload.key);
}

int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  while (true) {
    const std::size_t space = line.find(' ');
    fields.push_back(decoded(line.substr(0, space)));
    if (space == std::string_view::npos) return fields;
    line.remove_prefix(space + 1);
  }
}

void forget(std::vector<OpenUpload>& uploads, const OpenUpload& gone) {
  const auto found = std::find(uploads.begin(), uploads.end(), gone);
  if (found != uploads.end()) uploads.erase(found);
}

void forget_id(std::vector<OpenUpload>& uploads, const std::string& id) {
  std::erase_if(uploads, [&](const OpenUpload& upload) { return upload.id == id; });
}

// What one line says about the uploads that are open.
void read_line(const std::vector<std::string>& fields, std::vector<OpenUpload>& open) {
  const std::string& what = fields[0];
  if (what == "?" && fields.size() == 3) open.push_back({"", fields[1], fields[2]});
  if (what == "!" && fields.size() == 3) forget(open, {"", fields[1], fields[2]});
  if (what == "-" && fields.size() == 2 && !fields[1].empty()) forget_id(open, fields[1]);
  if (what != "+" || fields.size() != 4 || fields[1].empty()) return;
  forget(open, {"", fields[2], fields[3]});
  open.push_back({fields[1], fields[2], fields[3]});
}

// False: not all of it, and errno says why.
bool write_whole(int fd, const std::string& text) {
  ssize_t written = 0;
  do written = ::write(fd, text.data(), text.size());
  while (written < 0 && errno == EINTR);
  if (written >= 0 && static_cast<std::size_t>(written) < text.size()) errno = ENOSPC;
  return written == static_cast<ssize_t>(text.size());
}

}  // namespace

std::vector<OpenUpload> parse_ledger(std::string_view text) {
  std::vector<OpenUpload> open;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    read_line(fields_of(text.substr(0, end)), open);
    text.remove_prefix(end + 1);
  }
  return open;
}

Result<std::shared_ptr<UploadLedger>> UploadLedger::open(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<UploadLedger>> ledgers;
  const std::lock_guard lock(mutex);
  if (std::shared_ptr<UploadLedger> known = ledgers[path].lock()) return known;
  std::shared_ptr<UploadLedger> ledger(new UploadLedger(path));
  if (Status status = ledger->load(); !status.ok()) return status;
  ledgers[path] = ledger;
  return ledger;
}

Status UploadLedger::load() {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), error);
  if (error) return Status::from_errno(error.value(), path_);
  if (std::ifstream file(path_, std::ios::binary); file) {
    std::stringstream text;
    text << file.rdbuf();
    open_ = leftovers_ = parse_ledger(text.view());
  }
  return write_anew();
}

// Beside the old one: whoever dies here leaves one of the two. On failure the old one stays.
Status UploadLedger::write_anew() {
  const std::string fresh = path_ + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return Status::from_errno(errno, fresh);
  std::string text;
  for (const OpenUpload& upload : open_) text += line_of(upload);
  Status status;
  if (!write_whole(fd, text)) status = Status::from_errno(errno, fresh);
  if (status.ok() && ::rename(fresh.c_str(), path_.c_str()) != 0) status = Status::from_errno(errno, path_);
  if (!status.ok()) {
    ::close(fd);
    ::unlink(fresh.c_str());
    return status;
  }
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  torn_ = false;
  lines_ = open_.size();
  return {};
}

UploadLedger::~UploadLedger() {
  if (fd_ >= 0) ::close(fd_);
}

std::vector<OpenUpload> UploadLedger::take_leftovers() {
  const std::lock_guard lock(mutex_);
  return std::exchange(leftovers_, {});
}

void UploadLedger::left(OpenUpload upload) {
  const std::lock_guard lock(mutex_);
  leftovers_.push_back(std::move(upload));
}

void UploadLedger::begins(const std::string& bucket, const std::string& key) {
  const std::lock_guard lock(mutex_);
  // One for the try under way, one for all that were lost before it.
  if (std::count(open_.begin(), open_.end(), OpenUpload{"", bucket, key}) < 2) note("?" + place_of(bucket, key));
}

void UploadLedger::begun(const OpenUpload& upload) {
  const std::lock_guard lock(mutex_);
  note(line_of(upload));
}

void UploadLedger::ended(const OpenUpload& upload) {
  const std::lock_guard lock(mutex_);
  note(upload.id.empty() ? "!" + place_of(upload.bucket, upload.key) : "- " + sign::percent_encode(upload.id) + "\n");
}

void UploadLedger::note(const std::string& line) {
  read_line(fields_of(std::string_view(line).substr(0, line.size() - 1)), open_);
  const bool written = write_whole(fd_, torn_ ? "\n" + line : line);
  torn_ = !written;
  ++lines_;
  if (!written) log::write_limited(log::Level::warn, "sink.object", path_ + ": cannot be written; a crash would leave unfinished uploads in the bucket");
  constexpr std::size_t lines_kept = 1024;
  if (lines_ < lines_kept + 4 * open_.size()) return;
  if (Status status = write_anew(); !status.ok()) {
    lines_ = 0;  // not again with the next line
    log::write_limited(log::Level::warn, "sink.object", status.text());
  }
}

}  // namespace penstock::object
