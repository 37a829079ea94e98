#include "core/base/check.h"

#include <string>

namespace aivm {

void check_failed(const char* expression, const char* file, int line) {
    throw CheckFailure(std::string("internal check failed: ") + expression + " at " + file + ":" +
                       std::to_string(line));
}

}  // namespace aivm
