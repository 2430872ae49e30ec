#include "bindings/source/journald_source.h"

#include <cstdlib>
#include <cstring>
#include <deque>
#include <utility>

#include "bindings/source/idle_source.h"
#include "runtime/base/units.h"

namespace penstock {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t turn_bytes = 256 * 1024;
constexpr const char* cursor_detail = "cursor";
// Where reading began, in microseconds since 1970, as long as nothing is acked: "now", "1h" and "boot" are something else after a restart.
constexpr const char* start_detail = "start";

class JournaldSource final : public Source {
 public:
  JournaldSource(SourceContext& context, const JournaldOptions& options) : context_(context), options_(options) {}

  Status start() override {
    Result<std::unique_ptr<Journal>> journal = Journal::open(options_.journal);
    if (!journal.ok()) return journal.take_status();
    journal_ = *std::move(journal);
    // libsystemd begins to watch with this: before the first look, or what comes between the two is not told.
    watched_ = journal_->fd();
    if (Status sought = seek(); !sought.ok()) return sought;
    StreamOptions stream;
    stream.name = stream_name();
    stream.offset = checkpoint_.position;
    stream.on_acked = [this](std::uint64_t acked) { keep(acked); };
    stream_ = context_.open_stream(std::move(stream));
    position_ = checkpoint_.position;
    reading_ = context_.scheduler().repeatedly([this] { read_some(); });
    return {};
  }

  void resume() override {
    if (stream_ && !stopped_ && !ended_ && !reading_) reading_ = context_.scheduler().repeatedly([this] { read_some(); });
  }

  void stop() override {
    stopped_ = true;
    reading_.reset();
    waiting_.reset();
    finishing_.reset();
  }

 private:
  using Time = std::chrono::system_clock::time_point;
  // The bytes of the stream up to `end` hold the entries up to the cursor.
  struct Mark {
    std::uint64_t end;
    std::string cursor;
  };

  std::string source_name() const { return std::to_string(context_.number()) + ":journald"; }
  std::string stream_name() const { return options_.journal.directory.empty() ? "journal" : "journal:" + options_.journal.directory; }

  Status seek() {
    checkpoint_ = {context_.pipeline(), source_name(), stream_name(), stream_name(), 0, {}};
    if (CheckpointStore* const store = context_.checkpoints()) {
      for (Checkpoint& kept : store->list(context_.pipeline(), source_name()))
        if (kept.stream == checkpoint_.stream) checkpoint_ = std::move(kept);
    }
    const auto cursor = checkpoint_.details.find(cursor_detail);
    if (cursor == checkpoint_.details.end()) {
      const auto kept = checkpoint_.details.find(start_detail);
      return kept == checkpoint_.details.end() ? seek_start() : journal_->seek(Time(std::chrono::microseconds(std::strtoll(kept->second.c_str(), nullptr, 10))));
    }
    const Result<bool> found = journal_->seek_behind(cursor->second);
    if (!found.ok()) return Status(found.status().code(), found.status().text());
    if (!found.value()) context_.on_trouble("source.journald: the journal has no longer the entry that was read last: there may have been others behind it", 0);
    return {};
  }
  Status seek_start() {
    const Time now = std::chrono::system_clock::now();
    if (options_.since) {
      keep_start(now - *options_.since);
      return journal_->seek(now - *options_.since);
    }
    if (Status sought = journal_->seek(options_.start); !sought.ok() || options_.start == JournalStart::beginning) return sought;
    start_unknown_ = options_.start == JournalStart::boot;
    if (start_unknown_) return {};
    if (Result<std::string> last = journal_->cursor(); last.ok())
      put(0, *std::move(last));
    else
      keep_start(now);
    return {};
  }
  void keep_start(Time time) {
    start_unknown_ = false;
    if (!context_.checkpoints()) return;
    checkpoint_.details[start_detail] = std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
    context_.checkpoints()->put(checkpoint_);
  }

  void read_some() {
    entries_.clear();
    bool more = true;
    while (entries_.size() < turn_bytes) {
      if (stream_->blocked()) {
        reading_.reset();
        break;
      }
      Result<bool> stepped = journal_->next();
      if (!stepped.ok()) return give_up(stepped.take_status());
      more = *stepped;
      if (!more) break;
      if (start_unknown_) {
        if (const Result<Time> first = journal_->time(); first.ok()) keep_start(first.value());
      }
      const std::size_t before = entries_.size();
      // An entry whose file is damaged is skipped: the journal goes on behind it.
      if (Status written = journal_->write_entry(entries_); !written.ok()) {
        entries_.set_size(before);
        context_.on_trouble("source.journald: " + written.text(), 0);
      }
    }
    give();
    if (!more && !stopped_) wait_or_end();
  }

