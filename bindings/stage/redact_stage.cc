#include "bindings/stage/redact_stage.h"

#include <strings.h>

#include <algorithm>
#include <cassert>

#include "bindings/stage/live_events.h"
#include "bindings/stage/redactor.h"
#include "bindings/stage/stage_paths.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

// Redacts values, as slices: what it makes lives in the arena.
class ValueRedactor {
 public:
  explicit ValueRedactor(const Redactor& rules) : rules_(rules) {}

  // Strings, and strings in objects and lists; `numbers`: these too. Nothing when there is nothing to find.
  std::optional<Slice> inside(const Slice& value, bool numbers, Arena& arena) {
    if (value.is_string()) return text(json::string_value(value, arena), arena);
    if (value.kind == Kind::number && numbers) return text(value.view(), arena);
    if (value.kind != Kind::object && value.kind != Kind::array) return std::nullopt;
    if (!rewrite(value.view(), numbers, arena)) return std::nullopt;
    return Slice{arena.copy(json_.view()).data(), static_cast<std::uint32_t>(json_.size()), value.kind, Origin::base, 0};
  }

  // What stands for a whole value.
  Slice whole(const Slice& value, Arena& arena) {
    return Slice::text(arena.copy(rules_.stand_in(value.is_string() ? json::string_value(value, arena) : value.view())));
  }

 private:
  std::optional<Slice> text(ByteView value, Arena& arena) {
    if (!rules_.redact(value, text_)) return std::nullopt;
    return Slice::text(arena.copy(text_));
  }

  // Sets json_ to valid JSON text `json` with its strings (and numbers) redacted; false when there is nothing to redact. Goes
  // over the text once without nesting: a string is a name when a colon follows.
  bool rewrite(ByteView json, bool numbers, Arena& arena) {
    json_.clear();
    std::size_t copied = 0;
    const auto replace = [&](std::size_t begin, std::size_t end) {
      json_.append(json.substr(copied, begin - copied));
      json::append_quoted(json_, text_);
      copied = end;
    };
    for (std::size_t at = 0; at < json.size();) {
      const char c = json[at];
      if (c == '"') {
        json::Cursor cursor(json.substr(at));
        const Slice string = cursor.value();
        if (!string.present()) break;
        const std::size_t end = at + string.size + 2;
        if (!cursor.take(':') && rules_.redact(json::string_value(string, arena), text_)) replace(at, end);
        at = end;
      } else if (numbers && (c == '-' || (c >= '0' && c <= '9'))) {
        const std::size_t end = std::min(json.find_first_of(",]} \t\r\n", at), json.size());
        if (rules_.redact(json.substr(at, end - at), text_)) replace(at, end);
        at = end;
      } else {
        ++at;
      }
    }
    if (copied == 0) return false;
    json_.append(json.substr(copied));
    return true;
  }

  const Redactor& rules_;
  std::string text_;
  Buffer json_;
};

// What both forms of the stage do: refuse what is not valid, redact the rest.
class RedactStage : public Stage {
 public:
  explicit RedactStage(std::unique_ptr<Redactor> rules) : rules_(std::move(rules)), values_(*rules_) {}

  void run(Batch& batch) final {
    keep_live(batch, [&](std::uint32_t index, Event& event) {
      std::string error;
      if (came_as_json(event) && !batch.validate(event, error)) {
        batch.rejected.push_back({index, "redact: " + error});
        return false;
      }
      redact_with_asides(event);
      return true;
    });
  }

 protected:
  virtual void redact(Event& event) = 0;
  // What is kept aside of the path `asides[index].source`, redacted; nothing when there is nothing to redact in it.
  virtual std::optional<Slice> redacted_aside(std::size_t index, const Slice& kept, Arena& arena) = 0;
  Redactor& rules() { return *rules_; }
  ValueRedactor& values() { return values_; }

 private:
  // Its fields are pieces of JSON text, though `fields` may have picked some.
  static bool came_as_json(const Event& event) { return event.base == Base::json || event.token_begin != event.token_end; }

