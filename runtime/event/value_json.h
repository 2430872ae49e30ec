// Plain data as JSON text and back.
#pragma once
#include "runtime/base/status.h"
#include "runtime/base/value.h"

namespace penstock {

// Numbers become integers where they are; of duplicate names the first counts. Fails with Code::invalid, saying where.
Result<Value> value_of_json(std::string_view text);

// Members by name; secrets and functions as null.
std::string json_of_value(const Value& value);
// The same over several lines, indented by two spaces, ended by a line end: for people.
std::string indented_json_of_value(const Value& value);

}  // namespace penstock