  void give() {
    if (entries_.empty()) return;
    if (Result<std::string> cursor = journal_->cursor(); cursor.ok()) marks_.push_back({position_ + entries_.size(), *std::move(cursor)});
    for (ByteView rest = entries_.view(); !rest.empty();) {
      const std::span<char> room = stream_->space();
      const std::size_t size = std::min(room.size(), rest.size());
      std::memcpy(room.data(), rest.data(), size);
      rest.remove_prefix(size);
      position_ += size;
      stream_->commit(size);
    }
  }

  void wait_or_end() {
    reading_.reset();
    if (!options_.follow) {
      ended_ = true;
      stream_->end();
      finishing_ = context_.scheduler().after(milliseconds(0), [this] { context_.on_finished(); });
      return;
    }
    if (waiting_) return;
    waiting_ = context_.scheduler().on_readable(watched_, [this] {
      journal_->process();
      resume();
    });
    // inotify tells nothing on some file systems.
    if (!waiting_) waiting_ = context_.scheduler().every(milliseconds(1000), [this] { resume(); });
  }

  void give_up(Status status) {
    reading_.reset();
    give();
    context_.on_failed(std::move(status));
  }

  // Puts the cursor of the last entry that is wholly acked.
  void keep(std::uint64_t acked) {
    std::optional<Mark> last;
    while (!marks_.empty() && marks_.front().end <= acked) {
      last = std::move(marks_.front());
      marks_.pop_front();
    }
    if (last) put(last->end, std::move(last->cursor));
  }
  void put(std::uint64_t position, std::string cursor) {
    if (!context_.checkpoints()) return;
    checkpoint_.position = position;
    checkpoint_.details.erase(start_detail);
    checkpoint_.details[cursor_detail] = std::move(cursor);
    context_.checkpoints()->put(checkpoint_);
  }

  SourceContext& context_;
  const JournaldOptions& options_;
  std::unique_ptr<Journal> journal_;
  Checkpoint checkpoint_;
  std::deque<Mark> marks_;   // one for each turn's entries; what is in flight bounds them
  Buffer entries_;           // of this turn
  std::uint64_t position_ = 0;
  bool start_unknown_ = false;  // it is the first entry's time
  int watched_ = -1;         // the journal's descriptor
  bool stopped_ = false;
  bool ended_ = false;
  std::unique_ptr<Stream> stream_;  // its end may still call keep()
  std::unique_ptr<Scheduled> reading_;
  std::unique_ptr<Scheduled> waiting_;
  std::unique_ptr<Scheduled> finishing_;
};

}  // namespace

Result<JournaldOptions> JournaldOptions::from(const Value& options) {
  if (!Journal::in_this_build()) return Status(Code::unsupported, "this build has no libsystemd, which reads the journal (hint: p.source.exec with journalctl)");
  JournaldOptions out;
  out.journal.directory = options.string_or("directory", "");
  out.journal.units = options.strings("units");
  out.follow = options.bool_or("follow", true);
  const std::string since = options.string_or("since", "boot");
  if (since == "beginning") {
    out.start = JournalStart::beginning;
  } else if (since == "now") {
    out.start = JournalStart::end;
  } else if (since != "boot") {
    const Result<milliseconds> span = parse_duration(since);
    if (!span.ok()) return Status(Code::invalid, "option 'since' must be \"beginning\", \"boot\", \"now\" or a time such as \"1h\", got \"" + since + "\"");
    out.since = span.value();
  }
  return out;
}

std::unique_ptr<Source> JournaldSourcePlan::open(SourceContext& context) {
  if (context.worker() != 0) return make_idle_source(context);
  return std::make_unique<JournaldSource>(context, options_);
}

std::string JournaldSourcePlan::describe() const {
  std::string out = "journald";
  if (!options_.journal.directory.empty()) out += " " + options_.journal.directory;
  for (const std::string& unit : options_.journal.units) out += " " + unit;
  return out;
}

Result<std::unique_ptr<SourcePlan>> make_journald_source(const Value& options, const PlanContext&) {
  Result<JournaldOptions> checked = JournaldOptions::from(options);
  if (!checked.ok()) return checked.take_status();
  return std::unique_ptr<SourcePlan>(std::make_unique<JournaldSourcePlan>(*std::move(checked)));
}

}  // namespace penstock
