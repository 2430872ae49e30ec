// What a script said, before anything is compiled: the small intermediate form between Lua and the plan.
#pragma once
#include <string>
#include <vector>

#include "runtime/base/value.h"

namespace penstock {

// A place in a script.
struct Where {
  std::string file;
  int line = 0;
  std::string text() const { return line > 0 ? file + ":" + std::to_string(line) : file; }
};

enum class Role { source, stage, sink };

struct BranchDeclaration;

// A source, stage or sink.
struct NodeDeclaration {
  Role role = Role::stage;
  std::string type;    // `file`, `filter`, ...
  Value options;       // a map: checked, defaults filled in
  Where where;
  std::vector<BranchDeclaration> branches;  // type `route` only
  // Options whose mistakes were told: they have their defaults in `options`, and what names one of them is not told again.
  std::vector<std::string> refused;
  bool incomplete = false;  // a required one is among them: what is left says too little to be looked at further
};

// One way out of a route: stages and then sinks for the events that its condition takes.
struct BranchDeclaration {
  Value condition;     // a filter (text, data or function); nil: the otherwise
  Where where;
  std::vector<NodeDeclaration> nodes;
};

struct PipelineDeclaration {
  std::string name;
  Value options;       // a map: workers, on_error, dead_letter, ordered, ...
  Where where;
  std::vector<NodeDeclaration> nodes;  // sources, then stages, then sinks
};

// A p.test case: events in, events expected out.
struct TestDeclaration {
  std::string name;
  std::string pipeline;
  ValueList input;     // each a raw line (string) or an event (map)
  ValueList output;    // events, as maps or raw lines
  Where where;
};

// A mistake in a script, ready to be shown as `where: text`.
struct Mistake {
  Where where;         // line 0: the file as a whole
  std::string text;    // may have further lines (a caret under the column)
};

// Orders them by file (as the files come up), then by line, those of one line as they were; of those that say the same of
// the same place (a stage in a loop) the first stays.
void tidy(std::vector<Mistake>& mistakes);

struct Declaration {
  std::vector<PipelineDeclaration> pipelines;
  std::vector<TestDeclaration> tests;
  std::vector<Mistake> mistakes;   // any: nothing may run
  std::vector<Mistake> warnings;   // worth saying: a stage that no pipeline uses, a --set that nothing reads
};

}  // namespace penstock
