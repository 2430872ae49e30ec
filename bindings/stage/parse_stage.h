// Stage `parse`: reads a field's text by a format and merges what it finds into the event.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

// Options, those of the format (log_format, columns, pattern, ...) beside them:
//   format     any decoder of the components (`nginx`, `json`, ...); csv needs `columns`
//   field      path of the field to read, default `message`; it must be a string, and its value one record: line formats take it
//              whole, line breaks included
//   remove     default false; true: the field is taken away when its text has been read
//   prefix     goes before the name of each field that is merged in; default none
//   on_error   what happens to an event whose field is missing, no string, or does not parse: `dead_letter` (default), `keep`
//              (goes on as it was) or `drop` (counted as filtered)
// Fields found replace those of the same name where they stand; others come after, in the order of the format.
Result<std::unique_ptr<StagePlan>> make_parse_stage(const Value& options, const PlanContext& context);

}  // namespace penstock
