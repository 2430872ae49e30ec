// Everything a script can name, as main/ lists it: plan/ knows sources, stages, sinks and codecs only through these rows.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/plan/codec.h"
#include "runtime/plan/sink.h"
#include "runtime/plan/source.h"
#include "runtime/plan/stage.h"

namespace penstock {

struct Components;

// What is known about the run when declarations become plans.
struct PlanContext {
  explicit PlanContext(const Components& all, std::string pipeline_name = "", std::string folder = "", int worker_count = 1, std::string state = "")
      : components(all), pipeline(std::move(pipeline_name)), script_folder(std::move(folder)), workers(worker_count), state_directory(std::move(state)) {}

  const Components& components;
  std::string pipeline;
  std::string script_folder;   // relative paths in a script are relative to the working directory, modules to this
  int workers = 1;
  bool exactly_once = false;   // the pipeline's delivery
  std::chrono::milliseconds script_time{2000};  // what the script's functions may take for one batch
  std::string state_directory;  // empty: none
  std::string records_directory;  // what is kept also without a state directory: dead letters, verified destinations
  bool unsafe = false;                  // the script may reach the outside in every way
  std::vector<std::string> allow_exec;  // programs that it may start all the same, by name or path
};

// Options are those of the Lua side: checked against the schema, defaults filled in.
using SourceFactory = std::function<Result<std::unique_ptr<SourcePlan>>(const Value& options, const PlanContext& context)>;
using StageFactory = std::function<Result<std::unique_ptr<StagePlan>>(const Value& options, const PlanContext& context)>;
using SinkFactory = std::function<Result<std::unique_ptr<SinkPlan>>(const Value& options, const PlanContext& context)>;
// The format's name is the row's; its options (log_format, columns, pattern, ...) stand beside `format` in `options`.
using DecoderFactory = std::function<Result<std::unique_ptr<DecoderPlan>>(const Value& options)>;
using EncoderFactory = std::function<Result<std::unique_ptr<EncoderPlan>>(const Value& options)>;

struct Components {
  std::map<std::string, SourceFactory> sources;
  std::map<std::string, StageFactory> stages;
  std::map<std::string, SinkFactory> sinks;
  std::map<std::string, DecoderFactory> decoders;
  // Those that only sources choose (SourcePlan::formats), not scripts.
  std::map<std::string, DecoderFactory> source_decoders;
  std::map<std::string, EncoderFactory> encoders;
};

}  // namespace penstock
