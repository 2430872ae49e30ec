#include "runtime/plan/explain.h"

#include <fmt/format.h>

#include <algorithm>

namespace penstock {

namespace {

class Explainer {
 public:
  explicit Explainer(const std::map<std::string, std::string>& lua_notes) : lua_notes_(lua_notes) {}

  void chain(const Chain& chain, int depth) {
    for (const StageNode& stage : chain.stages) this->stage(stage, depth);
    for (const SinkNode& sink : chain.sinks) {
      line(depth, "-> " + sink.plan->describe(), sink.where);
      note_reads(sink.plan->reads());
    }
    if (chain.route) route(*chain.route, depth);
  }

  void line(int depth, const std::string& text, const Where& where) {
    out_ += fmt::format("{:{}}{:<{}}  {}\n", "", depth * 2, text, std::max(0, 76 - depth * 2), where.text());
  }

  // The fields that some stage or sink asks for: what a JSON event is scanned for.
  std::string fields_read() const {
    std::string out;
    for (const std::string& path : reads_) out += (out.empty() ? "" : ", ") + path;
    return out.empty() ? "none: events pass unopened (JSON is only checked)" : out;
  }
  bool enters_lua() const { return enters_lua_; }
  std::string take() { return std::move(out_); }

 private:
  void stage(const StageNode& stage, int depth) {
    const bool lua = stage.plan->function().has_value();
    enters_lua_ = enters_lua_ || lua;
    line(depth, (lua ? "lua    " : "native ") + stage.plan->describe(), stage.where);
    const auto note = lua_notes_.find(stage.where.text());
    if (lua && note != lua_notes_.end()) out_ += fmt::format("{:{}}       {}\n", "", depth * 2, note->second);
    note_reads(stage.plan->reads());
  }

  void route(const RouteNode& route, int depth) {
    for (const BranchNode& branch : route.branches) {
      line(depth, branch.condition ? "when " + branch.condition->describe() : "otherwise", branch.where);
      if (branch.condition) note_reads(branch.condition->reads());
      chain(branch.chain, depth + 1);
    }
  }

  void note_reads(const std::vector<std::string>& paths) {
    for (const std::string& path : paths)
      if (std::find(reads_.begin(), reads_.end(), path) == reads_.end()) reads_.push_back(path);
  }

  const std::map<std::string, std::string>& lua_notes_;
  std::string out_;
  std::vector<std::string> reads_;
  bool enters_lua_ = false;
};

}  // namespace

std::string delivery_class(const SourceNode& source) { return source.plan->replayable() ? "replayable" : "best effort"; }

std::string explain(const PipelinePlan& plan, const std::map<std::string, std::string>& lua_notes) {
  Explainer explainer(lua_notes);
  for (const SourceNode& source : plan.sources)
    explainer.line(1, fmt::format("{} as {} ({}{})", source.plan->describe(), source.decoder->describe(), delivery_class(source),
                                  source.may_split ? ", split over workers" : ""),
                   source.where);
  explainer.chain(plan.chain, 1);
  std::string out = fmt::format("pipeline {} ({} worker{})\n{}", plan.name, plan.workers, plan.workers == 1 ? "" : "s", explainer.take());
  out += "  fields read: " + explainer.fields_read() + "\n";
  out += explainer.enters_lua() ? "  Lua: entered once per batch for each stage marked lua\n" : "  Lua: never entered\n";
  return out;
}

}  // namespace penstock
