#include "core/base/check.h"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace aivm {
namespace {

void throw_failure(const char* expression, const char* file, int line) {
    throw std::logic_error(std::string("internal check failed: ") + expression + " at " + file +
                           ":" + std::to_string(line));
}

CheckHandler current_handler = throw_failure;

}  // namespace

CheckHandler set_check_handler(CheckHandler handler) {
    const CheckHandler old = current_handler;
    current_handler = handler;
    return old;
}

void check_failed(const char* expression, const char* file, int line) {
    current_handler(expression, file, line);
    std::abort();  // a handler that returns would let a broken state go on
}

}  // namespace aivm
