#include "runtime/plan/losses.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/plan/explain.h"

namespace penstock {

namespace {

constexpr const char* best_effort = "best effort";

template <class Call>
void for_each_sink(const Chain& chain, Call&& call) {
  for (const SinkNode& sink : chain.sinks) call(sink);
  if (!chain.route) return;
  for (const BranchNode& branch : chain.route->branches) for_each_sink(branch.chain, call);
}

std::vector<Loss> losses_of(const SourceNode& source) {
  if (delivery_class(source) != best_effort) return {};
  return {{source.where, fmt::format("source.{}: best effort: events that are lost on their way, or with this process, cannot be asked for again "
                                     "(hint: source.file can be read again, source.http answers when its events are safe)",
                                     source.type)}};
}

std::vector<Loss> losses_of(const PipelinePlan& plan, const SinkNode& sink) {
  std::vector<Loss> out;
  const auto add = [&](const std::string& text) { out.push_back({sink.where, fmt::format("sink.{}: best effort: {}", sink.type, text)}); };
  if (!sink.plan->durable()) add(sink.plan->loss());
  if (sink.plan->drops_when_full()) add("on_full = \"drop\" drops events when the buffer is full (hint: on_full = \"block\" or \"spool\")");
  if (sink.plan->gives_up() && !plan.keeps_letters)
    add("retry.max_attempts gives events up, and the pipeline keeps no dead letters (hint: leave retry.max_attempts out, or keep dead letters)");
  return out;
}

std::vector<Loss> losses_of_letters(const PipelinePlan& plan) {
  if (plan.keeps_letters) return {};
  const bool on_error = plan.options.string_or("on_error", "") == "drop";
  const char* const option = on_error ? "on_error = \"drop\"" : "dead_letter = false";
  return {{plan.where, fmt::format("pipeline \"{}\": best effort: {} drops events that a stage fails on or a destination refuses (hint: without it they go to the dead letter)",
                                   plan.name, option)}};
}

}  // namespace

std::vector<Loss> losses(const PipelinePlan& plan) {
  std::vector<Loss> out = losses_of_letters(plan);
  const auto add = [&out](std::vector<Loss> more) { std::move(more.begin(), more.end(), std::back_inserter(out)); };
  for (const SourceNode& source : plan.sources) add(losses_of(source));
  for_each_sink(plan.chain, [&](const SinkNode& sink) { add(losses_of(plan, sink)); });
  return out;
}

std::vector<Edge> edges(const PipelinePlan& plan) {
  std::vector<Edge> out;
  for (const SourceNode& source : plan.sources) {
    for_each_sink(plan.chain, [&](const SinkNode& sink) {
      const bool safe = plan.keeps_letters && losses_of(source).empty() && losses_of(plan, sink).empty();
      out.push_back({std::to_string(source.number) + ":" + source.type, sink.name, !safe ? best_effort : plan.exactly_once ? "exactly once" : delivery_class(source)});
    });
  }
  return out;
}

}  // namespace penstock
