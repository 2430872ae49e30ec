// Tests that stop Lua code by a signal cannot run under the thread sanitizer: it holds a signal back until the program makes
// a call that it knows, and a loop of Lua's makes none.
#pragma once
#include <gtest/gtest.h>

#if defined(__SANITIZE_THREAD__)
#define PENSTOCK_NEEDS_PROMPT_SIGNALS() GTEST_SKIP() << "the thread sanitizer holds signals back from code that makes no calls"
#else
#define PENSTOCK_NEEDS_PROMPT_SIGNALS() static_cast<void>(0)
#endif