  // What `fields` kept aside of the event may hold more than the event still does, so it is redacted by itself and not
  // overwritten with what the event's own fields become.
  void redact_with_asides(Event& event) {
    const std::vector<SlotTable::Aside>& asides = event.batch->slot_table().asides();
    kept_.clear();
    for (const SlotTable::Aside& aside : asides) kept_.push_back(event.slots[aside.kept]);
    redact(event);
    for (std::size_t i = 0; i < asides.size(); ++i) {
      const auto changed = kept_[i].present() ? redacted_aside(i, kept_[i], event.batch->arena()) : std::nullopt;
      event.slots[asides[i].kept] = changed.value_or(kept_[i]);
    }
  }

  std::unique_ptr<Redactor> rules_;
  ValueRedactor values_;
  std::vector<Slice> kept_;
};

// The part of `tree` that is about what stands at `path`: a whole node when it is about all of it, null when about nothing.
const PathTree* subtree_at(const std::vector<PathTree>& tree, const Path& path) {
  const std::vector<PathTree>* level = &tree;
  const PathTree* node = nullptr;
  for (const std::string& name : path) {
    const auto found = std::find_if(level->begin(), level->end(), [&](const PathTree& child) { return child.name == name; });
    if (found == level->end()) return nullptr;
    node = &*found;
    if (node->whole) break;
    level = &node->children;
  }
  return node;
}

class RedactFields final : public RedactStage {
 public:
  RedactFields(std::unique_ptr<Redactor> rules, SlotTable& table, const std::vector<PathTree>& tree) : RedactStage(std::move(rules)) {
    for (const PathTree& node : tree) tops_.push_back({table.find(node.name), node});
    for (const SlotTable::Aside& aside : table.asides()) {
      const PathTree* part = subtree_at(tree, table[aside.source].path);
      asides_.push_back(part ? std::optional(*part) : std::nullopt);
    }
  }

 private:
  struct Top {
    SlotNumber slot;
    PathTree node;
  };

  void redact(Event& event) override {
    for (const Top& top : tops_) {
      const Slice value = event.get(top.slot);
      if (!value.present()) continue;
      if (const auto changed = redacted(value, top.node, event.batch->arena()))
        event.set(top.slot, *changed);
      else if (repeated(event, top.slot))
        event.set(top.slot, value);  // drops the later ones, which nobody has looked at
    }
  }

  std::optional<Slice> redacted_aside(std::size_t index, const Slice& kept, Arena& arena) override {
    return asides_[index] ? redacted(kept, *asides_[index], arena) : std::nullopt;
  }

  static bool repeated(Event& event, SlotNumber slot) {
    if (event.base != Base::json) return false;
    const std::vector<Field>& fields = event.batch->fields(event);
    return std::count_if(fields.begin(), fields.end(), [&](const Field& field) { return field.slot == slot; }) > 1;
  }

  std::optional<Slice> redacted(const Slice& value, const PathTree& node, Arena& arena) {
    if (node.whole) return as_whole(value, arena);
    if (value.kind == Kind::object) return in_members(value, node, arena);
    if (value.kind == Kind::array) return in_elements(value, node, arena);
    // A text in the place of an object may hold what is named (headers as one text): it goes as a whole.
    if (value.is_string()) return as_whole(value, arena);
    return std::nullopt;
  }
  std::optional<Slice> as_whole(const Slice& value, Arena& arena) { return rules().rules().finds() ? values().inside(value, true, arena) : values().whole(value, arena); }

  std::optional<Slice> in_members(const Slice& object, const PathTree& node, Arena& arena) {
    Buffer out;
    bool any = false;
    json::for_each_member(object.view(), [&](const Slice& key, const Slice& value) {
      const ByteView name = json::string_value(key, arena);
      const auto child = std::find_if(node.children.begin(), node.children.end(), [&](const PathTree& c) { return c.name == name; });
      const auto changed = child != node.children.end() ? redacted(value, *child, arena) : std::nullopt;
      out.append(out.empty() ? '{' : ',');
      out.append(key.json());
      out.append(':');
      json::append_value(out, changed.value_or(value));
      any = any || changed;
    });
    if (!any) return std::nullopt;
    out.append('}');
    return Slice::object(arena.copy(out.view()));
  }

  // Lists of headers and the like have names as values: `{"name":"Authorization","value":"..."}`.
  std::optional<Slice> in_element(const Slice& object, const PathTree& node, Arena& arena) {
    const Slice name = json::find_member(object.view(), "name", arena);
    if (!name.is_string()) return in_members(object, node, arena);
    const std::string text(json::string_value(name, arena));
    for (const PathTree& child : node.children) {
      if (strncasecmp(child.name.c_str(), text.c_str(), std::max(child.name.size(), text.size())) != 0) continue;
      PathTree pair = child;
      pair.name = "value";
      PathTree with_pair = node;
      with_pair.children.push_back(std::move(pair));
      return in_members(object, with_pair, arena);
    }
    return in_members(object, node, arena);
  }

