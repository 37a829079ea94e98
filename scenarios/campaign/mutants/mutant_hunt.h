// Hunts planted bugs: runs each mutant on seeds until the harness reports something, beside the
// unmutated program with the same seeds. What differs between the two is the mutant's doing.
//
//   reached    execution came to the place of the plant
//   infected   the run differs from that of the unmutated program: another digest
//   detected   an invariant was violated, an internal check failed, a repeated run differed, the
//              worker died or ran out of time, or the runs are slower than their twins by a sign
//              test (twin_speed.h)
//
// Beside the mutants asked for, every hunt has controls, which are no bugs
// (MutantSubject::kControl). A control that is detected is a false alarm of the hunt.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "scenarios/campaign/campaign_record.h"
#include "scenarios/campaign/mutants/mutant_table.h"

namespace aivm::scenarios {

struct HuntOptions {
    unsigned jobs = 1;
    std::uint64_t seed = 1;
    std::uint32_t repeats = 1;
    std::uint64_t budget_ns = 0;  // of real time for the whole hunt; 0: no limit
    // CPU time per mutant and repeat. Mutants that are not detected get it in rounds, each of which
    // allows four times as much.
    std::uint64_t cpu_limit_us = 60'000'000;
    std::size_t shrink_tries = 0;                 // 0: findings are not shrunk
    std::uint64_t run_limit_ns = 20'000'000'000;  // see ProcessPool::submit()
    std::uint64_t run_memory_bytes = std::uint64_t{2} << 30;
    // Holds the log of the hunt (campaign_log.h) and its findings. A hunt of the same program, seed
    // and scenarios in the same folder goes on where the last one ended, mutant by mutant.
    std::string folder;
    std::string program;  // version of aivmsim
    std::function<bool()> stop;
    std::function<std::uint64_t()> wall_clock_ns;
    std::function<void(const std::string& line)> progress;
};

struct HuntedMutant {
    const MutantRow* row = nullptr;
    std::vector<MutantRecord> repeats;

    // In half of the repeats at least.
    [[nodiscard]] bool detected() const;
    [[nodiscard]] bool ever_detected() const;
    [[nodiscard]] bool infected() const;
    [[nodiscard]] bool reached() const;
};

struct HuntResult {
    std::vector<HuntedMutant> mutants;
    std::vector<HuntedMutant> controls;
    std::uint64_t twin_runs = 0;
    // What the unmutated program violated, and what was detected of the controls: it must be
    // nothing.
    std::vector<std::string> false_alarms;
    bool complete = false;  // neither stopped nor out of budget
};

// Hunts these mutants on the scenarios, in turn, and the controls for as long as one of the mutants
// is hunted, on each scenario once at least. Errors: a scenario that cannot be set up, workers
// that cannot be started, and those of the log.
Result<HuntResult> hunt(const std::vector<const MutantRow*>& mutants,
                        const std::vector<CampaignScenario>& scenarios, const HuntOptions& options);

}  // namespace aivm::scenarios
