#include "runtime/plan/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/plan/losses.h"

namespace penstock {

namespace {

class Explainer {
 public:
  explicit Explainer(const ExplainNotes& notes) : notes_(notes) {}

  void chain(const Chain& chain, int depth) {
    for (const StageNode& stage : chain.stages) this->stage(stage, depth);
    for (const SinkNode& sink : chain.sinks) {
      line(depth, fmt::format("-> {} ({})", sink.plan->describe(), delivery_class(sink)), sink.where);
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
    line(depth, (stage.plan->function() ? "lua    " : "native ") + stage.plan->describe(), stage.where);
    recalled(stage, depth);
    function(*stage.plan, depth);
    note_reads(stage.plan->reads());
  }

  void recalled(const StageNode& stage, int depth) {
    std::string paths;
    for (const Path& path : stage.recalled) paths += (paths.empty() ? "" : ", ") + to_text(path);
    if (!paths.empty()) out_ += fmt::format("{:{}}       {} kept aside for it where `fields` drops them\n", "", depth * 2, paths);
  }

  // What is known of the function that a stage or condition calls, if it calls one.
  void function(const StagePlan& plan, int depth) {
    if (!plan.function()) return;
    enters_lua_ = true;
    const auto note = notes_.functions.find(plan.function()->number);
    if (note == notes_.functions.end()) return note_reads({"whatever functions without a sample read"});
    for (const std::string& text : note->second.lines) out_ += fmt::format("{:{}}       {}\n", "", depth * 2, text);
    note_reads(note->second.reads);
  }

  void route(const RouteNode& route, int depth) {
    for (const BranchNode& branch : route.branches) {
      line(depth, branch.condition ? "when " + branch.condition->describe() : "otherwise", branch.where);
      if (branch.condition) {
        function(*branch.condition, depth);
        note_reads(branch.condition->reads());
      }
      chain(branch.chain, depth + 1);
    }
  }

  void note_reads(const std::vector<std::string>& paths) {
    for (const std::string& path : paths)
      if (std::find(reads_.begin(), reads_.end(), path) == reads_.end()) reads_.push_back(path);
  }

  const ExplainNotes& notes_;
  std::string out_;
  std::vector<std::string> reads_;
  bool enters_lua_ = false;
};

}  // namespace

std::string delivery_class(const SourceNode& source) {
  if (source.plan->replayable()) return "replayable";
  return source.plan->answers_when_durable() ? "durable before ack" : "best effort";
}

std::string delivery_class(const SinkNode& sink) { return sink.plan->durable() ? "durable before ack" : "best effort"; }

namespace {

void add_sink_classes(const Chain& chain, std::string& out) {
  for (const SinkNode& sink : chain.sinks) out += fmt::format("  {}: -> {}: {}\n", sink.where.text(), sink.plan->describe(), delivery_class(sink));
  if (!chain.route) return;
  for (const BranchNode& branch : chain.route->branches) add_sink_classes(branch.chain, out);
}

}  // namespace

namespace {

// Every edge with its class, and why it is best effort when it is.
std::string edge_lines(const PipelinePlan& plan) {
  std::string out;
  for (const Edge& edge : edges(plan)) out += fmt::format("  edge {} -> {}: {}\n", edge.source, edge.sink, edge.delivery_class);
  for (const Loss& loss : losses(plan)) out += fmt::format("  {}: {}\n", loss.where.text(), loss.text);
  return out;
}

}  // namespace

std::string delivery_classes(const PipelinePlan& plan) {
  std::string out = fmt::format("pipeline {}\n", plan.name);
  for (const SourceNode& source : plan.sources)
    out += fmt::format("  {}: {}: {}\n", source.where.text(), source.plan->describe(), delivery_class(source));
  add_sink_classes(plan.chain, out);
  return out + edge_lines(plan);
}

std::string explain(const PipelinePlan& plan, const ExplainNotes& notes) {
  Explainer explainer(notes);
  for (const SourceNode& source : plan.sources)
    explainer.line(1, fmt::format("{} as {} ({}{})", source.plan->describe(), source.decoder().describe(), delivery_class(source),
                                  source.may_split ? ", split over workers" : ""),
                   source.where);
  explainer.chain(plan.chain, 1);
  std::string out = fmt::format("pipeline {} ({} worker{})\n{}", plan.name, plan.workers, plan.workers == 1 ? "" : "s", explainer.take());
  out += "  fields read: " + explainer.fields_read() + "\n";
  out += explainer.enters_lua() ? "  Lua: entered once per batch for each stage marked lua\n" : "  Lua: never entered\n";
  if (explainer.enters_lua() && !notes.sample.empty()) out += "  sample: " + notes.sample + "\n";
  return out + edge_lines(plan);
}

}  // namespace penstock
