#include "bindings/source/exec_source.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "bindings/source/idle_source.h"
#include "bindings/source/line_log.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/units.h"

namespace penstock {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t turn_bytes = 1024 * 1024;
constexpr const char* component = "source.exec";

// One run of the program.
class Run {
 public:
  // `on_output_end` is called once, in a turn of its own, when everything the program wrote is with the pipeline.
  Run(SourceContext& context, const std::string& name, ChildProcess child, std::function<void()> on_output_end)
      : context_(context),
        child_(std::make_shared<ChildProcess>(std::move(child))),
        errors_(component, name, ExecSourcePlan::lines_max, ExecSourcePlan::line_bytes_max),
        stream_(context.open_stream({"exec:" + name, 0, {}})),
        on_output_end_(std::move(on_output_end)) {
    output_watch_ = context_.scheduler().on_readable(child_->output(), [this] { read_output(turn_bytes); });
    errors_watch_ = context_.scheduler().on_readable(child_->errors(), [this] { read_errors(); });
  }

  void resume() {
    if (at_end_) return finish();
    if (stopped_) return read_to_the_end();
    if (output_watch_) return;
    output_watch_ = context_.scheduler().on_readable(child_->output(), [this] { read_output(turn_bytes); });
  }

  // Ends the program: asks, reads what it still says, and has it killed later.
  void stop(milliseconds grace) {
    stopped_ = true;
    output_watch_.reset();
    errors_watch_.reset();
    child_->signal(SIGTERM);
    read_to_the_end();
    read_errors();
    errors_.finish();
    // In the background, for it may take its time; the process waits for that.
    killing_ = context_.scheduler().in_background([child = child_, grace] { child->end_within(grace); }, [] {});
  }

  bool at_end() const { return at_end_; }
  // What waitpid(2) says, once the program has ended.
  std::optional<int> ended() { return child_->ended(); }

 private:
  void read_output(std::size_t budget) {
    for (std::size_t taken = 0; taken < budget && !at_end_;) {
      if (stream_->blocked()) {
        output_watch_.reset();
        return;
      }
      const std::span<char> room = stream_->space();
      const ssize_t got = ::read(child_->output(), room.data(), room.size());
      stream_->commit(got > 0 ? static_cast<std::size_t>(got) : 0);  // without bytes too: the memory goes back
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got <= 0) {
        at_end_ = true;
        break;
      }
      taken += static_cast<std::size_t>(got);
    }
    if (at_end_) finish();
  }

  void finish() {
    output_watch_.reset();
    if (stream_->blocked()) return;
    if (!std::exchange(ended_, true)) stream_->end();
    if (stream_->blocked() || stopped_) return;
    read_errors();
    errors_.finish();
    end_call_ = context_.scheduler().after(milliseconds(0), [call = on_output_end_] { call(); });
  }

  void read_to_the_end() {
    const std::chrono::nanoseconds until = monotonic_now() + ExecSourcePlan::drain_time_max;
    while (!at_end_ && !stream_->blocked()) {
      const auto left = std::chrono::duration_cast<milliseconds>(until - monotonic_now());
      pollfd ask{child_->output(), POLLIN, 0};
      if (left.count() <= 0 || ::poll(&ask, 1, static_cast<int>(left.count())) <= 0) break;
      read_output(turn_bytes);
    }
    // We cut it off: what it had begun to write is no event.
    if (!at_end_ && stream_->pending() != 0) log::info(component, fmt::format("{} bytes of an unfinished event are left behind", stream_->pending()));
  }

  void read_errors() {
    char bytes[4096];
    for (int i = 0; i < 16; ++i) {
      const ssize_t got = ::read(child_->errors(), bytes, sizeof bytes);
      if (got == 0) errors_watch_.reset();
      if (got <= 0) return;
      errors_.add({bytes, static_cast<std::size_t>(got)}, context_.scheduler().now());
    }
  }

  SourceContext& context_;
  std::shared_ptr<ChildProcess> child_;
  LineLog errors_;
  std::unique_ptr<Stream> stream_;
  std::function<void()> on_output_end_;
  bool at_end_ = false;
  bool ended_ = false;
  bool stopped_ = false;
  std::unique_ptr<Scheduled> output_watch_;
  std::unique_ptr<Scheduled> errors_watch_;
  std::unique_ptr<Scheduled> end_call_;
  std::unique_ptr<Scheduled> killing_;
};

