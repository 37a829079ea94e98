// Test support: the ways in which the kernels are run on the CUDA stand-in, shared by the unit
// tests, by the long checks, and by the mutation run.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gpu/emulation/control.h"

namespace aivm::emulation {

enum class Mode : std::uint8_t {
    kPlain,       // in order, one worker
    kSeeds,       // three shuffled schedules
    kWorkers,     // two workers
    kGuardPages,  // device memory between unmapped pages, closed to the host
    kFailures,    // every API call fails once, outputs compared
};
inline constexpr std::array kModes{Mode::kPlain, Mode::kSeeds, Mode::kWorkers, Mode::kGuardPages,
                                   Mode::kFailures};
// "plain", "seeds", "workers", "guard" or "failures".
std::string_view name(Mode mode);

struct Work {
    std::uint64_t first_case = 1;
    std::uint64_t small_cases = 1'000;  // of about one block
    std::uint64_t large_cases = 150;    // of several blocks
    std::uint64_t failing_cases = 60;   // each run once per API call
    std::string vector_file;            // empty: none
    Site weakened_site;
    Weakening weakening = Weakening::kNone;
};

// Compares canonical, SIMD and emulated kernels on all of the work. Returns "" or one sentence: the
// first difference, misuse of the run time, or memory that was not released.
std::string check(Mode mode, const Work& work);

// The barriers and atomics that the work reaches.
std::vector<Site> sites_reached(const Work& work);

}  // namespace aivm::emulation
