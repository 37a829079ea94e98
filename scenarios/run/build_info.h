// Version, compiler and flags of this program, fixed when it was configured.
#pragma once

#include <string>

namespace aivm::scenarios {

struct BuildInfo {
    std::string version;   // "0.1.0", with the commit if it is known: "0.1.0 (3f9a2c71)"
    std::string compiler;  // "g++ 12.2.0"
    std::string flags;     // "Release -O3 -DNDEBUG"
};

const BuildInfo& build_info();

}  // namespace aivm::scenarios
