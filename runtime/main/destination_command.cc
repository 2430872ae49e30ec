#include "runtime/main/destination_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/units.h"
#include "runtime/delivery/ownership.h"
#include "runtime/loop/loop.h"
#include "runtime/main/component_rows.h"
#include "runtime/script/secrets.h"

namespace penstock {

namespace {

int fail(const std::string& text) {
  fmt::print(stderr, "penstock: {}\n", text);
  return 1;
}

int refuse(const std::string& text) {
  fail(text);
  return 2;
}

struct ChosenSink {
  const PipelinePlan* pipeline;
  const SinkNode* sink;
  std::string name() const { return pipeline->name + "/" + sink->name; }
};

void add_sinks(const PipelinePlan& pipeline, const Chain& chain, std::vector<ChosenSink>& into) {
  for (const SinkNode& sink : chain.sinks) into.push_back({&pipeline, &sink});
  if (!chain.route) return;
  for (const BranchNode& branch : chain.route->branches) add_sinks(pipeline, branch.chain, into);
}

std::string names_of(const std::vector<ChosenSink>& sinks) {
  std::string text;
  for (const ChosenSink& each : sinks) text += (text.empty() ? "" : ", ") + each.name();
  return text;
}

// Those of `sinks` that `wish` names.
std::vector<ChosenSink> choose(const std::vector<ChosenSink>& sinks, const std::string& wish) {
  std::vector<ChosenSink> chosen;
  std::copy_if(sinks.begin(), sinks.end(), std::back_inserter(chosen),
               [&](const ChosenSink& each) { return wish.empty() || wish == each.name() || wish == each.sink->name || wish == each.pipeline->name; });
  return chosen;
}

// A loaded script and those of its sinks that the command is for.
struct Chosen {
  std::unique_ptr<Program> program;
  std::vector<ChosenSink> sinks;  // none: a message was printed
};

template <class Fits>
Chosen load_sinks(const DestinationOptions& options, const char* what, Fits fits) {
  std::signal(SIGPIPE, SIG_IGN);  // a connection that is cut is an answer
  Chosen chosen;
  ProgramOptions own = options.program;
  // A script may insist on one; nothing of it is opened here.
  own.state_directory = records_directory(own.state_directory);
  chosen.program = load(own, all_components());
  if (!chosen.program) return chosen;
  std::vector<ChosenSink> all;
  for (const auto& pipeline : chosen.program->pipelines) add_sinks(*pipeline, pipeline->chain, all);
  std::erase_if(all, [&](const ChosenSink& each) { return !fits(each); });
  chosen.sinks = choose(all, options.sink);
  if (all.empty()) refuse(std::string("the script has no sink ") + what);
  if (!all.empty() && chosen.sinks.empty()) refuse("no sink '" + options.sink + "' " + what + " (there is " + names_of(all) + ")");
  return chosen;
}

// ---- Owned destinations ----

const OwnedDestination* owned(const ChosenSink& each) { return each.sink->plan->owned_destination(); }

// Several sinks may write to one destination; null when they write to several, which was told.
const OwnedDestination* only_one(const std::vector<ChosenSink>& sinks) {
  const OwnedDestination* const first = owned(sinks.front());
  const bool one = std::all_of(sinks.begin(), sinks.end(), [&](const ChosenSink& each) { return owned(each)->identity() == first->identity(); });
  if (one) return first;
  refuse("the script has several destinations: choose one by --sink: " + names_of(sinks));
  return nullptr;
}

// Runs a loop until the work says what came of it.
template <class Begin>
Result<Answer> wait_for(Begin begin) {
  Result<std::unique_ptr<Loop>> loop = Loop::open();
  if (!loop.ok()) return loop.take_status();
  Answer answer{Outcome::transient, "no answer", {}};
  const std::unique_ptr<OwnedDestination::Work> work = begin(**loop, [&](Answer got) {
    answer = std::move(got);
    (*loop)->stop();
  });
  (*loop)->run();
  return answer;
}

std::string command_of(const DestinationOptions& options, const std::string& verb) {
  std::string text = "penstock destination " + verb + " " + (options.program.script_path.empty() ? "-e '...'" : options.program.script_path);
  if (!options.program.state_directory.empty()) text += " --state " + options.program.state_directory;
  if (!options.sink.empty()) text += " --sink " + options.sink;
  return text;
}

int issue_token(const OwnedDestination& destination, OwnershipRecords& records, const DestinationOptions& options) {
  const auto now = std::chrono::system_clock::now();
  Result<IssuedToken> token = records.issue(destination.identity(), destination.name(), now);
  if (!token.ok()) return fail(token.status().text());
  const Result<Answer> answer = wait_for([&](Scheduler& scheduler, auto done) { return destination.write_token(scheduler, token->id, token->text, done); });
  if (!answer.ok()) return fail(answer.status().text());
  if (answer.value().outcome != Outcome::delivered)
    return fail("the token could not be written: " + answer.value().text + "; see " + command_of(options, "test"));
  fmt::print("a token was written to {}\n", destination.token_file(token->id));
  fmt::print("read it there with your own access to the bucket, and give all of it back by {} ({} tries):\n  {} --token TOKEN\n",
             format_utc(token->expires, Stamp::seconds), token_tries_max, command_of(options, "verify"));
  return 0;
}

// What is in the way when the token's file stays is nothing: it is of no use any more.
void remove_token_file(const OwnedDestination& destination, const std::string& id) {
  const Result<Answer> answer = wait_for([&](Scheduler& scheduler, auto done) { return destination.remove_token(scheduler, id, done); });
  if (answer.ok() && answer.value().outcome == Outcome::delivered) return;
  fmt::print("{} may be removed\n", destination.token_file(id));
}

int take_token(const OwnedDestination& destination, OwnershipRecords& records, const DestinationOptions& options) {
  std::string text = options.token;
  if (text.starts_with("env:") || text.starts_with("file:")) {
    Result<Secret> read = script::read_secret(text);
    if (!read.ok()) return refuse("--token: " + read.status().text());
    text = read->reveal();
  }
  const Result<TokenVerdict> verdict = records.give_back(destination.identity(), text, std::chrono::system_clock::now());
  if (!verdict.ok()) return fail(verdict.status().text());
  const Result<std::optional<OwnershipRow>> found = records.find(destination.identity());
  if (!found.ok()) return fail(found.status().text());
  const std::optional<OwnershipRow>& row = found.value();
  const std::string again = "; for a new one: " + command_of(options, "verify");
  switch (verdict.value()) {
    case TokenVerdict::none: return fail("no token was written for " + destination.name() + " (another endpoint, bucket or directory needs its own)" + again);
    case TokenVerdict::expired: return fail("the token of " + destination.name() + " was good until " + format_utc(row->expires, Stamp::seconds) + again);
    case TokenVerdict::used_up: return fail(fmt::format("{} wrong tokens were given for {}: the right one is good no longer{}", token_tries_max, destination.name(), again));
    case TokenVerdict::wrong:
      return fail(fmt::format("that is not the token of {} ({} of {} tries are left): it stands in {}", destination.name(), token_tries_max - row->wrong_tries, token_tries_max,
                              destination.token_file(row->token_id)));
    case TokenVerdict::right: break;
  }
  fmt::print("verified: {}\n", destination.name());
  remove_token_file(destination, row->token_id);
  return 0;
}

// ---- Tests ----

const char* mark_of(ProbeStep::Result result) {
  switch (result) {
    case ProbeStep::Result::passed: return "ok";
    case ProbeStep::Result::warned: return "warn";
    case ProbeStep::Result::failed: return "FAIL";
    case ProbeStep::Result::skipped: return "-";
  }
  return "";
}

std::string time_text(std::chrono::microseconds took) {
  return took < std::chrono::milliseconds(10) ? fmt::format("{:.1f} ms", static_cast<double>(took.count()) / 1000)
                                              : human_duration(std::chrono::duration_cast<std::chrono::milliseconds>(took));
}

void print_step(const ProbeStep& step) {
  fmt::print("  {:<4}  {:<11}  {}{}\n", mark_of(step.result), step.name, step.text, step.took ? " (" + time_text(*step.took) + ")" : "");
  if (!step.advice.empty()) fmt::print("        {:<11}  -> {}\n", "", step.advice);
  std::fflush(stdout);
}

// Whether no step failed.
Result<bool> try_sink(const ChosenSink& each) {
  Result<std::unique_ptr<Loop>> opened = Loop::open();
  if (!opened.ok()) return opened.take_status();
  Loop& loop = **opened;
  SlotTable slots;
  SinkCounters counters;
  SinkContext context(loop, slots);
  context.pipeline = each.pipeline->name;
  context.name = each.sink->name;
  context.counters = &counters;
  context.on_message = [](const std::string& text) { print_step({"note", ProbeStep::Result::warned, text}); };
  bool well = false;
  const std::unique_ptr<Probe> probe = each.sink->plan->probe(context, {print_step, [&](bool none_failed) {
                                                                           well = none_failed;
                                                                           loop.stop();
                                                                         }});
  loop.run();
  return well;
}

}  // namespace

int destination_verify(const DestinationOptions& options) {
  const auto fits = [](const ChosenSink& each) { return owned(each) && owned(each)->can_be_verified(); };
  Chosen chosen = load_sinks(options, "that writes to a bucket of S3", fits);
  if (chosen.sinks.empty()) return 2;
  // Those that wait for it come first.
  std::vector<ChosenSink> waiting = chosen.sinks;
  std::erase_if(waiting, [](const ChosenSink& each) { return !owned(each)->must_be_verified(); });
  if (!waiting.empty()) chosen.sinks = waiting;
  const OwnedDestination* const destination = only_one(chosen.sinks);
  if (!destination) return 2;
  if (!destination->must_be_verified()) fmt::print(stderr, "penstock: {} does not wait for it (hint: verify_ownership = true)\n", names_of(chosen.sinks));

  Result<OwnershipRecords> records = OwnershipRecords::open(records_directory(options.program.state_directory));
  if (!records.ok()) return fail(records.status().text());
  if (!options.token.empty()) return take_token(*destination, *records, options);
  const Result<std::optional<OwnershipRow>> row = records->find(destination->identity());
  if (!row.ok()) return fail(row.status().text());
  if (!row.value() || !row.value()->verified) return issue_token(*destination, *records, options);
  fmt::print("{} was verified at {}\n", destination->name(), format_utc(*row.value()->verified, Stamp::seconds));
  return 0;
}

int destination_policy(const DestinationOptions& options) {
  const Chosen chosen = load_sinks(options, "that writes to a bucket", [](const ChosenSink& each) { return owned(each) != nullptr; });
  if (chosen.sinks.empty()) return 2;
  const OwnedDestination* const destination = only_one(chosen.sinks);
  if (!destination) return 2;
  const Policy policy = destination->policy(options.wishes);
  fmt::print("{}", policy.json);
  for (const std::string& note : policy.notes) fmt::print(stderr, "penstock: {}\n", note);
  return 0;
}

int destination_test(const DestinationOptions& options) {
  const Chosen chosen = load_sinks(options, "that sends over a network", [](const ChosenSink& each) { return each.sink->plan->has_probe(); });
  if (chosen.sinks.empty()) return 2;
  bool well = true;
  for (const ChosenSink& each : chosen.sinks) {
    fmt::print("{}: {}\n", each.name(), each.sink->plan->describe());
    const Result<bool> tried = try_sink(each);
    if (!tried.ok()) return fail(tried.status().text());
    well = well && tried.value();
  }
  return well ? 0 : 1;
}

}  // namespace penstock
