#include "bindings/stage/fields_stage.h"

#include <algorithm>

#include "bindings/stage/stage_paths.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

// A path of which only parts are kept.
struct Partial {
  SlotNumber slot;
  std::string key;               // `"name":`
  std::vector<Partial> children;  // empty: the whole value
};

class FieldsStage final : public Stage {
 public:
  FieldsStage(SlotTable& table, const std::vector<PathTree>& tree) : table_(table) {
    // The names are kept here: the table's strings move when it grows.
    for (const PathTree& node : tree) names_.push_back(node.name);
    for (const std::string& name : names_) entries_.push_back({Slice::text(name), table.find(name), Slice{}});
    for (const PathTree& node : tree) {
      if (node.whole)
        whole_.push_back(table.find(node.name));
      else
        partial_.push_back(resolve(node, {}));
    }
  }

  void run(Batch& batch) override {
    if (table_.version() != seen_version_ || batch.slot_capacity() != seen_capacity_) list_forgotten(batch.slot_capacity());
    for (const std::uint32_t index : batch.live) select(batch[index]);
  }

 private:
  Partial resolve(const PathTree& node, Path path) {
    path.push_back(node.name);
    const SlotNumber slot = table_.add(path);
    Partial out{slot, table_[slot].json_key, {}};
    for (const PathTree& child : node.children) out.children.push_back(resolve(child, path));
    return out;
  }

  void select(Event& event) {
    for (const SlotTable::Aside& aside : table_.asides()) keep_aside(event, aside);
    for (const SlotNumber slot : whole_) {
      event.get(slot);
      settle(event.slots[slot]);
    }
    for (const Partial& parent : partial_) select_parts(event, parent);
    for (const SlotNumber slot : missing_) event.slots[slot] = Slice::missing();
    for (const SlotNumber slot : stale_) event.slots[slot] = Slice{};
    event.base = Base::entries;
    event.entries = entries_.data();
    event.entry_count = static_cast<std::uint32_t>(entries_.size());
    event.extras = nullptr;
    event.writes = 0;
    event.scanned = true;
    event.edited = true;
  }

  // An earlier `fields` has kept it already, and what was written since has gone there too.
  static void keep_aside(Event& event, const SlotTable::Aside& aside) {
    Slice& kept = event.slots[aside.kept];
    if (kept.kind != Kind::unset) return;
    kept = event.get(aside.source);
    settle(kept);
  }

  // What an earlier stage wrote is from now on the value that the event rests on: it stands where the list says.
  static void settle(Slice& value) {
    if (value.origin == Origin::base) return;
    value.origin = Origin::base;
    value.write_order = 0;
  }

  void select_parts(Event& event, const Partial& parent) {
    text_.clear();
    const bool any = append_children(event, parent);
    event.slots[parent.slot] = any ? Slice::object(event.batch->arena().copy(text_.view())) : Slice::missing();
  }

  // Appends `{"child":...}` with what the event has of it; appends nothing and returns false when it has nothing.
  bool append_children(Event& event, const Partial& parent) {
    const std::size_t begin = text_.size();
    bool any = false;
    text_.append('{');
    for (const Partial& child : parent.children) {
      const std::size_t before = text_.size();
      if (any) text_.append(',');
      text_.append(child.key);
      if (append_part(event, child))
        any = true;
      else
        text_.set_size(before);
    }
    text_.append('}');
    if (!any) text_.set_size(begin);
    return any;
  }
  bool append_part(Event& event, const Partial& part) {
    if (!part.children.empty()) return append_children(event, part);
    const Slice& value = event.get(part.slot);
    if (value.present()) json::append_value(text_, value);
    return value.present();
  }

  // Slots are added while pipelines run (a transform reads one more field), so which of them to forget is listed anew then.
  void list_forgotten(std::size_t capacity) {
    missing_.clear();
    stale_.clear();
    const std::size_t size = std::min(table_.size(), capacity);
    for (std::size_t i = 0; i < size; ++i) {
      const auto slot = static_cast<SlotNumber>(i);
      if (table_[slot].aside) continue;
      const SlotNumber top = top_of(slot);
      const bool partial = std::any_of(partial_.begin(), partial_.end(), [&](const Partial& p) { return p.slot == top; });
      if (partial && slot != top)
        stale_.push_back(slot);
      else if (!partial && std::find(whole_.begin(), whole_.end(), top) == whole_.end())
        missing_.push_back(slot);
    }
    seen_version_ = table_.version();
    seen_capacity_ = capacity;
  }
  SlotNumber top_of(SlotNumber slot) const {
    while (table_[slot].parent != SlotTable::no_slot) slot = table_[slot].parent;
    return slot;
  }

  SlotTable& table_;
  std::vector<std::string> names_;
  std::vector<Entry> entries_;        // shared by all events; their values stand in the slots
  std::vector<SlotNumber> whole_;
  std::vector<Partial> partial_;
  std::vector<SlotNumber> missing_;   // slots of fields that are not kept
  std::vector<SlotNumber> stale_;     // slots below a partial parent: looked up again in the object that was made
  std::uint32_t seen_version_ = 0;
  std::size_t seen_capacity_ = 0;
  Buffer text_;
};

class FieldsPlan final : public StagePlan {
 public:
  explicit FieldsPlan(std::vector<Path> paths) : paths_(std::move(paths)), tree_(gather(paths_)) {}

  std::unique_ptr<Stage> open(const StageContext& context) const override {
    if (!add_slots(context.slots, paths_)) return make_slotless_stage("fields");
    return std::make_unique<FieldsStage>(context.slots, tree_);
  }
  std::string describe() const override { return "fields " + joined(to_texts(paths_)); }
  std::vector<std::string> reads() const override { return to_texts(paths_); }
  bool drops(const Path& path) const override {
    return std::none_of(paths_.begin(), paths_.end(), [&](const Path& kept) {
      return kept.size() <= path.size() && std::equal(kept.begin(), kept.end(), path.begin());
    });
  }

 private:
  std::vector<Path> paths_;
  std::vector<PathTree> tree_;
};

}  // namespace

Result<std::unique_ptr<StagePlan>> make_fields_stage(const Value& options, const PlanContext&) {
  Result<std::vector<Path>> paths = parse_paths(options["names"], "fields");
  if (!paths.ok()) return paths.take_status();
  if (paths->empty()) return Status(Code::invalid, "fields: names must list at least one field");
  return std::unique_ptr<StagePlan>(std::make_unique<FieldsPlan>(*std::move(paths)));
}

}  // namespace penstock