  std::optional<Slice> in_elements(const Slice& array, const PathTree& node, Arena& arena) {
    Buffer out;
    bool any = false;
    json::for_each_element(array.view(), [&](const Slice& value) {
      const auto changed = value.kind == Kind::object ? in_element(value, node, arena) : redacted(value, node, arena);
      out.append(out.empty() ? '[' : ',');
      json::append_value(out, changed.value_or(value));
      any = any || changed;
    });
    if (!any) return std::nullopt;
    out.append(']');
    Slice made = Slice::object(arena.copy(out.view()));
    made.kind = Kind::array;
    return made;
  }

  std::vector<Top> tops_;
  std::vector<std::optional<PathTree>> asides_;  // in step with the table's asides: what of the tree is about them
};

class RedactAll final : public RedactStage {
 public:
  explicit RedactAll(std::unique_ptr<Redactor> rules) : RedactStage(std::move(rules)) {}

 private:
  void redact(Event& event) override {
    redact_written(event);
    if (event.base == Base::json)
      redact_members(event);
    else
      redact_entries(event);
  }

  std::optional<Slice> redacted_aside(std::size_t, const Slice& kept, Arena& arena) override { return values().inside(kept, false, arena); }

  std::optional<Slice> redacted(const Slice& value, Event& event) { return values().inside(value, false, event.batch->arena()); }

  // What earlier stages wrote.
  void redact_written(Event& event) {
    if (!event.edited) return;
    const SlotTable& table = event.batch->slot_table();
    const std::size_t size = std::min(table.size(), event.batch->slot_capacity());
    for (std::size_t i = 0; i < size; ++i) {
      const auto slot = static_cast<SlotNumber>(i);
      if (event.slots[slot].origin != Origin::edited || table[slot].parent != SlotTable::no_slot) continue;
      if (const auto changed = redacted(Slice(event.slots[slot]), event)) event.set(slot, *changed);
    }
    for (Extra* extra = event.extras; extra; extra = extra->next) {
      if (const auto changed = redacted(extra->value, event)) {
        extra->value = *changed;
        extra->value.origin = Origin::edited;
      }
    }
  }

  void redact_members(Event& event) {
    members_ = event.batch->fields(event);
    bool any = false;
    changed_.assign(members_.size(), false);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (const auto changed = redacted(members_[i].value, event)) {
        members_[i].value = *changed;
        any = changed_[i] = true;
      }
    }
    if (any) rest_on_members(event);
  }

  // From now on the event rests on entries: what was changed may stand under names that have no slot, and many of them. A name
  // that has a slot and stands there twice keeps its first value, as with any other write.
  void rest_on_members(Event& event) {
    Arena& arena = event.batch->arena();
    const std::size_t capacity = event.batch->slot_capacity();
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (members_[i].slot < capacity) event.get(members_[i].slot);
    seen_.assign(capacity, false);
    Entry* entries = arena.allocate_array<Entry>(members_.size());
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const Field& member = members_[i];
      const Slice name = Slice::text(json::string_value(member.key, arena));
      if (member.slot >= capacity) {
        entries[count++] = {name, SlotTable::no_slot, member.value};
      } else if (!seen_[member.slot]) {
        seen_[member.slot] = true;
        entries[count++] = {name, member.slot, Slice{}};
        if (changed_[i] && event.slots[member.slot].origin == Origin::base) event.set(member.slot, member.value);
      }
    }
    event.base = Base::entries;
    event.entries = entries;
    event.entry_count = count;
    event.scanned = true;
    event.edited = true;
  }

  void redact_entries(Event& event) {
    Entry* own = nullptr;  // the event's entries may be shared with others: copied before the first change
    for (std::uint32_t i = 0; i < event.entry_count; ++i) {
      const Entry& entry = event.entries[i];
      const bool in_slot = entry.slot != SlotTable::no_slot;
      const Slice value = in_slot ? event.get(entry.slot) : entry.value;
      if (in_slot && value.origin == Origin::edited) continue;
      const auto changed = redacted(value, event);
      if (!changed) continue;
      if (in_slot) {
        event.set(entry.slot, *changed);
        continue;
      }
      if (!own) {
        own = event.batch->arena().allocate_array<Entry>(event.entry_count);
        std::copy_n(event.entries, event.entry_count, own);
        event.entries = own;
        event.edited = true;
      }
      own[i].value = *changed;
    }
  }

  std::vector<Field> members_;
  std::vector<bool> changed_;  // in step with members_
  std::vector<bool> seen_;     // slots
};

