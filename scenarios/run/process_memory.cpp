#include "scenarios/run/process_memory.h"

#include <unistd.h>

#include <fstream>

namespace aivm::scenarios {

std::uint64_t process_memory_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t pages = 0;
    std::uint64_t resident = 0;
    if (!(statm >> pages >> resident)) return 0;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace aivm::scenarios
