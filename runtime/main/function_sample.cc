#include "runtime/main/function_sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "bindings/compress/decompressor.h"
#include "bindings/source/file_options.h"
#include "runtime/main/isolated_run.h"
#include "runtime/script/function_watch.h"

namespace penstock {

namespace {

using namespace std::chrono_literals;

struct Sample {
  std::string origin;  // what it is, for people; why there is none when `lines` is empty
  std::vector<std::string> lines;
};

Sample from_tests(const Declaration& declaration, const PipelineDeclaration& pipeline) {
  Sample sample;
  for (const TestDeclaration& test : declaration.tests) {
    if (test.pipeline != pipeline.name && !(test.pipeline.empty() && declaration.pipelines.size() == 1)) continue;
    for (const Value& event : test.input) sample.lines.push_back(line_of(event));
  }
  sample.origin = fmt::format("{} event{} of p.test", sample.lines.size(), sample.lines.size() == 1 ? "" : "s");
  return sample;
}

// The first bytes of a file, unpacked; what can be had of them.
std::string beginning_of(const std::string& path, std::optional<Compression> compression) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) return {};
  std::string bytes(sample_file_bytes, '\0');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
  const std::unique_ptr<Decompressor> unpack = make_decompressor(compression ? *compression : sniff(bytes).value_or(Compression::none));
  std::string text(sample_file_bytes, '\0');
  std::size_t size = 0;
  for (ByteView left = bytes; size < text.size();) {
    Result<Progress> step = unpack->step(left, {text.data() + size, text.size() - size});
    if (!step.ok() || (step->consumed == 0 && step->produced == 0)) break;
    left.remove_prefix(step->consumed);
    size += step->produced;
  }
  text.resize(size);
  return text;
}

// Whole lines only: the last one may be cut, unless it is the only one.
std::vector<std::string> whole_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    lines.push_back(text.substr(begin, end - begin));
  if (begin < text.size() && (text.size() < sample_file_bytes || lines.empty())) lines.push_back(text.substr(begin));
  return lines;
}

Sample from_file(const PipelineDeclaration& pipeline) {
  for (const NodeDeclaration& node : pipeline.nodes) {
    if (node.role != Role::source || node.type != "file") continue;
    Result<FileOptions> options = FileOptions::from(node.options);
    if (!options.ok()) continue;
    for (const std::string& path : options->find().files) {
      Sample sample{"the beginning of " + path, whole_lines(beginning_of(path, options->compression))};
      if (!sample.lines.empty()) return sample;
    }
  }
  return {"none: no p.test case, and no file of the source is there to read", {}};
}

Sample find_sample(const Declaration& declaration, const PipelineDeclaration& pipeline) {
  Sample sample = from_tests(declaration, pipeline);
  return sample.lines.empty() ? from_file(pipeline) : sample;
}

std::string joined(const std::vector<std::string>& lines, std::size_t from = 0) {
  std::string out;
  for (std::size_t i = from; i < lines.size(); ++i) out += (i == from ? "" : "\n") + lines[i];
  return out;
}

// A CSV header is one only at the start of the stream.
bool begins_with_header(const PipelineDeclaration& pipeline) {
  for (const NodeDeclaration& node : pipeline.nodes)
    if (node.role == Role::source)
      return node.options.string_or("format", "") == "csv" && node.options.bool_or("header", node.options["columns"].is_nil());
  return false;
}

// `once`: how long the sample took to go through.
std::vector<std::string> repeated(const Sample& sample, bool header, std::chrono::steady_clock::duration once) {
  std::vector<std::string> pieces{joined(sample.lines)};
  const std::string again = header ? joined(sample.lines, 1) : pieces.front();
  if (again.empty()) return pieces;
  const auto in_time = static_cast<std::size_t>(sample_time / std::max<std::chrono::steady_clock::duration>(once, 1us));
  const std::size_t times = std::min({sample_events / sample.lines.size(), sample_bytes_max / again.size(), in_time});
  // Pieces become batches: larger ones make the loop over a batch hot, as it is in a real run.
  constexpr std::size_t piece_bytes = 64 * 1024;
  for (std::size_t i = 0; i < times; ++i) {
    if (i == 0 || pieces.back().size() + again.size() > piece_bytes)
      pieces.push_back(again);
    else
      pieces.back() += "\n" + again;
  }
  return pieces;
}

