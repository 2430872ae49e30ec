#include "bindings/source/file_memory.h"

#include <algorithm>
#include <iterator>

#include "bindings/source/file_reader.h"

namespace penstock {

void FileMemory::load(const CheckpointPlace& place) {
  const std::lock_guard lock(mutex_);
  if (loaded_ || !place.store) return;
  loaded_ = true;
  for (const Checkpoint& checkpoint : place.store->list(place.pipeline, place.source)) {
    std::optional<FileRecord> record = to_record(checkpoint);
    if (!record) continue;
    keys_.insert(record->stream);
    records_.push_back({std::move(*record), false});
  }
}

std::vector<FileRecord> FileMemory::recall(const FileId& id, int fd, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  std::vector<FileRecord> found;
  std::erase_if(records_, [&](Remembered& remembered) {
    if (remembered.record.id != id) return false;
    remembered.lost = !continues(remembered.record, fd, size);
    if (!remembered.lost) found.push_back(std::move(remembered.record));
    return !remembered.lost;
  });
  return found;
}

std::string FileMemory::new_key(const FileId& id, const Fingerprint& head) {
  const std::lock_guard lock(mutex_);
  const std::string base = stream_key(id, head);
  std::string key = base;
  for (int n = 1; !keys_.insert(key).second; ++n) key = base + "~" + std::to_string(n);
  return key;
}

bool FileMemory::comparable(const FileRecord& record) const {
  return !record.coded && record.range.count == 1 && record.head.length >= fingerprint_bytes_ &&
         record.position >= record.head.length && record.tail.length != 0;
}

bool FileMemory::small(const FileRecord& record) const {
  return !record.coded && record.range.count == 1 && record.head.length != 0 && record.head.length < fingerprint_bytes_ &&
         record.position == record.head.length && record.tail.length != 0;
}

void FileMemory::Contents::note(const FileRecord& record) {
  const auto [at, fresh] = by_stream.try_emplace(record.stream);
  at->second.record = record;
  at->second.found_at = record.path;
  if (!fresh) return;
  order.push_back(record.stream);
  if (order.size() <= contents_max) return;
  by_stream.erase(order.front());
  order.pop_front();
}

FileMemory::Content* FileMemory::Contents::find(const std::string& stream) {
  const auto found = by_stream.find(stream);
  return found == by_stream.end() ? nullptr : &found->second;
}

bool FileMemory::Contents::erase(const std::string& stream) {
  if (by_stream.erase(stream) == 0) return false;
  std::erase(order, stream);
  return true;
}

void FileMemory::note(const FileRecord& record) {
  const bool large = comparable(record);
  if (!large && !small(record)) return;
  const std::lock_guard lock(mutex_);
  if (large) small_contents_.erase(record.stream);
  (large ? contents_ : small_contents_).note(record);
}

void FileMemory::mark(const std::string& stream, State state) {
  const std::lock_guard lock(mutex_);
  for (Contents* contents : {&contents_, &small_contents_})
    if (Content* content = contents->find(stream)) content->state = state;
}

void FileMemory::moved(const std::string& stream, const std::string& path) {
  const std::lock_guard lock(mutex_);
  for (Contents* contents : {&contents_, &small_contents_})
    if (Content* content = contents->find(stream)) content->found_at = path;
}

namespace {

// `app.log.1.gz` and `app.log-20261121.gz` may hold what was in `app.log.1` and `app.log`; `app.log.10.gz` is another's.
bool is_named_after(const std::string& path, const std::string& of) {
  return path.size() > of.size() && path.starts_with(of) && (path[of.size()] == '.' || path[of.size()] == '-');
}

}  // namespace

std::optional<FileMemory::Content> FileMemory::find_content(ByteView first_bytes, bool coded, const std::string& path) {
  const std::lock_guard lock(mutex_);
  Fingerprint head;
  const auto alike = [&](const FileRecord& record) {
    if (record.head.length > first_bytes.size() || record.path == path) return false;
    if (head.length != record.head.length) head = fingerprint_of(first_bytes.substr(0, record.head.length));
    return head == record.head;
  };
  const auto same = [&](const FileRecord& record, const std::string& found_at) {
    if (comparable(record)) return alike(record);
    return coded && small(record) && is_named_after(path, found_at) && alike(record);
  };
  for (const Remembered& remembered : records_)
    if (same(remembered.record, remembered.record.path))
      return Content{remembered.record, remembered.lost ? State::left : State::in_file, remembered.record.path};
  // The newest first: it has read the furthest.
  for (const Contents* contents : {&contents_, &small_contents_}) {
    for (auto key = contents->order.rbegin(); key != contents->order.rend(); ++key) {
      const auto found = contents->by_stream.find(*key);
      if (found != contents->by_stream.end() && same(found->second.record, found->second.found_at)) return found->second;
    }
  }
  return {};
}

void FileMemory::take_content(const std::string& stream) {
  const std::lock_guard lock(mutex_);
  std::erase_if(records_, [&](const Remembered& remembered) { return remembered.record.stream == stream; });
  contents_.erase(stream);
  small_contents_.erase(stream);
}

void FileMemory::mark_absent(const std::set<FileId>& present) {
  const std::lock_guard lock(mutex_);
  for (Remembered& remembered : records_)
    if (present.count(remembered.record.id) == 0) remembered.lost = true;
}

std::vector<FileRecord> FileMemory::take_absent(const std::set<FileId>& present) {
  return take_if([&](const Remembered& remembered) { return present.count(remembered.record.id) == 0; });
}

void FileMemory::put_back(FileRecord record) {
  const std::lock_guard lock(mutex_);
  records_.push_back({std::move(record), true});
}

std::vector<FileRecord> FileMemory::take_lost() {
  return take_if([](const Remembered& remembered) { return remembered.lost; });
}

template <class Wanted>
std::vector<FileRecord> FileMemory::take_if(Wanted wanted) {
  const std::lock_guard lock(mutex_);
  std::vector<FileRecord> taken;
  std::erase_if(records_, [&](Remembered& remembered) {
    const bool take = wanted(remembered);
    if (take) taken.push_back(std::move(remembered.record));
    return take;
  });
  return taken;
}

KnownContent known_content(FileMemory& memory, const FileOptions& options, const std::string& path) {
  Result<std::unique_ptr<FileReader>> opened = FileReader::open(path, options.compression);
  if (!opened.ok() || !opened.value()->decide(true)) return {};
  char first[Fingerprint::length_max];
  std::size_t size = 0;
  ReadResult result;
  while (size < options.fingerprint_bytes && result.state == ReadResult::State::more) {
    result = opened.value()->read({first + size, options.fingerprint_bytes - size});
    size += result.size;
  }
  KnownContent known;
  known.coded = opened.value()->coded();
  known.content = memory.find_content({first, size}, known.coded, path);
  known.too_short = size < options.fingerprint_bytes && !opened.value()->complete();
  return known;
}

}  // namespace penstock
