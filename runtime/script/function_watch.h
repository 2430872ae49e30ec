// What a script's functions do to events, and what LuaJIT makes of them, seen while a sample goes through: for `explain`.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/plan/declaration.h"

namespace penstock::script {

// A place where LuaJIT stopped recording and never got over it.
struct LostTrace {
  Where where;         // line 0: not in the script, the loop around the function
  std::string reason;  // LuaJIT's words
  int count = 0;
  bool side = false;   // only a way out of code that is compiled otherwise
};

struct FunctionNotes {
  std::vector<std::string> reads;   // paths, in the order of their first use
  std::vector<std::string> writes;
  bool reads_whole = false;         // event:raw(), event:totable(), tostring(event)
  int traces = 0;                   // that were compiled
  std::vector<LostTrace> lost;      // in the order of their first loss
  std::vector<Where> stitched;      // calls that compiled code makes through the interpreter
};

class Script;

// Registers itself with the script, for stages that are opened from then on, until it dies. Watching fields costs a call for
// each access and spoils what LuaJIT would do, so traces are watched in a run of their own.
class FunctionWatch {
 public:
  enum class Subject : std::uint8_t { fields, traces };

  // `notes`, by FunctionRef::number, are added to; they outlive the watch.
  FunctionWatch(Script& script, Subject subject, std::map<int, FunctionNotes>& notes);
  ~FunctionWatch();
  FunctionWatch(const FunctionWatch&) = delete;
  FunctionWatch& operator=(const FunctionWatch&) = delete;

  Subject subject() const { return subject_; }
  // The function that runs from here on; -1 none.
  void set_running(int number) { running_ = number; }
  int running() const { return running_; }

  void on_read(const std::string& path);
  void on_write(const std::string& path);
  void on_whole();

  // Adds what LuaJIT did to the notes; the watch sees no more of it. Empty, or what went wrong.
  Status finish();

 private:
  Script& script_;
  const Subject subject_;
  std::map<int, FunctionNotes>& notes_;
  int running_ = -1;
  std::string broken_;
};

}  // namespace penstock::script
