// Searches for a deviation from honest play that pays: E5 as an oracle, over the deviations of a
// SearchSpace.
//
// Deviations are compared with honest play under common seeds. Each primitive on its own and pairs
// of them come first; then those that brought most are changed and crossed. Every candidate gets
// two seeds, the better ones more. Of the best, whatever they do not need is removed; then they are
// run on seeds that the search has not seen, and only what they bring there is reported: the best
// of many is the best by luck, too. A search is a function of the scenario, its seed and the number
// of runs that it may make; a budget of time only decides how many those are.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "scenarios/profit/search_space.h"
#include "scenarios/statistics/intervals.h"

namespace aivm::scenarios {

inline constexpr double kProfitConfidence = 0.95;

struct ProfitOptions {
    std::uint64_t seed = 1;
    // Of the search; the runs on fresh seeds come on top. One of the two at least is not 0.
    std::uint64_t runs_max = 0;
    std::uint64_t budget_ns = 0;
    std::uint32_t fresh_seeds = 32;
    unsigned jobs = 1;
    std::string folder;   // of the log and of the best candidate so far; empty: nothing is kept
    std::string program;  // version of aivmsim
    std::function<bool()> stop;
    std::function<std::uint64_t()> wall_clock_ns;
    std::function<void(const std::string& line)> progress;
};

// A deviation on fresh seeds.
struct Deviation {
    Candidate candidate;
    std::string name;
    Moments gain;       // nLUX per member and run over honest play
    Interval interval;  // of its mean, valid for all deviations that were tried on fresh seeds
    double spent = 0;   // nLUX per member and run: costs and slashes
    std::vector<std::string> expected;  // violations that the scenario expects, and that it made

    [[nodiscard]] bool pays() const { return gain.n() > 1 && interval.low > 0; }
};

// A run of a candidate violated an invariant: a defect, whether it pays or not.
struct ViolatingDeviation {
    Candidate candidate;
    std::string name;
    std::string invariant;
    std::string message;
    std::uint64_t seed = 0;
};

struct ProfitResult {
    std::uint32_t members = 1;  // principals of the owner
    std::uint64_t first_fresh_seed = 0;
    std::size_t candidates = 0;  // that were run
    std::uint64_t runs = 0;
    std::vector<Deviation> deviations;           // tried on fresh seeds; the most profitable first
    std::vector<ViolatingDeviation> violations;  // one per invariant
    bool exhausted = false;                      // no new candidate was found
    bool stopped = false;                        // before the fresh seeds were done

    // Of those that pay; null if none does.
    [[nodiscard]] const Deviation* best() const;
    [[nodiscard]] const Deviation* cheapest() const;  // which spends least
};

// The first of the seeds that no search with this seed uses.
std::uint64_t first_fresh_seed(std::uint64_t seed);

// Errors: scenarios that cannot be set up, those of the log, and honest play that does not end by
// itself.
Result<ProfitResult> search_profit(const SearchSpace& space, const ProfitOptions& options);

}  // namespace aivm::scenarios
