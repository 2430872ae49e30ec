#include "bindings/source/followed_files.h"

#include <dirent.h>

#include <algorithm>
#include <utility>

#include "runtime/base/log.h"

namespace penstock {

namespace {

void tell(const std::string& message) { log::info("source.file", message); }

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::map<std::uint64_t, std::string> inodes_in(const std::string& directory) {
  std::map<std::uint64_t, std::string> inodes;
  DIR* open = opendir(directory.c_str());
  if (!open) return inodes;
  while (const dirent* entry = readdir(open)) inodes.emplace(entry->d_ino, directory + "/" + entry->d_name);
  closedir(open);
  return inodes;
}

std::size_t share_of_descriptors(const FileOptions& options, int workers) {
  return std::max<std::size_t>(1, options.files_open_max / static_cast<std::size_t>(workers));
}

// Where to go on following a file that earlier was read in ranges: all before it has been read.
FileRecord whole_record(std::vector<FileRecord> records) {
  if (records[0].range.count == 1) return std::move(records[0]);
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.range.index < b.range.index; });
  FileRecord whole = records[0];
  whole.position = 0;
  for (std::uint32_t index = 0; index < records.size() && records[index].range.index == index; ++index) {
    whole.position = records[index].position;
    if (records[index].range.last() || whole.position < records[index].range.end()) break;
  }
  whole.range = {};
  return whole;
}

}  // namespace

FollowedFiles::FollowedFiles(FileSourcePlan& plan, SourceContext& context)
    : plan_(plan),
      context_(context),
      place_(checkpoint_place(context)),
      inputs_context_{context, plan.options(), place_, plan.memory()},
      turns_(context.scheduler(), [this](FileInput& input, ReadTurn turn) { on_rest(input, turn); }),
      open_max_(share_of_descriptors(plan.options(), context.workers())) {}

Status FollowedFiles::start() {
  started_ = now();
  plan_.memory().load(place_);
  rescans_ = context_.scheduler().every(plan_.options().rescan, [this] { scan(); });
  scan();
  return {};
}

void FollowedFiles::scan() {
  if (stopped_) return;
  for (auto& [id, file] : files_) file.found = false;
  no_room_ = false;
  const std::set<FileId> present = find_files();
  if (first_scan_ && context_.worker() == 0) find_renamed(present);
  first_scan_ = false;
  mark_gone();
  look_at_all();
  end_rested();
  drop_settled();
  tell_vanished();
}

void FollowedFiles::scan_soon() {
  if (scan_soon_ || stopped_) return;
  scan_soon_ = context_.scheduler().after(scan_delay, [this] {
    scan_soon_.reset();
    scan();
  });
}

void FollowedFiles::changed() {
  if (stopped_) return;
  look_at_all();
  scan_soon();
}

void FollowedFiles::watch(const std::vector<std::string>& directories) {
  const auto wanted = [&](const std::string& name) { return std::binary_search(directories.begin(), directories.end(), name); };
  std::erase_if(watches_, [&](const auto& watched) { return !wanted(watched.first); });
  for (const std::string& directory : directories) {
    if (watches_.size() >= watches_max) return;
    auto& watched = watches_[directory];
    if (!watched) watched = context_.scheduler().on_change(directory, [this] { changed(); });
  }
}

std::set<FileId> FollowedFiles::find_files() {
  const PathsFound found = plan_.options().find();
  // Before the files are looked at, so that no change falls between.
  watch(found.directories);
  std::set<FileId> present;
  std::vector<std::pair<const std::string*, FileStatus>> fresh;
  for (const std::string& path : found.files) {
    Result<FileStatus> status = status_of(path);
    if (!status.ok()) {
      // Gone since the directory was listed: no failure.
      if (status.status().code() != Code::not_found) cannot_read(path, status.status());
      continue;
    }
    if (!present.insert(status->id).second) continue;  // another link to the same file
    const auto known = files_.find(status->id);
    if (known == files_.end()) {
      fresh.emplace_back(&path, *status);
    } else {
      found_again(known->second, path, *status);
    }
  }
  if (first_scan_) plan_.memory().mark_absent(present);
  for (const auto& [path, status] : fresh) take_up(*path, status);
  return present;
}

