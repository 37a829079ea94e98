// The memory of this process, for the budget run.max_memory.
#pragma once

#include <cstdint>

namespace aivm::scenarios {

// Resident bytes; 0 where the system does not say (anything but Linux).
std::uint64_t process_memory_bytes();

}  // namespace aivm::scenarios
