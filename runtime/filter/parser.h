// The filter language as text.
//
//   expr    := or ; or := and { "or" and } ; and := unary { "and" unary } ; unary := "not" unary | "(" expr ")" | test
//   test    := operand compare operand | operand ["not"] "in" list | operand ["not"] words operand
//            | operand "~" STRING | operand "!~" STRING | operand ["not"] "in_cidr" (STRING | list)
//            | "exists" path | operand "is" ["not"] "null" | path
//   compare := "==" | "=" | "!=" | "<" | "<=" | ">" | ">=" ; words := "contains" | "starts_with" | "ends_with"
//   operand := path | literal | "lower(" operand ")" | "len(" operand ")"
//   path    := name { "." name | "[" STRING "]" } ; name := [A-Za-z_@][A-Za-z0-9_@-]* or a quoted "any name"
//   literal := number | 'string' | true | false | null ; list := "(" literal {"," literal} ")"
//
// In a 'string' (and a "name") a doubled quote is one quote; a backslash is an ordinary character. Between tokens may be
// spaces, tabs and line breaks. What tests mean stands in expression.h, with the bounds.
//
// One thing that the grammar allows is refused, since it is nearly always meant otherwise: a field in double quotes alone
// on the right of a comparison (method == "GET"), unless the left is a field that needs its quotes.
#pragma once
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/filter/expression.h"

namespace penstock::filter {

// Reads a whole filter. Fails with Code::invalid, or Code::limit at a bound; the text is as show() of parse_error.h makes it.
Result<Expression> parse(std::string_view text);

// Reads a path, or lower(...) or len(...) of one: the left side of a test in data.
Result<Operand> parse_operand(std::string_view text);

}  // namespace penstock::filter
