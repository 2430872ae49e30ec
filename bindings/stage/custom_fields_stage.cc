#include "bindings/stage/custom_fields_stage.h"

#include <algorithm>

#include "bindings/stage/stage_paths.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

enum Group : std::uint8_t { request_headers, response_headers, cookies };
constexpr const char* group_names[] = {"request_headers", "response_headers", "cookies"};
constexpr const char* group_sources[] = {"RequestHeaders", "ResponseHeaders", "Cookies"};

// A name to collect.
struct Wanted {
  std::string name;
  Group group;
  std::string key;   // `"name":`
  int earlier = -1;  // the same name in an earlier group: this one stands back when that one has a value
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_header(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

bool same_name(Group group, ByteView a, ByteView b) { return group == cookies ? a == b : same_header(a, b); }

ByteView trimmed(ByteView text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls on_cookie(name, value) for each pair of a Cookie header (RFC 6265 section 5.4, read leniently).
template <class F>
void for_each_cookie(ByteView header, F&& on_cookie) {
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(';'), header.size());
    const ByteView pair = header.substr(0, end);
    if (const std::size_t equals = pair.find('='); equals != ByteView::npos)
      on_cookie(trimmed(pair.substr(0, equals)), trimmed(pair.substr(equals + 1)));
    header.remove_prefix(std::min(end + 1, header.size()));
  }
}

// Calls on_header(name, value) for each line `Name: value` of raw header text (RFC 9112 section 5, read leniently). A line without
// a colon, the start line say, is passed over.
template <class F>
void for_each_header_line(ByteView text, F&& on_header) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    ByteView line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (const std::size_t colon = line.find(':'); colon != ByteView::npos) on_header(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

class CustomFieldsStage final : public Stage {
 public:
  // `slots`: of the three groups' sources and of the result. `kept`: where their values are when a `fields` dropped them, or no_slot.
  CustomFieldsStage(const std::vector<Wanted>& wanted, const std::vector<SlotNumber>& slots, const std::vector<SlotNumber>& kept)
      : wanted_(wanted), found_(wanted.size()), placed_(wanted.size()), slots_(slots), kept_(kept) {
    for (const Wanted& one : wanted_) uses_[one.group] = true;
  }

  void run(Batch& batch) override {
    for (const std::uint32_t index : batch.live) collect(batch[index]);
  }

 private:
  void collect(Event& event) {
    std::fill(found_.begin(), found_.end(), Slice::missing());
    for (const Group group : {request_headers, response_headers})
      if (uses_[group]) look_into(source(event, group), group, event.batch->arena());
    if (uses_[cookies]) look_for_cookies(event);
    write(event);
  }

  // Where the group's values are: as the event came with them, though a `fields` dropped them since.
  Slice source(Event& event, Group group) const {
    const SlotNumber kept = kept_[group];
    if (kept != SlotTable::no_slot && event.slots[kept].kind != Kind::unset) return event.slots[kept];
    return event.get(slots_[group]);
  }

  void look_into(const Slice& source, Group group, Arena& arena) {
    each_pair(source, group, arena, [&](ByteView name, const Slice& value) { take(group, name, value); });
  }
  // Calls on_pair(name, value) for what `source` has, in each form that logs have it in.
  template <class F>
  static void each_pair(const Slice& source, Group group, Arena& arena, F&& on_pair) {
    if (source.kind == Kind::object)
      json::for_each_member(source.view(), [&](const Slice& key, const Slice& value) { on_pair(json::string_value(key, arena), value); });
    else if (source.kind == Kind::array)
      json::for_each_element(source.view(), [&](const Slice& element) { element_pair(element, group, arena, on_pair); });
    else if (source.is_string())
      text_pairs(json::string_value(source, arena), group, on_pair);
  }
  // An element of a list: `{"name":"A","value":"b"}`, or text.
  template <class F>
  static void element_pair(const Slice& element, Group group, Arena& arena, F&& on_pair) {
    if (element.is_string()) return text_pairs(json::string_value(element, arena), group, on_pair);
    if (element.kind != Kind::object) return;
    const Slice name = json::find_member(element.view(), "name", arena);
    const Slice value = json::find_member(element.view(), "value", arena);
    if (name.is_string() && value.present()) on_pair(json::string_value(name, arena), value);
  }
  template <class F>
  static void text_pairs(ByteView text, Group group, F&& on_pair) {
    const auto on_text = [&](ByteView name, ByteView value) { on_pair(name, Slice::text(value)); };
    if (group == cookies)
      for_each_cookie(text, on_text);
    else
      for_each_header_line(text, on_text);
  }
  void take(Group group, ByteView name, const Slice& value) {
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (wanted_[i].group != group || found_[i].present() || !same_name(group, wanted_[i].name, name)) continue;
      found_[i] = value;
      return;
    }
  }

  // The cookies' own field, or else the request headers `cookie`.
  void look_for_cookies(Event& event) {
    Arena& arena = event.batch->arena();
    const Slice own = source(event, cookies);
    if (own.present()) return look_into(own, cookies, arena);
    each_pair(source(event, request_headers), request_headers, arena, [&](ByteView name, const Slice& value) {
      if (same_header(name, "cookie")) look_into(value, cookies, arena);
    });
  }

  // What stands there already stays, but for the names that were found anew.
  void write(Event& event) {
    for (std::size_t i = 0; i < wanted_.size(); ++i) placed_[i] = !found_[i].present() || stands_back(wanted_[i].earlier);
    if (std::find(placed_.begin(), placed_.end(), false) == placed_.end()) return;
    text_.clear();
    Arena& arena = event.batch->arena();
    if (const Slice& old = event.get(slots_.back()); old.kind == Kind::object)
      json::for_each_member(old.view(), [&](const Slice& key, const Slice& value) { keep_old(key, value, arena); });
    for (std::size_t i = 0; i < wanted_.size(); ++i)
      if (!placed_[i]) place(i);
    text_.append('}');
    event.set(slots_.back(), Slice::object(arena.copy(text_.view())));
  }
  void keep_old(const Slice& key, const Slice& value, Arena& arena) {
    const ByteView name = json::string_value(key, arena);
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (!found_[i].present() || wanted_[i].name != name) continue;
      if (!placed_[i]) return place(i);
      if (!stands_back(wanted_[i].earlier)) return;  // a second one of that name
    }
    text_.append(text_.empty() ? '{' : ',');
    text_.append(key.json());
    text_.append(':');
    json::append_value(text_, value);
  }
  void place(std::size_t i) {
    text_.append(text_.empty() ? '{' : ',');
    text_.append(wanted_[i].key);
    json::append_value(text_, found_[i]);
    placed_[i] = true;
  }
  bool stands_back(int earlier) const {
    for (; earlier >= 0; earlier = wanted_[static_cast<std::size_t>(earlier)].earlier)
      if (found_[static_cast<std::size_t>(earlier)].present()) return true;
    return false;
  }

