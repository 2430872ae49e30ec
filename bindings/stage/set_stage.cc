#include "bindings/stage/set_stage.h"

#include <charconv>
#include <cmath>

#include "bindings/stage/stage_paths.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

constexpr int value_depth_max = 64;

// A path and the JSON text that goes there.
struct Constant {
  Path path;
  std::string json;
};

Status unfit(const Value& value) {
  return Status(Code::invalid, "set: a value must be a string, a finite number, a boolean, null, or a list or map of these, got " +
                                   to_text(value));
}

template <class Number>
void append_number(Buffer& out, Number number) {
  char* to = out.room(32);
  out.add_size(static_cast<std::size_t>(std::to_chars(to, to + 32, number).ptr - to));
}

Status append_json(Buffer& out, const Value& value, int depth);

Status append_list(Buffer& out, const ValueList& list, int depth) {
  out.append('[');
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i != 0) out.append(',');
    if (Status status = append_json(out, list[i], depth); !status.ok()) return status;
  }
  out.append(']');
  return {};
}

Status append_map(Buffer& out, const ValueMap& map, int depth) {
  char before = '{';
  for (const auto& [name, value] : map) {
    out.append(before);
    before = ',';
    json::append_quoted(out, name);
    out.append(':');
    if (Status status = append_json(out, value, depth); !status.ok()) return status;
  }
  out.append(map.empty() ? "{}" : "}");
  return {};
}

Status append_json(Buffer& out, const Value& value, int depth) {
  if (depth == value_depth_max) return Status(Code::invalid, "set: a value is nested deeper than " + std::to_string(depth));
  if (value.is_string())
    json::append_quoted(out, value.string());
  else if (value.is_secret())
    json::append_quoted(out, value.secret().reveal());
  else if (value.is_integer())
    append_number(out, value.integer());
  else if (value.is_number() && std::isfinite(value.number()))
    append_number(out, value.number());
  else if (value.is_bool())
    out.append(value.boolean() ? "true" : "false");
  else if (value.is_null())
    out.append("null");
  else if (value.is_list())
    return append_list(out, value.list(), depth + 1);
  else if (value.is_map())
    return append_map(out, value.map(), depth + 1);
  else
    return unfit(value);
  return {};
}

class SetStage final : public Stage {
 public:
  SetStage(const std::vector<Constant>& constants, const std::vector<SlotNumber>& slots) {
    for (std::size_t i = 0; i < slots.size(); ++i) writes_.push_back({slots[i], json::classify(constants[i].json)});
  }
  void run(Batch& batch) override {
    for (const std::uint32_t index : batch.live)
      for (const Write& write : writes_) batch[index].set(write.slot, write.value);
  }

 private:
  struct Write {
    SlotNumber slot;
    Slice value;  // into the plan's text
  };
  std::vector<Write> writes_;
};

class SetPlan final : public StagePlan {
 public:
  SetPlan(std::vector<Constant> constants, std::string text) : constants_(std::move(constants)), text_(std::move(text)) {
    for (const Constant& constant : constants_) paths_.push_back(constant.path);
  }
  std::unique_ptr<Stage> open(const StageContext& context) const override {
    const auto slots = add_slots(context.slots, paths_);
    if (!slots) return make_slotless_stage("set");
    return std::make_unique<SetStage>(constants_, *slots);
  }
  std::string describe() const override { return "set " + text_; }
  std::vector<std::string> writes() const override { return to_texts(paths_); }

 private:
  std::vector<Constant> constants_;
  std::vector<Path> paths_;
  std::string text_;
};

}  // namespace

Result<std::unique_ptr<StagePlan>> make_set_stage(const Value& options, const PlanContext&) {
  const Value& values = options["values"];
  if (!values.is_map() || values.map().empty()) return Status(Code::invalid, "set: values must map at least one field to a value");
  std::vector<Constant> constants;
  std::string text;
  for (const auto& [name, value] : values.map()) {
    Result<Path> path = parse_stage_path(name, "set");
    if (!path.ok()) return path.take_status();
    if (value.is_secret()) return Status(Code::invalid, "set: a secret cannot become part of an event (field " + to_text(*path) + ")");
    Buffer json;
    if (Status status = append_json(json, value, 0); !status.ok()) return status;
    text += (text.empty() ? "" : ", ") + to_text(*path) + " = " + to_text(value);
    constants.push_back({*std::move(path), std::string(json.view())});
  }
  return std::unique_ptr<StagePlan>(std::make_unique<SetPlan>(std::move(constants), std::move(text)));
}

}  // namespace penstock
