#include "runtime/plan/pipeline_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace penstock {

namespace {

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

bool has_word(const std::string& text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !in_word(text[at - 1])) && (end == text.size() || !in_word(text[end]))) return true;
  }
  return false;
}

bool speaks_of_refused(const std::string& text, const NodeDeclaration& node) {
  return std::any_of(node.refused.begin(), node.refused.end(), [&](const std::string& name) { return has_word(text, name); });
}

class Compiler {
 public:
  Compiler(const PlanContext& context, std::vector<Mistake>& mistakes, PipelinePlan& plan)
      : context_(context), mistakes_(mistakes), plan_(plan) {}

  void source(const NodeDeclaration& node) {
    SourceNode source;
    source.number = static_cast<int>(plan_.sources.size());
    source.type = node.type;
    source.where = node.where;
    source.event_bytes_max = static_cast<std::size_t>(node.options.integer_or("max_event_bytes", std::int64_t(source.event_bytes_max)));
    source.plan = make(context_.components.sources, node, context_);
    if (!source.plan) return;
    std::vector<std::string> formats = source.plan->formats();
    if (formats.empty()) formats = {node.options.string_or("format", "json")};
    for (const std::string& format : formats) {
      source.decoders.emplace_back(format, decoder(node, format));
      if (!source.decoders.back().second) return;
    }
    source.may_split = !plan_.ordered && plan_.workers > 1 && source.plan->finite() && source.decoder().splittable();
    plan_.sources.push_back(std::move(source));
  }

  Chain chain(const std::vector<NodeDeclaration>& nodes) {
    Chain chain;
    for (const NodeDeclaration& node : nodes) {
      if (node.role == Role::source) continue;
      if (node.type == "route") {
        if (chain.route) mistake(node.where, "route: a pipeline splits up once; put the second route into a branch of the first");
        chain.route = std::make_unique<RouteNode>(route(node));
      } else if (node.role == Role::stage) {
        stage(node, chain);
      } else if (auto plan = make(context_.components.sinks, node, context_)) {
        chain.sinks.push_back({sink_name(node, *plan), node.type, node.where, std::move(plan)});
      }
    }
    return chain;
  }

  // For delivery = "exactly_once": what can be said of ends of which some may be wrong already.
  void bind_ends(const std::vector<NodeDeclaration>& nodes) {
    const auto count = [&](Role role) { return std::count_if(nodes.begin(), nodes.end(), [role](const NodeDeclaration& node) { return node.role == role; }); };
    if (count(Role::source) != 1 || count(Role::sink) != 1 || plan_.chain.route) {
      mistake(plan_.where, fmt::format("pipeline \"{}\": delivery = \"exactly_once\" wants one source and one sink, and no route: a transaction has one producer", plan_.name));
      return;
    }
    if (plan_.chain.sinks.empty()) return;
    const SinkNode& sink = plan_.chain.sinks.front();
    const std::shared_ptr<Transactions> transactions = sink.plan->transactions();
    if (!transactions) {
      mistake(sink.where, fmt::format("sink.{} cannot take part in delivery = \"exactly_once\" (hint: sink.kafka can)", sink.type));
      return;
    }
    if (plan_.sources.empty()) return;
    const SourceNode& source = plan_.sources.front();
    if (Status bound = source.plan->commit_in(transactions); !bound.ok()) mistake(source.where, fmt::format("source.{} {}", source.type, bound.text()));
  }

 private:
  void stage(const NodeDeclaration& node, Chain& chain) {
    auto plan = make(context_.components.stages, node, context_);
    if (!plan) return;
    if (const RawScrubber* scrubber = plan->scrubber()) plan_.scrubbers.push_back(scrubber);
    std::vector<Path> recalled = recalled_by(*plan);
    before_.push_back(plan.get());
    chain.stages.push_back({node.type, node.where, std::move(plan), std::move(recalled)});
  }

  std::vector<Path> recalled_by(const StagePlan& stage) {
    std::vector<Path> recalled;
    for (const Path& path : stage.recalls()) {
      if (std::none_of(before_.begin(), before_.end(), [&](const StagePlan* earlier) { return earlier->drops(path); })) continue;
      recalled.push_back(path);
      if (std::find(plan_.kept_aside.begin(), plan_.kept_aside.end(), path) == plan_.kept_aside.end()) plan_.kept_aside.push_back(path);
    }
    return recalled;
  }

  // Spools and metrics go by it, so that no two sinks may have the same.
  std::string sink_name(const NodeDeclaration& node, const SinkPlan& plan) {
    const std::string place = std::to_string(sinks_++) + ":" + node.type;
    const std::string name = plan.name().empty() ? place : plan.name();
    if (!sink_names_.insert(name).second) mistake(node.where, fmt::format("sink.{}: another sink of the pipeline has the name '{}' already", node.type, name));
    return name;
  }

  RouteNode route(const NodeDeclaration& node) {
    RouteNode route;
    route.where = node.where;
    for (const BranchDeclaration& branch : node.branches) {
      BranchNode compiled;
      compiled.where = branch.where;
      if (!branch.condition.is_nil()) {
        NodeDeclaration condition;
        condition.type = "filter";
        condition.options = ValueMap{{"expression", branch.condition}};
        condition.where = branch.where;
        compiled.condition = make(context_.components.stages, condition, context_);
      }
      const std::size_t before = before_.size();
      compiled.chain = chain(branch.nodes);
      before_.resize(before);
      route.branches.push_back(std::move(compiled));
    }
    return route;
  }