class RedactPlan final : public StagePlan {
 public:
  RedactPlan(std::vector<Path> paths, std::unique_ptr<Redactor> rules)
      : paths_(std::move(paths)), tree_(gather(paths_)), rules_(std::move(rules)) {}

  std::unique_ptr<Stage> open(const StageContext& context) const override {
    if (!add_slots(context.slots, paths_)) return make_slotless_stage("redact");
    // A copy for each worker: RE2 keeps what it learns behind a lock.
    Result<std::unique_ptr<Redactor>> rules = Redactor::make(rules_->rules());
    assert(rules.ok());
    if (paths_.empty()) return std::make_unique<RedactAll>(std::move(*rules));
    return std::make_unique<RedactFields>(std::move(*rules), context.slots, tree_);
  }
  const RawScrubber* scrubber() const override { return rules_.get(); }

  std::string describe() const override {
    const RedactionRules& rules = rules_->rules();
    std::vector<std::string> what;
    for (const std::string& pattern : rules.patterns) what.push_back("/" + pattern + "/");
    for (const SecretKind kind : rules.kinds) what.emplace_back(secret_kind_name(kind));
    std::string text = std::string("redact ") + (what.empty() ? "" : joined(what) + " in ");
    text += paths_.empty() ? "every string" : joined(to_texts(paths_));
    return text + (rules.key ? " by keyed hash" : " by " + to_text(Value(rules.mask)));
  }
  std::vector<std::string> reads() const override { return paths_.empty() ? std::vector<std::string>{"*"} : to_texts(paths_); }
  std::vector<std::string> writes() const override { return reads(); }

 private:
  std::vector<Path> paths_;
  std::vector<PathTree> tree_;
  std::unique_ptr<Redactor> rules_;
};

Status read_mode(const Value& options, RedactionRules& rules) {
  const std::string mode = options.string_or("mode", "mask");
  rules.mask = options.string_or("mask", rules.mask);
  if (mode == "mask") return {};
  if (mode != "hash") return Status(Code::invalid, "redact: mode must be \"mask\" or \"hash\", got " + to_text(options["mode"]));
  const Value& key = options["key"];
  rules.key = key.is_secret() ? key.secret() : Secret(options.string_or("key", ""));
  if (rules.key->reveal().empty()) return Status(Code::invalid, "redact: mode \"hash\" needs a key (hint: key = p.secret \"env:NAME\")");
  return {};
}

Result<RedactionRules> read_rules(const Value& options) {
  RedactionRules rules;
  rules.patterns = options.strings("patterns");
  for (const std::string& name : options.strings("kinds")) {
    const auto kind = secret_kind(name);
    if (!kind) return Status(Code::invalid, "redact: unknown kind '" + name + "' (known: " + secret_kind_names + ")");
    if (std::find(rules.kinds.begin(), rules.kinds.end(), *kind) == rules.kinds.end()) rules.kinds.push_back(*kind);
  }
  if (Status status = read_mode(options, rules); !status.ok()) return status;
  return rules;
}

}  // namespace

Result<std::unique_ptr<StagePlan>> make_redact_stage(const Value& options, const PlanContext&) {
  Result<std::vector<Path>> paths = parse_paths(options["fields"], "redact");
  if (!paths.ok()) return paths.take_status();
  Result<RedactionRules> rules = read_rules(options);
  if (!rules.ok()) return rules.take_status();
  if (paths->empty() && !rules->finds()) return Status(Code::invalid, "redact: name at least one of fields, patterns or kinds");
  Result<std::unique_ptr<Redactor>> redactor = Redactor::make(*std::move(rules));
  if (!redactor.ok()) return redactor.take_status();
  return std::unique_ptr<StagePlan>(std::make_unique<RedactPlan>(*std::move(paths), std::move(*redactor)));
}

}  // namespace penstock
