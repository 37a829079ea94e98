// How the CUDA stand-in runs, and what it saw. For tests; plain C++.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace aivm::emulation {

// A barrier or an atomic in device code, by its place in the source.
struct Site {
    std::string file;  // as the compiler names it
    unsigned line = 0;
    unsigned column = 0;
    std::string operation;

    // "registry_passes.h:57 atomicMin"
    [[nodiscard]] std::string name() const;
    friend bool operator==(const Site& a, const Site& b) = default;
};

// How a site is weakened.
enum class Weakening : std::uint8_t {
    kNone,
    kPlain,    // an atomic becomes a plain read and a plain write, with other threads in between
    kRemoved,  // a barrier does nothing; an atomic reads and does not write
};

struct Options {
    std::uint64_t seed = 0;     // 0: threads and blocks run in order; else shuffled, and preempted
                                // at atomics
    unsigned worker_count = 1;  // OS threads that run blocks
    bool has_guard_pages = false;  // every allocation ends at an unmapped page, and all of them are
                                   // inaccessible outside kernels and copies
    std::uint64_t fail_at_call = 0;  // the n-th API call from now fails; 0: none does
    bool has_device = true;
    Site weakened_site;
    Weakening weakening = Weakening::kNone;
    bool records_sites = false;
};

// Starts again with these options: counts, sites and problems are forgotten. Device memory that is
// still allocated stays valid.
void configure(const Options& options);

// Since configure().
struct Observations {
    std::uint64_t api_calls = 0;
    std::uint64_t thread_switches = 0;  // from the scheduler to a CUDA thread
    // Misuse of the run time, one sentence each: barriers that not all threads of a block reach,
    // foreign pointers, copies beyond an allocation. The call or the synchronisation also fails.
    std::vector<std::string> problems;
    std::vector<Site> sites;  // in the order in which they were first reached
};
Observations observe();

// Allocations and queued commands that have not been released or run: 0 after a kernel call.
std::uint64_t live_allocations();

}  // namespace aivm::emulation
