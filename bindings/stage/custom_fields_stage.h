// The stage `custom_fields`: collects named headers and cookies into one object field, as the custom fields of cloud log
// delivery have it.
//
// Options: request_headers, response_headers, cookies (lists of names; at least one name in all); from (paths of where each
// group is taken from, default {request_headers = "RequestHeaders", response_headers = "ResponseHeaders",
// cookies = "Cookies"}); into (path, default "CustomFields").
//
// The values are those that the event came with, as stages have changed them since; that an earlier `fields` does not keep the
// headers or cookies makes no difference (SlotTable::Aside), and they are not emitted for that.
//
// Header names match without regard to case (RFC 9110 section 5.1), cookie names exactly (RFC 6265). Headers come from an
// object, {"Host":"a"}, from a list, [{"name":"Host","value":"a"}] or ["Host: a"], or from raw text, "Host: a\r\nAccept: b".
// Cookies come from an object, from a list, [{"name":"sid","value":"1"}] or ["sid=1"], or from a string in the form of a Cookie
// header, "a=1; b=2"; when the event has no such field, from its request headers `cookie`. Where a name occurs more than once
// in a source, the first counts.
//
// The result is flat, {"X-Request-Id":"...","session":"..."}, with the names as configured, in the order request headers,
// response headers, cookies. A name that stands in several groups is written once: by the first group that has a value.
// Names that the event lacks are left out; an event with none of them stays as it is. An object that is at `into` already is
// added to: new values take the place of old ones of their names. Anything else there is replaced.
// Values are spliced as the JSON that they are: strings, lists, numbers.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

Result<std::unique_ptr<StagePlan>> make_custom_fields_stage(const Value& options, const PlanContext& context);

}  // namespace penstock