class ExecSource final : public Source {
 public:
  ExecSource(SourceContext& context, const ExecOptions& options)
      : context_(context), options_(options), name_(options.command.arguments.front()), backoff_(options.backoff_min) {}

  Status start() override {
    step_ = context_.scheduler().after(milliseconds(0), [this] { begin(); });
    return {};
  }
  void resume() override {
    if (run_) run_->resume();
  }
  void stop() override {
    if (std::exchange(stopped_, true)) return;
    step_.reset();
    if (run_) run_->stop(options_.grace);
  }

 private:
  void begin() {
    started_ = context_.scheduler().now();
    Result<ChildProcess> child = ChildProcess::start(options_.command);
    if (!child.ok()) return after_run(child.status().text(), false);
    run_ = std::make_unique<Run>(context_, name_, *std::move(child), [this] { wait_for_exit(); });
  }

  // The output has ended; mostly the program has too.
  void wait_for_exit() {
    const std::optional<int> status = run_->ended();
    if (!status) {
      constexpr milliseconds asked_every{50};
      step_ = context_.scheduler().after(asked_every, [this] { wait_for_exit(); });
      return;
    }
    run_.reset();
    after_run(name_ + " " + describe_exit(*status), *status == 0);
  }

  void after_run(const std::string& what, bool in_order) {
    if (!options_.restart) {
      if (!in_order) context_.on_trouble("source.exec: " + what, 0);
      return context_.on_finished();
    }
    if (context_.scheduler().now() - started_ >= options_.backoff_max) backoff_ = options_.backoff_min;
    log::write(in_order ? log::Level::info : log::Level::warn, component, fmt::format("{}: {}; it is started again in {}", context_.pipeline(), what, human_duration(backoff_)));
    step_ = context_.scheduler().after(backoff_, [this] { begin(); });
    backoff_ = std::min(backoff_ * 2, options_.backoff_max);
  }

  SourceContext& context_;
  const ExecOptions& options_;
  const std::string name_;
  milliseconds backoff_;
  milliseconds started_{0};
  bool stopped_ = false;
  std::unique_ptr<Run> run_;
  std::unique_ptr<Scheduled> step_;
};

// Programs are for the operator to allow, not for the script.
bool allowed(const std::string& file, const PlanContext& context) {
  if (context.unsafe) return true;
  return std::any_of(context.allow_exec.begin(), context.allow_exec.end(), [&](const std::string& path) {
    const Result<std::string> found = find_program(path);
    return found.ok() && found.value() == file;
  });
}

}  // namespace

Result<ExecOptions> ExecOptions::from(const Value& options, const PlanContext& context) {
  ExecOptions out;
  out.command.arguments = options.strings("command");
  if (out.command.arguments.empty()) return Status(Code::invalid, "option 'command' is missing");
  Result<std::string> file = find_program(out.command.arguments.front());
  if (!file.ok()) return Status(Code::invalid, "option 'command': " + file.status().text());
  out.command.file = *std::move(file);
  if (!allowed(out.command.file, context))
    return Status(Code::invalid, fmt::format("a script may not start programs by itself (hint: run with --allow-exec {}, or --unsafe)", out.command.file));
  if (options["env"].is_map())
    for (const auto& [name, value] : options["env"].map()) out.command.env[name] = value.is_secret() ? value.secret().reveal() : value.string();
  out.command.cwd = options.string_or("cwd", "");
  out.restart = options.bool_or("restart", out.restart);
  out.backoff_min = milliseconds(options.integer_or("backoff_min_ms", out.backoff_min.count()));
  out.backoff_max = milliseconds(options.integer_or("backoff_max_ms", out.backoff_max.count()));
  out.grace = milliseconds(options.integer_or("stop_timeout_ms", out.grace.count()));
  return out;
}

std::unique_ptr<Source> ExecSourcePlan::open(SourceContext& context) {
  if (context.worker() != 0) return make_idle_source(context);
  return std::make_unique<ExecSource>(context, options_);
}

std::string ExecSourcePlan::describe() const {
  std::string out = "exec";
  for (const std::string& argument : options_.command.arguments) out += " " + argument;
  return out;
}

Result<std::unique_ptr<SourcePlan>> make_exec_source(const Value& options, const PlanContext& context) {
  Result<ExecOptions> checked = ExecOptions::from(options, context);
  if (!checked.ok()) return checked.take_status();
  return std::unique_ptr<SourcePlan>(std::make_unique<ExecSourcePlan>(*std::move(checked)));
}

}  // namespace penstock
