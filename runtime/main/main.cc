// The program's door: reads the command line and hands over to the command.
#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "runtime/base/log.h"
#include "runtime/main/command_line.h"
#include "runtime/main/component_rows.h"
#include "runtime/main/dead_letter_command.h"
#include "runtime/main/destination_command.h"
#include "runtime/main/explain_command.h"
#include "runtime/main/run_command.h"
#include "runtime/main/state_command.h"
#include "runtime/main/test_command.h"
#include "runtime/main/version.h"
#include "runtime/plan/explain.h"

namespace penstock {

namespace {

int usage_error(const std::string& text) {
  fmt::print(stderr, "penstock: {}\n", text);
  return 2;
}

// KEY=VALUE pairs into the script's parameters; false when one has no '='.
bool read_settings(CommandLine& line) {
  for (const std::string& setting : line.settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      usage_error("--set wants KEY=VALUE, got '" + setting + "'");
      return false;
    }
    line.run.program.params[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return true;
}

bool has_one_script(const ProgramOptions& options) { return options.script_path.empty() != options.script_text.empty(); }

int check_command(const ProgramOptions& options) {
  const std::unique_ptr<Program> program = load(options, all_components());
  if (!program) return 2;
  for (const auto& pipeline : program->pipelines) fmt::print("{}", delivery_classes(*pipeline));
  fmt::print(stderr, "penstock: {} pipeline{}, no mistakes\n", program->pipelines.size(), program->pipelines.size() == 1 ? "" : "s");
  return 0;
}

int run_letters(const CLI::App& letters, CommandLine& line) {
  const std::string name = letters.get_subcommands().front()->get_name();
  const ProgramOptions& options = line.run.program;
  if (name == "list") return dead_letter_list(options.state_directory);
  if (name == "show") return dead_letter_show(options.state_directory, line.pipeline, line.limit);
  return dead_letter_replay(line.pipeline, options);
}

int run_destination(const CLI::App& destination, CommandLine& line) {
  const std::string name = destination.get_subcommands().front()->get_name();
  line.destination.program = line.run.program;
  if (!has_one_script(line.run.program)) return usage_error("destination " + name + " wants one script: a path, or -e 'LUA'");
  if (name == "verify") return destination_verify(line.destination);
  return name == "policy" ? destination_policy(line.destination) : destination_test(line.destination);
}

int run_scripted(const std::string& name, CommandLine& line) {
  const ProgramOptions& options = line.run.program;
  if (!has_one_script(options)) return usage_error(name + " wants one script: a path, or -e 'LUA'");
  if (name == "check") return check_command(options);
  if (name == "explain") return explain_command(options);
  return run_command(line.run);
}

int dispatch(const CLI::App& app, CommandLine& line) {
  const CLI::App& command = *app.get_subcommands().front();
  const std::string& name = command.get_name();
  if (name == "version") return fmt::print("{}", version_text()), 0;
  if (name == "man") return fmt::print("{}", man_page(app)), 0;
  if (name == "completion") return fmt::print("{}", completion(app, line.shell)), 0;
  if (name == "reference") return fmt::print("{}", script::reference_markdown()), 0;
  if (name == "lua-meta") return fmt::print("{}", script::lua_meta()), 0;
  if (name == "state")
    return command.get_subcommands().front()->get_name() == "list" ? state_list(line.run.program.state_directory) : state_check(line.run.program.state_directory);
  if (name == "dead-letter") return run_letters(command, line);
  if (name == "destination") return run_destination(command, line);
  if (name == "test") return test_command(line.scripts, line.run.program);
  return run_scripted(name, line);
}

// A file that is opened must not become somebody's standard output. Writing to what is put there fails, as it should.
void open_missing_descriptors() {
  for (int fd = 0; fd <= 2; ++fd)
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF && ::open("/dev/null", O_RDONLY) < 0) std::abort();
}

int run(int argc, char** argv) {
  CommandLine line;
  const std::unique_ptr<CLI::App> app = describe_command_line(line);
  try {
    app->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (argc == 1) return fmt::print(stderr, "{}", app->help()), 2;
    if (error.get_exit_code() == 0) return app->exit(error);  // --help
    if (const std::string unknown = unknown_argument(*app); !unknown.empty()) return usage_error(unknown);
    app->exit(error);
    return 2;
  }
  log::Options options;
  options.level = log::level_from_name(line.log_level).value_or(log::Level::info);
  options.format = log::format_from_name(line.log_format).value_or(log::Format::text);
  log::configure(options);
  line.run.progress = !line.no_progress;
  return read_settings(line) ? dispatch(*app, line) : 2;
}

}  // namespace

}  // namespace penstock

// Of libuv's pool, which all loops share: what waits there for a broker, a name server or a disk that hangs must not hold up the rest.
// libuv takes the number from the environment only.
constexpr const char* pool_threads = "16";

int main(int argc, char** argv) {
  penstock::open_missing_descriptors();
  ::setenv("UV_THREADPOOL_SIZE", pool_threads, 0);
  try {
    const int status = penstock::run(argc, argv);
    if (std::fflush(stdout) == 0) return status;
  } catch (const std::system_error&) {
    // What fmt throws when it cannot write.
  }
  fmt::print(stderr, "penstock: standard output: {}\n", std::strerror(errno));
  return 1;
}
