// Hunts planted bugs: runs each mutant on seeds until the harness reports something, beside the
// unmutated program with the same seeds. What differs between the two is the mutant's doing.
//
//   reached    execution came to the place of the plant
//   infected   the run differs from that of the unmutated program: another digest
//   detected   an invariant was violated, an internal check failed, a repeated run differed, or the
//              run took more than twice the virtual time of its twin in several runs
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "scenarios/campaign/campaign_record.h"
#include "scenarios/campaign/mutants/mutant_table.h"

namespace aivm::scenarios {

// Whether this program contains mutants.
bool has_mutants();

struct HuntOptions {
    unsigned jobs = 1;
    std::uint64_t seed = 1;
    std::uint32_t repeats = 1;
    std::uint64_t budget_ns = 0;  // of real time for the whole hunt; 0: no limit
    // CPU time per mutant and repeat. Mutants that are not detected get it in rounds, each of which
    // allows four times as much.
    std::uint64_t cpu_limit_us = 60'000'000;
    std::size_t shrink_tries = 0;  // 0: findings are not shrunk
    std::uint64_t run_limit_ns = 20'000'000'000;
    std::uint64_t run_memory_bytes = std::uint64_t{2} << 30;
    std::string findings_folder;
    std::function<bool()> stop;
    std::function<std::uint64_t()> wall_clock_ns;
    std::function<void(const std::string& line)> progress;
};

struct HuntRepeat {
    bool detected = false;
    std::string by;  // an invariant's id, or the word of RunEnd, or "slower than its twin"
    std::uint64_t runs = 0;
    std::uint64_t runs_reached = 0;
    std::uint64_t runs_infected = 0;
    std::uint64_t cpu_us = 0;
    std::string message;
};

struct HuntedMutant {
    const MutantRow* row = nullptr;
    std::vector<HuntRepeat> repeats;
    std::uint64_t actions_before = 0;  // of the shrunk finding; 0: not shrunk
    std::uint64_t actions_after = 0;

    [[nodiscard]] bool detected() const;
    [[nodiscard]] bool infected() const;
    [[nodiscard]] bool reached() const;
};

struct HuntResult {
    std::vector<HuntedMutant> mutants;
    std::uint64_t twin_runs = 0;
    // What the unmutated program violated: it must be nothing.
    std::vector<std::string> false_alarms;
    bool complete = false;  // neither stopped nor out of budget
};

// Hunts these mutants on the scenarios, in turn. Errors: a scenario that cannot be set up, workers
// that cannot be started.
Result<HuntResult> hunt(const std::vector<const MutantRow*>& mutants,
                        const std::vector<CampaignScenario>& scenarios, const HuntOptions& options);

}  // namespace aivm::scenarios
