#include "runtime/main/run_command.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>

#include "runtime/main/component_rows.h"
#include "runtime/main/run.h"

namespace penstock {

namespace {

Status check_admin(const AdminOptions& options) {
  if (options.address.empty()) return options.token.empty() ? Status() : Status(Code::invalid, "--admin-token is of no use without --admin HOST:PORT");
  Result<AdminServer::Settings> settings = AdminServer::check(options);
  return settings.ok() ? Status() : settings.take_status();
}

// Connections and files are bounded by their options; the soft limit, 1024 mostly, is there for programs that use select(2).
void take_all_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

RunResult run_program(std::shared_ptr<Program> program, const RunOptions& options) {
  // A reader that goes away is the sink's news (EPIPE), not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  // So is a file-size limit: it is a full disk then (EFBIG).
  std::signal(SIGXFSZ, SIG_IGN);
  take_all_descriptors();
  return Run(std::move(program), options).execute();
}

int run_command(const RunOptions& options) {
  if (const Status wrong = check_admin(options.admin); !wrong.ok()) {
    fmt::print(stderr, "penstock: {}\n", wrong.text());
    return 2;
  }
  std::shared_ptr<Program> program = load(options.program, all_components());
  return program ? run_program(std::move(program), options).exit_status : 2;
}

}  // namespace penstock
