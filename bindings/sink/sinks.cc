#include "bindings/sink/sinks.h"

#include "bindings/sink/blackhole_sink.h"
#include "bindings/sink/file_sink.h"
#include "bindings/sink/http_sink.h"
#include "bindings/sink/stdout_sink.h"
#include "bindings/sink/tcp_sink.h"

namespace penstock {

void add_local_sinks(Components& components) {
  components.sinks["file"] = [](const Value& options, const PlanContext& context) { return make_file_sink(options, context); };
  components.sinks["stdout"] = [](const Value& options, const PlanContext& context) { return make_stdout_sink(options, context); };
  components.sinks["blackhole"] = make_blackhole_sink;
  components.sinks["http"] = make_http_sink;
  components.sinks["tcp"] = make_tcp_sink;
  components.sinks["syslog"] = make_syslog_sink;
}

}  // namespace penstock
