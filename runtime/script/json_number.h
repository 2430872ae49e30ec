// What a JSON number is to Lua, without loss.
#pragma once
#include <cstdint>

#include "runtime/base/bytes.h"

namespace penstock::script {

enum class NumberKind { real, int64, uint64, text };

struct Number {
  NumberKind kind = NumberKind::text;
  double real = 0;
  std::int64_t integer = 0;  // uint64: the same bits
};

// Integers up to 2^53 and decimals that a double gives back unchanged are real; larger integers int64 or uint64; the rest
// (1e400, integers beyond 64 bits, decimals of too many digits) has to stay text.
Number read_number(ByteView text);

// The shortest text that reads back as `real`; integers without a fraction. Requires a finite number. Returns the size.
inline constexpr std::size_t number_text_max = 32;
std::size_t write_number(double real, char* out);

}  // namespace penstock::script
