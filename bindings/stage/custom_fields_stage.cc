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

class CustomFieldsStage final : public Stage {
 public:
  // `slots`: of the three groups' sources and of the result.
  CustomFieldsStage(const std::vector<Wanted>& wanted, const std::vector<SlotNumber>& slots)
      : wanted_(wanted), found_(wanted.size()), slots_(slots) {
    for (const Wanted& one : wanted_) uses_[one.group] = true;
  }

  void run(Batch& batch) override {
    for (const std::uint32_t index : batch.live) collect(batch[index]);
  }

 private:
  void collect(Event& event) {
    std::fill(found_.begin(), found_.end(), Slice::missing());
    for (const Group group : {request_headers, response_headers})
      if (uses_[group]) look_into(event.get(slots_[group]), group, event.batch->arena());
    if (uses_[cookies]) look_for_cookies(event);
    write(event);
  }

  void look_into(const Slice& object, Group group, Arena& arena) {
    if (object.kind != Kind::object) return;
    json::for_each_member(object.view(), [&](const Slice& key, const Slice& value) {
      take(group, json::string_value(key, arena), value);
    });
  }
  void take(Group group, ByteView name, const Slice& value) {
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (wanted_[i].group != group || found_[i].present() || !same_name(group, wanted_[i].name, name)) continue;
      found_[i] = value;
      return;
    }
  }

  void look_for_cookies(Event& event) {
    Arena& arena = event.batch->arena();
    Slice source = event.get(slots_[cookies]);
    if (!source.present()) source = cookie_header(event);
    if (source.kind == Kind::object) return look_into(source, cookies, arena);
    if (!source.is_string()) return;
    for_each_cookie(json::string_value(source, arena), [&](ByteView name, ByteView value) { take(cookies, name, Slice::text(value)); });
  }
  Slice cookie_header(Event& event) {
    const Slice headers = event.get(slots_[request_headers]);
    Slice found = Slice::missing();
    if (headers.kind != Kind::object) return found;
    json::for_each_member(headers.view(), [&](const Slice& key, const Slice& value) {
      if (!found.present() && same_header(json::string_value(key, event.batch->arena()), "cookie")) found = value;
    });
    return found;
  }

  void write(Event& event) {
    text_.clear();
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (!found_[i].present()) continue;
      if (stands_back(wanted_[i].earlier)) continue;
      text_.append(text_.empty() ? '{' : ',');
      text_.append(wanted_[i].key);
      json::append_value(text_, found_[i]);
    }
    if (text_.empty()) return;
    text_.append('}');
    event.set(slots_.back(), Slice::object(event.batch->arena().copy(text_.view())));
  }
  bool stands_back(int earlier) const {
    for (; earlier >= 0; earlier = wanted_[static_cast<std::size_t>(earlier)].earlier)
      if (found_[static_cast<std::size_t>(earlier)].present()) return true;
    return false;
  }

  std::vector<Wanted> wanted_;
  std::vector<Slice> found_;  // in step with wanted_
  std::vector<SlotNumber> slots_;
  bool uses_[3] = {};
  Buffer text_;
};

class CustomFieldsPlan final : public StagePlan {
 public:
  CustomFieldsPlan(std::vector<Wanted> wanted, std::vector<Path> paths) : wanted_(std::move(wanted)), paths_(std::move(paths)) {}

  std::unique_ptr<Stage> open(const StageContext& context) const override {
    const auto slots = add_slots(context.slots, paths_);
    if (!slots) return make_slotless_stage("custom_fields");
    return std::make_unique<CustomFieldsStage>(wanted_, *slots);
  }
  std::string describe() const override {
    std::string text = "custom_fields";
    for (const Group group : {request_headers, response_headers, cookies})
      if (uses(group)) text += std::string(" ") + group_names[group] + " {" + names(group) + "} of " + to_text(paths_[group]) + ",";
    text.back() = ' ';
    return text + "into " + to_text(paths_.back());
  }
  std::vector<std::string> reads() const override {
    std::vector<std::string> paths;
    for (const Group group : {request_headers, response_headers, cookies})
      if (uses(group) || (group == request_headers && uses(cookies))) paths.push_back(to_text(paths_[group]));
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
