#include "bindings/stage/stages.h"

#include "bindings/stage/custom_fields_stage.h"
#include "bindings/stage/fields_stage.h"
#include "bindings/stage/filter_stage.h"
#include "bindings/stage/parse_stage.h"
#include "bindings/stage/redact_stage.h"
#include "bindings/stage/remove_stage.h"
#include "bindings/stage/rename_stage.h"
#include "bindings/stage/sample_stage.h"
#include "bindings/stage/set_stage.h"

namespace penstock {

void add_stages(Components& components) {
  components.stages["custom_fields"] = make_custom_fields_stage;
  components.stages["fields"] = make_fields_stage;
  components.stages["filter"] = make_filter_stage;
  components.stages["parse"] = make_parse_stage;
  components.stages["redact"] = make_redact_stage;
  components.stages["remove"] = make_remove_stage;
  components.stages["rename"] = make_rename_stage;
  components.stages["sample"] = make_sample_stage;
  components.stages["set"] = make_set_stage;
}

}  // namespace penstock
