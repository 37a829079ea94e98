// Real time, to report durations. It never reaches a simulation.
#pragma once

#include <chrono>
#include <cstdint>

namespace aivm::scenarios::cli {

inline std::uint64_t wall_clock_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace aivm::scenarios::cli
