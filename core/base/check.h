// Assertions that stay on in every build. A broken assumption is a bug of ours, never an operating
// error.
#pragma once

namespace aivm {

// Called with the text of a failed check; must not return. The default throws CheckFailure, so that
// the command line, the fuzzers and Python each decide what a bug of ours looks like.
using CheckHandler = void (*)(const char* expression, const char* file, int line);

// Replaces the handler and returns the old one. Not thread safe: set it before threads start.
CheckHandler set_check_handler(CheckHandler handler);

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace aivm

#define AIVM_CHECK(expression) \
    ((expression) ? static_cast<void>(0) : ::aivm::check_failed(#expression, __FILE__, __LINE__))
