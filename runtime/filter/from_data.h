// A filter as data, the shape of clouds' filter APIs.
//
//   { all = { F, ... } }   { any = { F, ... } }   { not = F }     F: a filter of any of these shapes, at least one
//   { FIELD, OPERATOR, VALUE }      { "EdgeResponseStatusCode", ">=", 500 }
//   { FIELD, "exists" }   { FIELD, "is null" }
//   "text"                          the filter language itself
//
// FIELD is a path, or lower(...) or len(...) of one, as text. OPERATOR is one of the language's (parser.h); `not` may stand
// before in, contains, starts_with, ends_with, in_cidr and exists, and "is not null" is one too. VALUE is a string, a number
// (integers to 64 bits; other numbers as their shortest decimal), a boolean, null, or a list of such for in, not in and
// in_cidr.
#pragma once
#include <vector>

#include "runtime/base/status.h"
#include "runtime/base/value.h"
#include "runtime/filter/expression.h"

namespace penstock::filter {

// Fails with the first of its mistakes: Code::invalid, or Code::limit at a bound of expression.h; the text says where:
// `all[2]: unknown operator '=>', expected one of ==, !=, ... (hint: write >=)`. Text inside of data gives parse()'s text
// behind the place.
Result<Expression> from_data(const Value& data);

// All of them, in the order of the data, up to 100; empty when from_data succeeds.
std::vector<Status> mistakes_in(const Value& data);

}  // namespace penstock::filter
