#include "runtime/main/component_rows.h"

#include "bindings/codec/json_decoder.h"
#include "bindings/codec/json_encode.h"
#include "bindings/codec/text_codecs.h"
#include "bindings/kafka/kafka_sinks.h"
#include "bindings/kafka/kafka_source.h"
#include "bindings/object/object_sinks.h"
#include "bindings/object/object_source.h"
#include "bindings/sink/sinks.h"
#include "bindings/source/listening_source.h"
#include "bindings/source/sources.h"
#include "bindings/stage/filter_stage.h"
#include "bindings/stage/stages.h"
#include "runtime/script/transform_stage.h"

namespace penstock {

namespace {

// A filter is an expression or a function of the script.
Result<std::unique_ptr<StagePlan>> make_filter(const Value& options, const PlanContext& context) {
  return options["expression"].is_function() ? script::make_function_filter_stage(options, context) : make_filter_stage(options, context);
}

Components make_components() {
  Components components;
  components.decoders["json"] = make_json_decoder;
  components.encoders["ndjson"] = make_ndjson_encoder;
  components.encoders["json_array"] = make_json_array_encoder;
  add_text_codecs(components);
  add_local_sources(components);
  add_listening_sources(components);
  add_object_sources(components);
  components.sources["kafka"] = make_kafka_source;
  add_stages(components);
  components.stages["filter"] = make_filter;
  components.stages["transform"] = script::make_transform_stage;
  add_local_sinks(components);
  add_object_sinks(components);
  add_kafka_sinks(components);
  return components;
}

}  // namespace

const Components& all_components() {
  static const Components components = make_components();
  return components;
}

}  // namespace penstock