  std::unique_ptr<DecoderPlan> decoder(const NodeDeclaration& node, const std::string& format) {
    const Components& components = context_.components;
    const auto own = components.source_decoders.find(format);
    if (own != components.source_decoders.end()) return keep(own->second(node.options), node);
    const auto found = components.decoders.find(format);
    if (found == components.decoders.end()) {
      mistake(node.where, fmt::format("source.{}: unknown format '{}'", node.type, format));
      return nullptr;
    }
    return keep(found->second(node.options), node);
  }

  template <class Factory>
  auto make(const std::map<std::string, Factory>& rows, const NodeDeclaration& node, const PlanContext& context)
      -> std::remove_reference_t<decltype(*rows.begin()->second(node.options, context))> {
    if (node.incomplete) return nullptr;
    const auto found = rows.find(node.type);
    if (found != rows.end()) return keep(found->second(node.options, context), node);
    mistake(node.where, fmt::format("'{}' is not in this build", node.type));
    return nullptr;
  }

  template <class T>
  std::unique_ptr<T> keep(Result<std::unique_ptr<T>> result, const NodeDeclaration& node) {
    if (result.ok()) return std::move(result).value();
    const std::string text = result.status().text();
    if (!speaks_of_refused(text, node)) mistake(node.where, role_prefix(node.role) + named(text, node.type));
    return nullptr;
  }

  // Stages name themselves in their messages, sources and sinks do not.
  static std::string named(const std::string& text, const std::string& type) {
    return text.starts_with(type + ": ") ? text : type + ": " + text;
  }

  static std::string role_prefix(Role role) {
    return role == Role::source ? "source." : role == Role::sink ? "sink." : "";
  }
  void mistake(const Where& where, std::string text) { mistakes_.push_back({where, std::move(text)}); }

  const PlanContext& context_;
  std::vector<Mistake>& mistakes_;
  PipelinePlan& plan_;
  std::vector<const StagePlan*> before_;  // the stages that an event has passed at the present place
  int sinks_ = 0;
  std::set<std::string> sink_names_;
};

}  // namespace

namespace {

std::size_t sinks_in(const Chain& chain) {
  std::size_t count = chain.sinks.size();
  if (chain.route)
    for (const BranchNode& branch : chain.route->branches) count += sinks_in(branch.chain);
  return count;
}

}  // namespace

const DecoderPlan& SourceNode::decoder(const std::string& format) const {
  for (const auto& [name, decoder_plan] : decoders)
    if (name == format) return *decoder_plan;
  return *decoders.front().second;
}

namespace {

bool has_exclusive_sink(const Chain& chain) {
  if (std::any_of(chain.sinks.begin(), chain.sinks.end(), [](const SinkNode& sink) { return sink.plan->exclusive(); })) return true;
  return chain.route && std::any_of(chain.route->branches.begin(), chain.route->branches.end(), [](const BranchNode& branch) { return has_exclusive_sink(branch.chain); });
}

}  // namespace

bool PipelinePlan::exclusive() const { return has_exclusive_sink(chain); }

bool PipelinePlan::overlaps() const {
  return !exclusive() && std::all_of(sources.begin(), sources.end(), [](const SourceNode& source) { return source.plan->overlaps(); });
}

std::size_t PipelinePlan::sinks() const { return sinks_in(chain); }

bool PipelinePlan::finite() const {
  for (const SourceNode& source : sources)
    if (!source.plan->finite()) return false;
  return true;
}

std::unique_ptr<PipelinePlan> compile(const PipelineDeclaration& declaration, const PlanContext& context, std::vector<Mistake>& mistakes) {
  auto plan = std::make_unique<PipelinePlan>();
  plan->name = declaration.name;
  plan->where = declaration.where;
  plan->options = declaration.options;
  plan->workers = static_cast<int>(declaration.options.integer_or("workers", context.workers));
  plan->ordered = declaration.options.bool_or("ordered", true);
  plan->exactly_once = declaration.options.string_or("delivery", "") == "exactly_once";
  const Value& bounds = declaration.options["dead_letter"];
  plan->keeps_letters = declaration.options.string_or("on_error", "dead_letter") != "drop" && !(bounds.is_bool() && !bounds.boolean());
  plan->dead_letter.file_bytes_max = static_cast<std::uint64_t>(bounds.integer_or("max_bytes", std::int64_t(plan->dead_letter.file_bytes_max)));
  plan->dead_letter.files_max = static_cast<int>(bounds.integer_or("files", plan->dead_letter.files_max));

  PlanContext own = context;
  own.pipeline = declaration.name;
  own.workers = plan->workers;
  own.exactly_once = plan->exactly_once;
  own.script_time = std::chrono::milliseconds(declaration.options.integer_or("script_time_ms", context.script_time.count()));
  const std::size_t mistakes_before = mistakes.size();
  Compiler compiler(own, mistakes, *plan);
  for (const NodeDeclaration& node : declaration.nodes)
    if (node.role == Role::source) compiler.source(node);
  plan->chain = compiler.chain(declaration.nodes);
  if (plan->exactly_once) compiler.bind_ends(declaration.nodes);
  return mistakes.size() == mistakes_before ? std::move(plan) : nullptr;
}

}  // namespace penstock