  std::vector<Wanted> wanted_;
  std::vector<Slice> found_;  // in step with wanted_
  std::vector<bool> placed_;  // in step with wanted_: is in text_, or has no place there
  std::vector<SlotNumber> slots_;
  std::vector<SlotNumber> kept_;
  bool uses_[3] = {};
  Buffer text_;
};

class CustomFieldsPlan final : public StagePlan {
 public:
  CustomFieldsPlan(std::vector<Wanted> wanted, std::vector<Path> paths) : wanted_(std::move(wanted)), paths_(std::move(paths)) {}

  std::unique_ptr<Stage> open(const StageContext& context) const override {
    const auto slots = add_slots(context.slots, paths_);
    if (!slots) return make_slotless_stage("custom_fields");
    std::vector<SlotNumber> kept;
    for (const SlotNumber slot : *slots) kept.push_back(context.slots.kept_of(slot));
    return std::make_unique<CustomFieldsStage>(wanted_, *slots, kept);
  }
  std::string describe() const override {
    std::string text = "custom_fields";
    for (const Group group : {request_headers, response_headers, cookies})
      if (uses(group)) text += std::string(" ") + group_names[group] + " {" + names(group) + "} of " + to_text(paths_[group]) + ",";
    text.back() = ' ';
    return text + "into " + to_text(paths_.back());
  }
  std::vector<std::string> reads() const override { return to_texts(recalls()); }
  std::vector<Path> recalls() const override {
    std::vector<Path> paths;
    for (const Group group : {request_headers, response_headers, cookies})
      if (uses(group) || (group == request_headers && uses(cookies))) paths.push_back(paths_[group]);
    return paths;
  }
  std::vector<std::string> writes() const override { return {to_text(paths_.back())}; }

 private:
  bool uses(Group group) const {
    return std::any_of(wanted_.begin(), wanted_.end(), [&](const Wanted& one) { return one.group == group; });
  }
  std::string names(Group group) const {
    std::vector<std::string> texts;
    for (const Wanted& one : wanted_)
      if (one.group == group) texts.push_back(one.name);
    return joined(texts);
  }

  std::vector<Wanted> wanted_;
  std::vector<Path> paths_;  // of the three groups' sources and of the result
};

void add_name(std::vector<Wanted>& wanted, Group group, const std::string& name) {
  int earlier = -1;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].group == group && same_name(group, wanted[i].name, name)) return;
    if (wanted[i].name == name) earlier = static_cast<int>(i);
  }
  Buffer key;
  json::append_quoted(key, name);
  key.append(':');
  wanted.push_back({name, group, std::string(key.view()), earlier});
}

}  // namespace

Result<std::unique_ptr<StagePlan>> make_custom_fields_stage(const Value& options, const PlanContext&) {
  std::vector<Wanted> wanted;
  std::vector<Path> paths;
  for (const Group group : {request_headers, response_headers, cookies}) {
    for (const std::string& name : options.strings(group_names[group])) add_name(wanted, group, name);
    Result<Path> path = parse_stage_path(options["from"].string_or(group_names[group], group_sources[group]), "custom_fields");
    if (!path.ok()) return path.take_status();
    paths.push_back(*std::move(path));
  }
  if (wanted.empty()) return Status(Code::invalid, "custom_fields: name at least one of request_headers, response_headers or cookies");
  Result<Path> into = parse_stage_path(options.string_or("into", "CustomFields"), "custom_fields");
  if (!into.ok()) return into.take_status();
  paths.push_back(*std::move(into));
  return std::unique_ptr<StagePlan>(std::make_unique<CustomFieldsPlan>(std::move(wanted), std::move(paths)));
}

}  // namespace penstock