// A message of a dead letter from where it names the stage; what comes before is about the sample's place in memory.
std::string without_origin(const std::string& message) {
  const std::size_t origin = message.find(": dead letter: in memory, byte ");
  const std::size_t stage = origin == std::string::npos ? origin : message.find(": ", message.find("byte ", origin));
  return stage == std::string::npos ? message : message.substr(stage + 2);
}

// What went wrong, empty when nothing did.
std::string run(const Program& program, const PipelineDeclaration& pipeline, const std::vector<std::string>& pieces,
                script::FunctionWatch::Subject subject, std::map<int, script::FunctionNotes>& notes) {
  // A state of its own for each run: traces of the one before would stand in it.
  script::ScriptOptions options = program.script_options;
  options.silent = true;
  script::Script script(options);
  script.declare();
  script::FunctionWatch watch(script, subject, notes);
  Result<IsolatedOutcome> outcome = run_isolated(program, script, pipeline, pieces);
  if (!outcome.ok()) return outcome.status().text();
  if (!outcome->messages.empty()) return without_origin(outcome->messages.front());
  return subject == script::FunctionWatch::Subject::traces ? watch.finish().text() : "";
}

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "nothing" : out;
}

std::string place_of(const Where& where) { return where.line > 0 ? where.text() : "the loop around it"; }

std::vector<std::string> compilation(const script::FunctionNotes& notes) {
  constexpr std::size_t lines_max = 4;
  std::vector<script::LostTrace> all = notes.lost;
  // What is interpreted all the time is worth more than a way that is taken now and then.
  std::stable_sort(all.begin(), all.end(), [](const script::LostTrace& a, const script::LostTrace& b) {
    return a.side != b.side ? b.side : a.count > b.count;
  });
  if (all.size() > lines_max) all.resize(lines_max);
  std::vector<std::string> lines;
  for (const script::LostTrace& lost : all)
    lines.push_back(fmt::format("{}: LuaJIT gave up at {} ({} time{}): {}", lost.side ? "compiled in part" : "interpreted",
                                place_of(lost.where), lost.count, lost.count == 1 ? "" : "s", lost.reason));
  if (lines.empty()) lines.push_back(notes.traces > 0 ? "compiled" : "not compiled: the sample calls it too seldom");
  for (const Where& place : notes.stitched)
    if (place.line > 0 && lines.size() < 2 * lines_max) lines.push_back("leaves compiled code for a library call at " + place.text());
  return lines;
}

FunctionNote to_note(const script::FunctionNotes& notes) {
  FunctionNote note{compilation(notes), notes.reads};
  if (notes.reads_whole) note.reads.push_back("(the whole event)");
  note.lines.push_back(fmt::format("reads {}; writes {}", list_of(note.reads), list_of(notes.writes)));
  return note;
}

bool calls_functions(const Chain& chain) {
  for (const StageNode& stage : chain.stages)
    if (stage.plan->function()) return true;
  if (!chain.route) return false;
  return std::any_of(chain.route->branches.begin(), chain.route->branches.end(), [](const BranchNode& branch) {
    return (branch.condition && branch.condition->function()) || calls_functions(branch.chain);
  });
}

}  // namespace

ExplainNotes sample_functions(const Program& program, std::size_t number) {
  using Subject = script::FunctionWatch::Subject;
  if (!calls_functions(program.pipelines[number]->chain)) return {};
  if (program.options.unsafe) return {{}, "none: with --unsafe the functions could reach the outside"};
  const Declaration& declaration = program.script->declare();
  const PipelineDeclaration& pipeline = declaration.pipelines[number];
  const Sample sample = find_sample(declaration, pipeline);
  ExplainNotes out{{}, sample.origin};
  if (sample.lines.empty()) return out;

  std::map<int, script::FunctionNotes> seen;
  const auto start = std::chrono::steady_clock::now();
  std::string problem = run(program, pipeline, {joined(sample.lines)}, Subject::fields, seen);
  const auto once = std::chrono::steady_clock::now() - start;
  const std::string second = run(program, pipeline, repeated(sample, begins_with_header(pipeline), once), Subject::traces, seen);
  if (problem.empty()) problem = second;
  if (!problem.empty()) out.sample += "; the sample failed: " + problem;
  for (const auto& [function, notes] : seen) out.functions[function] = to_note(notes);
  return out;
}

}  // namespace penstock
