// A program that runs beside us, its output at the other ends of two pipes.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bindings/net/descriptor.h"
#include "runtime/base/status.h"

namespace penstock {

struct ChildCommand {
  std::string file;                          // absolute path of the program
  std::vector<std::string> arguments;        // with argv[0]
  std::map<std::string, std::string> env;    // added to our own environment
  std::string cwd;                           // empty: ours
};

// Leads a process group of its own. Its standard input is /dev/null; of our descriptors it has none; signals are as if a shell had
// started it. Destroying it kills the group (SIGKILL) and waits for the child.
class ChildProcess {
 public:
  // Fails with the file and the reason.
  static Result<ChildProcess> start(const ChildCommand& command);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  // Nonblocking.
  int output() const { return output_.get(); }
  int errors() const { return errors_.get(); }
  // Sends a signal to the group, if the child has not been waited for.
  void signal(int number) const;
  // The status of waitpid(2) once the child has ended, and what is left of its group was killed; does not wait.
  std::optional<int> ended();
  // Waits up to `time` for the end, then kills. Blocks.
  void end_within(std::chrono::milliseconds time);

 private:
  ChildProcess() = default;
  void reap(int flags);

  pid_t pid_ = -1;
  std::optional<int> status_;
  net::Descriptor output_;
  net::Descriptor errors_;
};

// `exited with status 1`, `was killed by signal 9 (Killed)`.
std::string describe_exit(int wait_status);

// The absolute path of a program as a shell would find it: a name along PATH, a path as it is. Code::not_found.
Result<std::string> find_program(const std::string& name);

}  // namespace penstock
