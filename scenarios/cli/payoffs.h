// Payoffs per principal and per group of the scenario, and the verdict whether cheating paid.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

    [[nodiscard]] std::int64_t net_each() const;
};

// One line per principal, in the order of the outcome.
std::vector<PayoffLine> payoffs_by_principal(const sim::Scenario& scenario,
                                             const sim::Outcome& outcome);
// One line per group.
std::vector<PayoffLine> payoffs_by_group(const sim::Scenario& scenario,
                                         const sim::Outcome& outcome);

// One or more sentences that compare every dishonest group with the honest agents of its role.
//
// The rule of the verdict "did cheating pay", which the HTML report (verdict.py in reports/)
// applies to the rows of the database: cheating paid when the cheats' mean net payoff is above that
// of the honest of the same role, or above zero where the role has no honest agent. The two differ
// in what they average over. The terminal judges each group by itself, per agent, and one group for
// which cheating paid suffices. The report, for which groups do not exist, judges all dishonest
// principals together, per principal, against the honest principals that have any of their roles;
// a total that is not above zero is always "no". A run that did not end clean has its answer here
// as "so far", because not all of its work is decided.
std::string did_cheating_pay(const sim::Scenario& scenario, const sim::Outcome& outcome);

}  // namespace aivm::scenarios::cli
