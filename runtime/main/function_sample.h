// Learns about a pipeline's functions by running them on a sample of its events, in memory.
#pragma once
#include <chrono>
#include <cstddef>

#include "runtime/main/program.h"
#include "runtime/plan/explain.h"

namespace penstock {

// The sample: the inputs of the pipeline's p.test cases; else the beginning of the first file that its file source finds now;
// else none. It is repeated until `sample_events` went through, so that LuaJIT's traces get hot, up to `sample_bytes_max` and
// about `sample_time`.
inline constexpr std::size_t sample_events = 8192;
inline constexpr std::size_t sample_bytes_max = std::size_t{16} << 20;
inline constexpr std::size_t sample_file_bytes = 64 * 1024;
inline constexpr std::chrono::milliseconds sample_time{5000};

// What is seen, or why nothing is: never fails. `number`: of the pipeline in the script.
ExplainNotes sample_functions(const Program& program, std::size_t number);

}  // namespace penstock
