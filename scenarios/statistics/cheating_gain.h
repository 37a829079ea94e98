// Whether breaking the protocol pays, over several runs: payoffs of owners paired with those of the
// same owners honest (sim::CounterfactualRow), seed by seed.
#pragma once

#include <string>
#include <vector>

#include "core/base/describe.h"
#include "scenarios/statistics/intervals.h"
#include "sim/record/rows.h"

namespace aivm::scenarios {

// kCannotBeTold: the interval of the gain spans zero, or there is none.
enum class Pays : std::uint8_t { kYes, kNo, kCannotBeTold };
constexpr auto enum_words(Pays) {
    return std::to_array<std::string_view>({"yes", "no", "cannot be told"});
}

// Payoff minus honest payoff of one owner, in nLUX per member.
struct CheatingGain {
    std::string label;
    std::string strategy;
    std::uint32_t members = 1;
    Moments gains;      // one per run
    Interval interval;  // of their mean (Student); infinite for fewer than two runs
    Pays pays = Pays::kCannotBeTold;
};

// One per owner, in the order of the rows. Each element holds the rows of one run; all runs are of
// one scenario. A run that did not end by itself has no rows and is left out.
std::vector<CheatingGain> gains_over(const std::vector<std::vector<sim::CounterfactualRow>>& runs,
                                     double confidence);

}  // namespace aivm::scenarios
