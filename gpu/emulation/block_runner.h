// Runs the blocks of one kernel launch: the part of the CUDA stand-in that schedules fibers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gpu/emulation/control.h"

namespace aivm::emulation {

struct Launch {
    const std::function<void()>* body = nullptr;  // runs one CUDA thread
    unsigned block_count = 0;
    unsigned thread_count = 0;  // per block, at most kBlockThreadsMax
    std::uint64_t number = 0;   // of the launch, for its random numbers
};

inline constexpr unsigned kBlockThreadsMax = 1024;

// Runs all blocks and returns what went wrong, one sentence each. A block that hangs is abandoned.
std::vector<std::string> run_blocks(const Launch& launch, const Options& options);

// Switches from schedulers to CUDA threads since the last call.
std::uint64_t take_thread_switches();

}  // namespace aivm::emulation
