#include "runtime/event/slot_table.h"

#include "runtime/event/json_text.h"

namespace penstock {

namespace {

bool plain_name(std::string_view name) {
  if (name.empty()) return false;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@'; };
  if (!letter(name[0])) return false;
  for (const char c : name)
    if (!letter(c) && !(c >= '0' && c <= '9') && c != '-') return false;
  return true;
}

void append_name(std::string& out, std::string_view name) {
  if (plain_name(name)) {
    out += name;
    return;
  }
  out += '"';
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string to_text(const Path& path) {
  std::string out;
  for (const std::string& segment : path) {
    if (!out.empty()) out += '.';
    append_name(out, segment);
  }
  return out;
}

SlotNumber SlotTable::add(std::string_view top_level_name) { return add(Path{std::string(top_level_name)}); }

SlotNumber SlotTable::find(std::string_view top_level_name) const {
  const auto found = top_level_.find(top_level_name);
  return found == top_level_.end() ? no_slot : found->second;
}

SlotNumber SlotTable::add(const Path& path) {
  SlotNumber parent = no_slot;
  if (path.size() == 1) {
    if (const SlotNumber known = find(path[0]); known != no_slot) return known;
  } else {
    parent = add(Path(path.begin(), path.end() - 1));
    if (parent == no_slot) return no_slot;
    for (const SlotNumber sibling : slots_[parent].nested)
      if (slots_[sibling].name == path.back()) return sibling;
  }
  if (slots_.size() >= slots_max) return no_slot;

  const auto number = static_cast<SlotNumber>(slots_.size());
  Buffer key;
  json::append_quoted(key, path.back());
  key.append(':');
  slots_.push_back({path, path.back(), parent, {}, std::string(key.view()), false});
  if (parent == no_slot)
    top_level_.emplace(path.back(), number);
  else
    slots_[parent].nested.push_back(number);
  return number;
}

bool SlotTable::keep_aside(const Path& path) {
  const SlotNumber source = add(path);
  if (source == no_slot) return false;
  if (kept_of(source) != no_slot) return true;
  if (slots_.size() >= slots_max) return false;
  asides_.push_back({source, static_cast<SlotNumber>(slots_.size())});
  slots_.push_back({path, path.back(), no_slot, {}, {}, true});
  return true;
}

SlotNumber SlotTable::kept_of(SlotNumber source) const {
  for (const Aside& aside : asides_)
    if (aside.source == source) return aside.kept;
  return no_slot;
}

}  // namespace penstock
