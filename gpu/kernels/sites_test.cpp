// The removal table: every barrier and every atomic of the CUDA source is weakened in turn, and
// some mode must notice. Printed, so that a reader sees which. ThreadSanitizer is a mode of its own
// (check_mutants.py).
#include <gtest/gtest.h>

#include <cstdio>

#include "gpu/kernels/testing/stand_in_modes.h"

namespace aivm::emulation {
namespace {

constexpr Mode kScheduleModes[] = {Mode::kPlain, Mode::kSeeds, Mode::kWorkers};

bool notices(Mode mode, const Site& site, Weakening weakening) {
    Work work;
    work.small_cases = 600;
    work.weakened_site = site;
    work.weakening = weakening;
    return !check(mode, work).empty();
}

void print_row(const Site& site, Weakening weakening, const std::vector<bool>& noticed) {
    std::printf("%-36s %-8s", site.name().c_str(),
                weakening == Weakening::kPlain ? "plain" : "removed");
    for (const bool yes : noticed) std::printf(" %-8s", yes ? "noticed" : "-");
    std::printf("\n");
}

TEST(RemovalTable, EveryBarrierAndEveryAtomicIsMissedByAMode) {
    Work work;
    const std::vector<Site> sites = sites_reached(work);
    ASSERT_GE(sites.size(), 15U) << "the work does not reach the kernels' sites";
    std::printf("%-36s %-8s", "site", "");
    for (const Mode mode : kScheduleModes) std::printf(" %-8s", std::string(name(mode)).c_str());
    std::printf("\n");
    for (const Site& site : sites) {
        const bool is_barrier = site.operation == "__syncthreads";
        for (const Weakening weakening : {Weakening::kRemoved, Weakening::kPlain}) {
            if (is_barrier && weakening == Weakening::kPlain) continue;  // there is no half barrier
            std::vector<bool> noticed;
            for (const Mode mode : kScheduleModes)
                noticed.push_back(notices(mode, site, weakening));
            print_row(site, weakening, noticed);
            EXPECT_TRUE(noticed[0] || noticed[1] || noticed[2]) << site.name();
        }
    }
}

TEST(RemovalTable, AnIntactSourceIsNotAccused) {
    for (const Mode mode : kScheduleModes) EXPECT_FALSE(notices(mode, Site{}, Weakening::kNone));
}

}  // namespace
}  // namespace aivm::emulation