void FollowedFiles::found_again(Followed& file, const std::string& path, const FileStatus& status) {
  file.found = true;
  if (file.input.path() != path) {
    tell(file.input.path() + ": renamed to " + path);
    file.input.found_at(path);
    file.moved = true;
    file.since = now();
  }
  if (file.input.is_open()) {
    if (!file.adopted) adopt(file);
    return;
  }
  if (file.input.over() || status.size == file.input.size()) return;
  if (!make_room()) {
    no_room_ = true;
  } else if (const Status opened = open(file); opened.ok()) {
    file.done = false;
    turns_.add(file.input);
  } else if (opened.code() != Code::closed && opened.code() != Code::not_found) {
    cannot_read(path, opened);
  }
}

void FollowedFiles::cannot_read(const std::string& path, const Status& status) {
  if (complained_.insert(path).second) context_.on_trouble(status.text(), 0);
}

void FollowedFiles::take_up(const std::string& path, const FileStatus& status) {
  if (plan_.owners().owner(status.id, status.size) != context_.worker()) return;
  if (!make_room()) {
    no_room_ = true;
    return;
  }
  Followed& file = files_.try_emplace(status.id, inputs_context_, path, status.id).first->second;
  if (const Status opened = open(file); !opened.ok()) {
    // Another file has come to the path, or none is there: the next scan sees.
    if (opened.code() != Code::closed && opened.code() != Code::not_found) cannot_read(path, opened);
    files_.erase(status.id);
    plan_.owners().release(status.id);
    return;
  }
  complained_.erase(path);
  adopt(file);
}

void FollowedFiles::adopt(Followed& file) {
  FileInput& input = file.input;
  std::vector<FileRecord> records = plan_.memory().recall(input.id(), input.fd(), input.size());
  if (records.empty()) {
    if (!file.gone && wait_for_content(file)) return;
    if (first_scan_ && plan_.options().from_end) input.start_at_end();
  } else {
    FileRecord record = whole_record(std::move(records));
    // Read whole by an earlier run: not worth decoding again to find nothing more.
    const bool whole = record.coded && record.done && record.size == input.size();
    input.start_at(std::move(record));
    if (whole) {
      park(file);
      file.done = true;
    }
  }
  file.adopted = true;
  if (!file.done && !input.over()) turns_.add(input);
}

// True: the file may turn out to be one with a known content.
bool FollowedFiles::wait_for_content(Followed& file) {
  FileInput& input = file.input;
  const auto [content, coded, too_short] = known_content(plan_.memory(), plan_.options(), input.path());
  if (!content && !too_short) return false;
  input.look();
  const bool quiet = now() - input.last_growth() >= plan_.options().grace;
  if (content && content->state == FileMemory::State::leaving) return true;
  if (!content || content->state == FileMemory::State::in_file) return !quiet;
  if (!coded && input.size() < content->record.position) return !quiet;
  plan_.memory().take_content(content->record.stream);
  input.start_in_moved(content->record);
  const std::string from = " of " + content->found_at + ", which has been read up to byte " + std::to_string(content->record.position) + "; what is behind that is read";
  tell(input.path() + (coded ? ": holds the compressed content" : ": holds the content") + from);
  return false;
}

void FollowedFiles::find_renamed(const std::set<FileId>& present) {
  std::map<std::string, std::map<std::uint64_t, std::string>> directories;
  for (FileRecord& record : plan_.memory().take_absent(present)) {
    const std::string directory = directory_of(record.path);
    const auto [inodes, fresh] = directories.try_emplace(directory);
    if (fresh) inodes->second = inodes_in(directory);
    const auto entry = inodes->second.find(record.id.inode);
    if (entry == inodes->second.end()) {
      plan_.memory().put_back(std::move(record));
    } else {
      follow_renamed(std::move(record), entry->second);
    }
  }
}

void FollowedFiles::follow_renamed(FileRecord record, const std::string& path) {
  const FileId id = record.id;
  const auto [at, fresh] = files_.try_emplace(id, inputs_context_, path, id);
  Followed& file = at->second;
  if (!fresh || !open(file).ok() || !continues(record, file.input.fd(), file.input.size())) {
    if (fresh && file.input.is_open()) park(file);
    if (fresh) files_.erase(at);
    plan_.memory().put_back(std::move(record));
    return;
  }
  tell(record.path + ": renamed to " + path + " since the last run; what is left of it is read");
  plan_.owners().claim(id, context_.worker());
  file.adopted = file.gone = true;
  file.since = now();
  file.input.start_at(std::move(record));
  turns_.add(file.input);
}

