#include "bindings/source/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

extern char** environ;

namespace penstock {

namespace {

// What posix_spawn is told, freed with it.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

struct Pipe {
  net::Descriptor read;
  net::Descriptor write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Status::from_errno(errno, "cannot make a pipe");
  Pipe pipe{net::Descriptor(ends[0]), net::Descriptor(ends[1])};
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  // Fewer wake-ups; where the user's share is used up the default does.
  constexpr int bytes = 1024 * 1024;
  ::fcntl(ends[0], F_SETPIPE_SZ, bytes);
  return pipe;
}

// Signals that we ignore or hold back must not be so in a program that knows nothing of it.
void set_signals(posix_spawnattr_t& attributes) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

std::vector<std::string> environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> out;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view entry = *each;
    if (!added.contains(std::string(entry.substr(0, entry.find('='))))) out.emplace_back(entry);
  }
  for (const auto& [name, value] : added) out.push_back(name + "=" + value);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const ChildCommand& command) {
  Result<Pipe> output = make_pipe(), errors = make_pipe();
  if (!output.ok()) return output.take_status();
  if (!errors.ok()) return errors.take_status();
  SpawnPlan plan;
  posix_spawn_file_actions_addopen(&plan.actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&plan.actions, output->write.get(), 1);
  posix_spawn_file_actions_adddup2(&plan.actions, errors->write.get(), 2);
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, 3);
  if (!command.cwd.empty()) posix_spawn_file_actions_addchdir_np(&plan.actions, command.cwd.c_str());
  set_signals(plan.attributes);

  std::vector<std::string> arguments = command.arguments, env = environment(command.env);
  ChildProcess child;
  const int error = ::posix_spawn(&child.pid_, command.file.c_str(), &plan.actions, &plan.attributes, pointers(arguments).data(), pointers(env).data());
  if (error != 0) {
    child.pid_ = -1;
    return Status::from_errno(error, "cannot start " + command.file + (command.cwd.empty() ? "" : " in " + command.cwd));
  }
  child.output_ = std::move(output->read);
  child.errors_ = std::move(errors->read);
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), status_(other.status_), output_(std::move(other.output_)), errors_(std::move(other.errors_)) {}

ChildProcess::~ChildProcess() {
  signal(SIGKILL);
  reap(0);
}

void ChildProcess::signal(int number) const {
  if (pid_ > 0) ::kill(-pid_, number);
}

std::optional<int> ChildProcess::ended() {
  reap(WNOHANG);
  return status_;
}

void ChildProcess::end_within(std::chrono::milliseconds time) {
  // A descriptor of the child is readable once it has ended (pidfd_open(2), Linux 5.3); an older kernel gives no time.
  if (const net::Descriptor end(pid_ > 0 ? static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)) : -1); end.get() >= 0) {
    pollfd wait{end.get(), POLLIN, 0};
    ::poll(&wait, 1, static_cast<int>(time.count()));
  }
  signal(SIGKILL);
  reap(0);
}

// What the child left behind in its group goes with it: killed while the dead child still holds the group's number, which
// belongs to somebody else as soon as it is reaped.
void ChildProcess::reap(int flags) {
  if (pid_ < 0) return;
  siginfo_t info{};
  int waited = 0;
  do {
    waited = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | flags);
  } while (waited != 0 && errno == EINTR);
  if (waited == 0 && info.si_pid == 0) return;  // it runs on
  ::kill(-pid_, SIGKILL);
  int status = 0;
  if (::waitpid(pid_, &status, 0) == pid_) status_ = status;
  pid_ = -1;
}

std::string describe_exit(int wait_status) {
  if (WIFEXITED(wait_status)) return fmt::format("exited with status {}", WEXITSTATUS(wait_status));
  const int number = WTERMSIG(wait_status);
  return fmt::format("was killed by signal {} ({})", number, ::strsignal(number));
}

Result<std::string> find_program(const std::string& name) {
  const auto runs = [](const std::string& path) { return ::access(path.c_str(), X_OK) == 0; };
  // The folder's links are followed, the program's own are not: one file may be many programs, told apart by their names.
  const auto absolute = [](const std::string& path) {
    const std::size_t slash = path.rfind('/');
    char* const folder = ::realpath(path.substr(0, slash + 1).c_str(), nullptr);
    std::string out = folder ? folder : path.substr(0, slash);
    std::free(folder);
    if (!out.ends_with('/')) out += '/';
    return out + path.substr(slash + 1);
  };
  if (name.find('/') != std::string::npos) {
    if (!runs(name)) return Status::from_errno(errno, name);
    return absolute(name);
  }
  const char* const path = std::getenv("PATH");
  std::string_view rest = path ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string candidate = std::string(rest.substr(0, colon)) + "/" + name;
    if (candidate.front() == '/' && runs(candidate)) return absolute(candidate);
    rest = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
  }
  return Status(Code::not_found, name + ": no such program along PATH");
}

}  // namespace penstock
