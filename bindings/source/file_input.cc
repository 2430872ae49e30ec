#include "bindings/source/file_input.h"

#include <unistd.h>

#include <algorithm>

#include "runtime/base/log.h"

namespace penstock {

FileInput::FileInput(FileInputContext& context, std::string path, FileId id)
    : context_(context), path_(std::move(path)), id_(id), last_growth_(context.source.scheduler().now()) {}

Status FileInput::open() {
  Result<std::unique_ptr<FileReader>> opened = FileReader::open(path_, context_.options.compression);
  if (!opened.ok()) return opened.take_status();
  Result<FileStatus> status = opened.value()->status();
  if (!status.ok()) return Status(status.status().code(), path_ + ": " + status.status().text());
  if (status->id != id_) return Status(Code::closed, path_ + ": is another file by now");
  reader_ = std::move(opened).value();
  last_growth_ = context_.source.scheduler().now();
  const bool same = same_head(reader_->fd()) && status->size >= parked_raw_;
  if (!same) {
    rewritten(status->size, parked_raw_);
  } else if (placed_) {
    reader_->decide(true);
    reader_->seek(parked_);
  }
  size_ = status->size;
  deleted_ = !status->linked;
  if (stream_) stream_->set_fd(reader_->fd());
  return {};
}

void FileInput::park() {
  if (!reader_) return;
  parked_ = reader_->offset();
  parked_raw_ = reader_->raw_offset();
  // Without a stream, next_ says where to begin; the reader may still be on its way there.
  if (!stream_) placed_ = false;
  // Their acks may still come, when the descriptor's number is another file's.
  if (stream_) stream_->closing();
  for (const auto& retired : retired_) retired->closing();
  reader_.reset();
}

void FileInput::start_at(FileRecord record) {
  head_ = record.head;
  if (!reader_) size_ = record.size;
  next_ = std::move(record);
  next_.tail = {};
}

void FileInput::start_in_moved(const FileRecord& content) {
  moved_ = content;
  next_ = {};
  next_.position = content.position;
  next_.tail = content.tail;
}

void FileInput::start_at_end() {
  if (size_ == 0) return;
  if (!reader_->decide(true) || reader_->coded()) {
    over_ = true;
    return;
  }
  char bytes[64 * 1024];
  const std::uint64_t begin = size_ - std::min<std::uint64_t>(size_, sizeof bytes);
  const ssize_t got = pread(reader_->fd(), bytes, sizeof bytes, static_cast<off_t>(begin));
  const ByteView last(bytes, got > 0 ? static_cast<std::size_t>(got) : 0);
  const std::size_t line_end = last.rfind('\n');
  next_.position = line_end == ByteView::npos ? begin : begin + line_end + 1;
}

ReadTurn FileInput::read_some(std::size_t budget, std::size_t& taken) {
  const std::size_t until = taken + budget;
  ReadTurn turn = ReadTurn::more;
  while (taken < until) {
    if (stopped_ || over_ || !reader_) return ReadTurn::waiting;
    if (!prepare(until, taken, turn)) return turn;
    if (stream_->stream().blocked()) return ReadTurn::blocked;
    if (!take_piece(taken, turn)) return turn;
  }
  return ReadTurn::more;
}

bool FileInput::prepare(std::size_t until, std::size_t& taken, ReadTurn& turn) {
  if (!placed_ && !place_reader(turn)) return false;
  if (reader_->skipping() && !skip(until, taken, turn)) return false;
  return stream_ || begin_stream(turn);
}

bool FileInput::place_reader(ReadTurn& turn) {
  if (!reader_->decide(!context_.options.follow)) {
    turn = ReadTurn::waiting;
    return false;
  }
  head_ = fingerprint_at(reader_->fd(), 0, context_.options.fingerprint_bytes);
  if (head_.length == 0) {
    turn = at_end();
    return false;
  }
  placed_ = true;
  if (!next_.range.last() && next_.position >= next_.range.end()) {
    turn = ReadTurn::ended;
    return false;
  }
  if (next_.range.index > 0 && next_.position == 0) {
    const std::optional<std::uint64_t> first = first_line_of_range();
    if (!first) {
      turn = ReadTurn::ended;
      return false;
    }
    next_.position = *first;
  }
  if (next_.position != 0) reader_->seek(next_.position, next_.tail);
  return true;
}

bool FileInput::skip(std::size_t until, std::size_t& taken, ReadTurn& turn) {
  while (reader_->skipping()) {
    turn = ReadTurn::more;
    if (taken >= until) return false;
    const ReadResult result = reader_->skip();
    taken += result.size;
    if (result.state == ReadResult::State::more) continue;
    turn = result.state == ReadResult::State::end ? at_end() : broken();
    return false;
  }
  return true;
}

bool FileInput::begin_stream(ReadTurn& turn) {
  // A stream goes on under its old key only when the old stream's acks are all in: later acks must not pass over earlier ones.
  const auto same_key = [this](const auto& retired) { return retired->record().stream == next_.stream && !retired->settled(); };
  if (std::any_of(retired_.begin(), retired_.end(), same_key)) {
    turn = ReadTurn::waiting;
    return false;
  }
  FileRecord record = next_;
  record.path = path_;
  record.id = id_;
  record.head = head_;
  record.size = size_;
  record.coded = reader_->coded();
  record.position = reader_->offset();
  record.tail = {};
  if (record.stream.empty()) record.stream = context_.memory.new_key(id_, head_);
  // Known from here on, even if nothing of it is acked before a crash and it is renamed before the next run.
  context_.place.put(record);
  if (moved_ && moved_->position == record.position) {
    context_.place.forget(*moved_);
  } else if (moved_) {
    context_.memory.put_back(*moved_);  // only began alike
  }
  moved_.reset();
  stream_ = std::make_unique<CheckpointedStream>(context_.source, context_.place, std::move(record), reader_->fd());
  if (stream_->stream().wants_head()) give_head();
  return true;
}

// The stream begins behind its header: a reader of its own takes the file's start, decoded where it is compressed.
void FileInput::give_head() {
  const auto reader = FileReader::open("/proc/self/fd/" + std::to_string(reader_->fd()), context_.options.compression);
  if (!reader.ok() || !reader.value()->decide(true)) return;
  std::string head(piece_bytes / 4, '\0');
  std::size_t size = 0;
  while (size < head.size()) {
    const ReadResult read = reader.value()->read(std::span(head).subspan(size));
    size += read.size;
    if (read.state != ReadResult::State::more) break;
  }
  stream_->stream().give_head(ByteView(head).substr(0, size));
}

bool FileInput::take_piece(std::size_t& taken, ReadTurn& turn) {
  std::span<char> room = stream_->stream().space();
  room = room.first(room_in_range(std::min(room.size(), piece_bytes)));
  const bool last_line = !next_.range.last() && reader_->offset() + 1 >= next_.range.end();
  const ReadResult result = reader_->read(room);
  std::size_t size = result.size;
  bool range_ends = false;
  if (last_line) {
    const std::size_t line_end = ByteView(room.data(), size).find('\n');
    range_ends = line_end != ByteView::npos;
    if (range_ends) size = line_end + 1;
  }
  taken += size;
  if (size != 0) {
    last_growth_ = context_.source.scheduler().now();
    bytes_read_ += size;
    stream_->stream().commit(size);
  }
  if (range_ends) {
    finish(false);
    turn = ReadTurn::ended;
    return false;
  }
  if (result.state == ReadResult::State::more) return true;
  turn = result.state == ReadResult::State::end ? at_end() : broken();
  return false;
}

// A range begins with the first line that begins in it, so after the first line end at or behind the byte before it.
// Nothing when no line begins in it.
std::optional<std::uint64_t> FileInput::first_line_of_range() const {
  const FileRange& range = next_.range;
  char bytes[64 * 1024];
  std::uint64_t at = range.begin() - 1;
  while (range.last() || at + 1 < range.end()) {
    const ssize_t got = pread(reader_->fd(), bytes, sizeof bytes, static_cast<off_t>(at));
    if (got <= 0) return {};
    const std::size_t line_end = ByteView(bytes, static_cast<std::size_t>(got)).find('\n');
    if (line_end != ByteView::npos) {
      const std::uint64_t first = at + line_end + 1;
      if (!range.last() && first >= range.end()) return {};
      return first;
    }
    at += static_cast<std::uint64_t>(got);
  }
  return {};
}

// Up to the range's last byte nothing is looked for; from there on the piece may go further, to the end of the line.
std::size_t FileInput::room_in_range(std::size_t room) const {
  if (next_.range.last()) return room;
  const std::uint64_t offset = reader_->offset();
  const std::uint64_t last_byte = next_.range.end() - 1;
  if (offset >= last_byte) return room;
  return static_cast<std::size_t>(std::min<std::uint64_t>(room, last_byte - offset));
}

ReadTurn FileInput::at_end() {
  if (context_.options.follow) {
    note_content();
    return ReadTurn::waiting;
  }
  if (incomplete()) report_incomplete();
  finish(false);
  return ReadTurn::ended;
}

ReadTurn FileInput::broken() {
  over_ = true;
  context_.source.on_trouble(path_ + ": " + reader_->failure(), unread());
  finish(false);
  return ReadTurn::ended;
}

void FileInput::report_incomplete() {
  over_ = true;
  context_.source.on_trouble(path_ + ": ends in the middle of its compressed data, at compressed byte " +
                                 std::to_string(reader_->raw_offset()) + "; what could be decoded was read",
                             0);
}

bool FileInput::look() {
  if (!reader_) return false;
  Result<FileStatus> status = reader_->status();
  if (!status.ok()) return false;
  deleted_ = !status->linked;
  // Looked into only when it was touched: in a directory of many files nearly none is.
  const bool touched = status->size != size_ || status->changed_ns != changed_ns_;
  changed_ns_ = status->changed_ns;
  if (status->size < raw_offset() || (touched && placed_ && !same_head(reader_->fd()))) {
    rewritten(status->size, raw_offset());
  } else if (status->size > size_) {
    last_growth_ = context_.source.scheduler().now();
    size_ = status->size;
    if (placed_) extend_head();
  }
  if (stream_) stream_->update(path_, head_, size_);
  return !over_ && size_ > raw_offset();
}

// The head has been seen to be the same; the bytes that came behind it belong to it from now on.
void FileInput::extend_head() {
  if (head_.length >= context_.options.fingerprint_bytes) return;
  head_ = fingerprint_at(reader_->fd(), 0, context_.options.fingerprint_bytes);
}

void FileInput::rewritten(std::uint64_t size, std::uint64_t raw_read) {
  if (size_ > raw_read && !over_)
    context_.source.on_trouble(path_ + ": truncated or replaced before it was read to its end", size_ - raw_read);
  log::info("source.file", path_ + (size < raw_read ? ": truncated to " + std::to_string(size) + " bytes" : std::string(": its content was replaced")) +
                               "; it is read from its start");
  retire(true);
  reader_->rewind();
  next_ = {};
  head_ = {};
  moved_.reset();
  size_ = size;
  parked_ = parked_raw_ = 0;
  placed_ = over_ = false;
  last_growth_ = context_.source.scheduler().now();
}

void FileInput::found_at(const std::string& path) {
  path_ = path;
  if (stream_) context_.memory.moved(stream_->record().stream, path);
}

void FileInput::finish(bool gone) {
  retire(gone);
  if (!gone || next_.stream.empty()) return;
  // Its stream ended before, when it was not yet gone, or was never opened, for there was nothing left to read.
  for (const auto& retired : retired_) retired->forget();
  if (retired_.empty()) context_.place.forget(next_);
  next_ = {};
}

void FileInput::retire(bool forget) {
  if (!stream_) return;
  // Stale when the content was replaced: then the record is forgotten, and must not take its tail from the new content.
  if (forget) stream_->set_fd(-1);
  stream_->update(path_, head_, size_);
  next_ = stream_->record();
  next_.position = reader_ ? reader_->offset() : parked_;
  next_.tail = {};
  if (forget) {
    content_leaving(true);
    next_ = {};
  }
  stream_->end(forget);
  retired_.push_back(std::move(stream_));
}

void FileInput::content_leaving(bool leaving) {
  if (stream_) context_.memory.mark(stream_->record().stream, leaving ? FileMemory::State::leaving : FileMemory::State::in_file);
}

void FileInput::note_content() {
  if (!stream_ || reader_->coded()) return;
  FileRecord content = stream_->record();
  content.path = path_;
  content.position = reader_->offset();
  // A small file's head is all that was read of it, which look() may not have seen yet.
  const auto wanted = static_cast<std::uint32_t>(std::min<std::uint64_t>(context_.options.fingerprint_bytes, content.position));
  content.head = head_.length >= wanted ? head_ : fingerprint_at(reader_->fd(), 0, wanted);
  content.tail = fingerprint_before(reader_->fd(), content.position, CheckpointedStream::tail_bytes);
  context_.memory.note(content);
}

std::uint64_t FileInput::unread() const { return size_ > raw_offset() ? size_ - raw_offset() : 0; }

bool FileInput::sweep() {
  std::erase_if(retired_, [this](const auto& retired) {
    if (!retired->settled()) return false;
    if (retired->forgotten()) context_.memory.mark(retired->record().stream, FileMemory::State::left);
    return true;
  });
  return retired_.empty();
}

void FileInput::stop() {
  stopped_ = true;
  if (stream_) stream_->hurry();
}

std::uint64_t FileInput::bytes_expected() const {
  if (!reader_) return bytes_read_;
  if (reader_->coded()) {
    // What is left has the ratio of what was read.
    const double ratio = raw_offset() != 0 ? static_cast<double>(reader_->offset()) / static_cast<double>(raw_offset()) : 1;
    return bytes_read_ + static_cast<std::uint64_t>(static_cast<double>(unread()) * ratio);
  }
  const std::uint64_t end = next_.range.last() ? size_ : next_.range.end();
  const std::uint64_t at = stream_ ? reader_->offset() : std::max(next_.position, next_.range.begin());
  return bytes_read_ + (end > at ? end - at : 0);
}

}  // namespace penstock
