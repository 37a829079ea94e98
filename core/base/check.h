// Assertions that stay on in every build. A broken assumption is a bug of ours, never an operating
// error.
#pragma once

#include <stdexcept>

namespace aivm {

// A failed check. The command line, the fuzzers and Python each decide how to present a bug of
// ours, and can distinguish it from any other error.
class CheckFailure : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

// Throws CheckFailure.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace aivm

#define AIVM_CHECK(expression) \
    ((expression) ? static_cast<void>(0) : ::aivm::check_failed(#expression, __FILE__, __LINE__))

// Marks a place that no execution reaches; `text` says why.
#define AIVM_UNREACHABLE(text) ::aivm::check_failed("unreachable: " text, __FILE__, __LINE__)
