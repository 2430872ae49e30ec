#include "bindings/source/journal.h"

#if PENSTOCK_SYSTEMD
#include <fmt/format.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>

#include <cstdlib>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/event/json_text.h"
#endif

namespace penstock {

#if PENSTOCK_SYSTEMD

namespace {

struct CloseJournal {
  void operator()(sd_journal* journal) const { sd_journal_close(journal); }
};

// The library's calls return negative errno values.
Status failed(int result, const char* what) { return Status::from_errno(-result, std::string("journal: ") + what); }

class SystemdJournal final : public Journal {
 public:
  explicit SystemdJournal(sd_journal* journal) : journal_(journal) {
    sd_journal_set_data_threshold(journal, 0);  // whole fields
  }

  Status match(const std::vector<std::string>& units) {
    for (std::string unit : units) {
      if (unit.find('.') == std::string::npos) unit += ".service";
      // What the unit's processes wrote, or what the service manager wrote about it.
      if (int result = add("_SYSTEMD_UNIT=" + unit); result < 0) return failed(result, "option 'units'");
      if (int result = sd_journal_add_disjunction(journal_.get()); result < 0) return failed(result, "option 'units'");
      if (int result = add("_PID=1"); result < 0) return failed(result, "option 'units'");
      if (int result = add("UNIT=" + unit); result < 0) return failed(result, "option 'units'");
      if (int result = sd_journal_add_disjunction(journal_.get()); result < 0) return failed(result, "option 'units'");
    }
    return {};
  }

  Status seek(JournalStart start) override {
    if (start == JournalStart::end) {
      // The tail is behind the last entry only once one has stepped on that.
      if (const int result = sd_journal_seek_tail(journal_.get()); result < 0) return failed(result, "seek");
      return checked(sd_journal_previous(journal_.get()));
    }
    if (start == JournalStart::beginning) return checked(sd_journal_seek_head(journal_.get()));
    sd_id128_t boot;
    if (const int result = sd_id128_get_boot(&boot); result < 0) return failed(result, "this boot's number");
    return checked(sd_journal_seek_monotonic_usec(journal_.get(), boot, 0));
  }
  Status seek(std::chrono::system_clock::time_point time) override {
    const auto since = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
    return checked(sd_journal_seek_realtime_usec(journal_.get(), since > 0 ? static_cast<std::uint64_t>(since) : 0));
  }
  Result<bool> seek_behind(const std::string& cursor) override {
    if (const int result = sd_journal_seek_cursor(journal_.get(), cursor.c_str()); result < 0) return failed(result, "seek");
    const int stepped = sd_journal_next(journal_.get());
    if (stepped < 0) return failed(stepped, "seek");
    if (stepped == 0) return false;
    const int same = sd_journal_test_cursor(journal_.get(), cursor.c_str());
    if (same < 0) return failed(same, "seek");
    stays_ = same == 0;
    return same != 0;
  }
  Result<bool> next() override {
    if (std::exchange(stays_, false)) return true;
    const int stepped = sd_journal_next(journal_.get());
    if (stepped < 0) return failed(stepped, "next entry");
    return stepped > 0;
  }

  Status write_entry(Buffer& out) override {
    std::uint64_t microseconds = 0;
    if (const int result = sd_journal_get_realtime_usec(journal_.get(), &microseconds); result < 0) return failed(result, "entry");
    const std::chrono::system_clock::time_point second{std::chrono::seconds(microseconds / 1'000'000)};
    std::string stamp = format_utc(second, Stamp::seconds);
    stamp.pop_back();
    out.append(fmt::format("{{\"timestamp\":\"{}.{:06}Z\",\"__REALTIME_TIMESTAMP\":\"{}\"", stamp, microseconds % 1'000'000, microseconds));
    if (Status read = read_fields(); !read.ok()) return read;
    for (const Field& field : fields_) write_field(field, out);
    out.append("}\n");
    return {};
  }
  Result<std::string> cursor() override {
    char* text = nullptr;
    if (const int result = sd_journal_get_cursor(journal_.get(), &text); result < 0) return failed(result, "cursor");
    std::string out = text;
    std::free(text);
    return out;
  }
  Result<std::chrono::system_clock::time_point> time() override {
    std::uint64_t microseconds = 0;
    if (const int result = sd_journal_get_realtime_usec(journal_.get(), &microseconds); result < 0) return failed(result, "entry");
    return std::chrono::system_clock::time_point(std::chrono::microseconds(microseconds));
  }
  int fd() override { return sd_journal_get_fd(journal_.get()); }
  void process() override { sd_journal_process(journal_.get()); }

 private:
  struct Field {
    std::string name;
    std::vector<std::string> values;
  };

  static Status checked(int result) { return result < 0 ? failed(result, "seek") : Status(); }
  int add(const std::string& match) { return sd_journal_add_match(journal_.get(), match.data(), match.size()); }

  Status read_fields() {
    fields_.clear();
    const void* data = nullptr;
    std::size_t size = 0;
    sd_journal_restart_data(journal_.get());
    int result;
    while ((result = sd_journal_enumerate_available_data(journal_.get(), &data, &size)) > 0) {
      const ByteView text(static_cast<const char*>(data), size);
      const std::size_t equals = text.find('=');
      if (equals != ByteView::npos) add_field(text.substr(0, equals), text.substr(equals + 1));
    }
    return result < 0 ? failed(result, "entry") : Status();
  }
  void add_field(ByteView name, ByteView value) {
    for (Field& field : fields_)
      if (field.name == name) return field.values.emplace_back(value), void();
    fields_.push_back({std::string(name), {std::string(value)}});
  }
  static void write_field(const Field& field, Buffer& out) {
    out.append(',');
    json::append_quoted(out, field.name);
    out.append(':');
    if (field.values.size() == 1) return json::append_quoted(out, field.values.front());
    for (std::size_t i = 0; i < field.values.size(); ++i) {
      out.append(i == 0 ? '[' : ',');
      json::append_quoted(out, field.values[i]);
    }
    out.append(']');
  }

  std::unique_ptr<sd_journal, CloseJournal> journal_;
  std::vector<Field> fields_;  // of the entry under way
  bool stays_ = false;         // the current entry is the next one
};

}  // namespace

bool Journal::in_this_build() { return true; }

Result<std::unique_ptr<Journal>> Journal::open(const JournalOptions& options) {
  sd_journal* opened = nullptr;
  const int result = options.directory.empty() ? sd_journal_open(&opened, SD_JOURNAL_LOCAL_ONLY) : sd_journal_open_directory(&opened, options.directory.c_str(), 0);
  if (result < 0) return failed(result, options.directory.empty() ? "cannot be opened" : options.directory.c_str());
  auto journal = std::make_unique<SystemdJournal>(opened);
  if (Status matched = journal->match(options.units); !matched.ok()) return matched;
  return std::unique_ptr<Journal>(std::move(journal));
}

#else

bool Journal::in_this_build() { return false; }

Result<std::unique_ptr<Journal>> Journal::open(const JournalOptions&) { return Status(Code::unsupported, "this build has no libsystemd"); }

#endif

}  // namespace penstock
