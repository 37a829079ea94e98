// Payoffs per principal and per group of the scenario, and the verdict whether cheating pays.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/statistics/cheating_gain.h"
#include "sim/scenario/scenario.h"
#include "sim/world/outcome.h"

namespace aivm::scenarios::cli {

// The payoff of a principal, or of all principals of a group, in nLUX.
struct PayoffLine {
    std::string who;
    std::string role;
    std::string strategy;
    bool honest = true;
    std::uint64_t agents = 0;
    std::int64_t earned = 0;  // fees and rewards
    std::int64_t paid = 0;    // fees and lost challenges
    std::int64_t slashed = 0;
    std::int64_t net = 0;
    std::int64_t least = 0;  // net of the member that has least, and of the one that has most
    std::int64_t most = 0;
    std::int64_t lies = 0;  // value of lies that did harm, less harm to itself; not part of net

    [[nodiscard]] std::int64_t net_each() const;
};

// One line per principal, in the order of the outcome.
std::vector<PayoffLine> payoffs_by_principal(const sim::Scenario& scenario,
                                             const sim::Outcome& outcome);
// One line per group.
std::vector<PayoffLine> payoffs_by_group(const sim::Scenario& scenario,
                                         const sim::Outcome& outcome);

// What the owners that break the protocol gained or lost, in a sentence or more; the HTML report
// (verdict.py in reports/) says the same from the database. Without `gains` that is the payoff of
// the run, and no verdict: only a comparison with honest play under the same seeds has one. With
// `gains` the text begins with "Yes" if the interval of some owner's gain is above zero. If none
// is, it begins with "Cannot be told" if some interval contains zero, and with "No" if none does.
std::string did_cheating_pay(const sim::Scenario& scenario, const sim::Outcome& outcome,
                             const std::vector<CheatingGain>& gains = {});

}  // namespace aivm::scenarios::cli