bool FollowedFiles::make_room() {
  if (open_ < open_max_) return true;
  Followed* longest = nullptr;
  for (auto& [id, file] : files_) {
    const bool rests = file.input.is_open() && file.adopted && !file.gone && !file.input.in_turn && file.input.unread() == 0;
    if (rests && (!longest || file.input.last_growth() < longest->input.last_growth())) longest = &file;
  }
  if (longest) park(*longest);
  return longest != nullptr;
}

Status FollowedFiles::open(Followed& file) {
  Status status = file.input.open();
  if (status.ok()) ++open_;
  return status;
}

void FollowedFiles::park(Followed& file) {
  if (!file.input.is_open()) return;
  file.input.park();
  --open_;
}

void FollowedFiles::look_at_all() {
  for (auto& [id, file] : files_)
    if (file.adopted && !file.input.in_turn && file.input.look()) turns_.add(file.input);
}

void FollowedFiles::mark_gone() {
  for (auto& [id, file] : files_) {
    if (file.found == !file.gone) continue;
    file.gone = !file.found;
    file.told_gone = false;
    file.since = now();
    file.input.content_leaving(file.gone);
    // What waited for a known content is read as it is, while its descriptor lives.
    if (file.gone && !file.adopted) adopt(file);
  }
}

void FollowedFiles::end_rested() {
  for (auto& [id, file] : files_) {
    const bool quiet = now() - std::max(file.since, file.input.last_growth()) >= plan_.options().grace;
    if (quiet && file.adopted && !file.input.in_turn && !(file.done && !file.gone)) end_rested(file);
  }
}

void FollowedFiles::end_rested(Followed& file) {
  FileInput& input = file.input;
  const bool coded = input.coded();
  if (file.gone || coded) {
    if (input.is_open() && input.incomplete()) input.report_incomplete();
    if (file.gone && !std::exchange(file.told_gone, true)) tell_gone(input);
    input.finish(file.gone);
    park(file);
    file.done = true;
  } else if (file.moved) {
    if (input.pending() != 0) input.finish(false);
    file.moved = false;
  }
}

void FollowedFiles::tell_gone(const FileInput& input) {
  const char* const how = !input.is_open() ? ": deleted or moved away" : input.deleted() ? ": deleted" : ": moved to where the pattern does not look";
  const std::string left = input.unread() == 0 ? "; it was read to its end" : "; " + std::to_string(input.unread()) + " bytes of it were not read";
  tell(input.path() + how + left);
}

void FollowedFiles::drop_settled() {
  for (auto file = files_.begin(); file != files_.end();) {
    const bool settled = file->second.input.sweep();
    if (settled && file->second.done && file->second.gone && !file->second.input.in_turn) {
      plan_.owners().release(file->first);
      file = files_.erase(file);
    } else {
      ++file;
    }
  }
}

void FollowedFiles::tell_vanished() {
  // Later than a compressed or copied content would have been found.
  if (context_.worker() != 0 || now() - started_ < plan_.options().grace) return;
  for (const FileRecord& record : plan_.memory().take_lost()) {
    if (!record.read_whole()) context_.on_trouble(vanished_text(record), record.unread());
    place_.forget(record);
  }
}

void FollowedFiles::on_rest(FileInput& input, ReadTurn turn) {
  if (turn == ReadTurn::ended) {
    Followed& file = files_.at(input.id());
    park(file);
    file.done = true;
  }
  if (no_room_) scan_soon();
}

void FollowedFiles::stop() {
  stopped_ = true;
  turns_.stop();
  rescans_.reset();
  scan_soon_.reset();
  watches_.clear();
  for (auto& [id, file] : files_) stop(file);
}

// What is left of a deleted file goes with our descriptor; other files are read on by the next run.
void FollowedFiles::stop(Followed& file) {
  FileInput& input = file.input;
  if (input.is_open()) input.look();
  if (input.is_open() && input.deleted()) {
    if (input.unread() != 0) context_.on_trouble(input.path() + ": deleted before it was read to its end", input.unread());
    input.finish(true);
  }
  input.stop();
}

}  // namespace penstock
