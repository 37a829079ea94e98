// Payoffs per principal and per group of the scenario, and the verdict whether cheating paid.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/scenario/scenario.h"
#include "sim/world/outcome.h"

namespace aivm::scenarios::cli {

// The payoff of a principal, or of all principals of a group, in nLUX.
struct BooksLine {
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
std::vector<BooksLine> books_by_principal(const sim::Scenario& scenario,
                                          const sim::Outcome& outcome);
// One line per group.
std::vector<BooksLine> books_by_group(const sim::Scenario& scenario, const sim::Outcome& outcome);

// One or more sentences that compare every dishonest group with the honest participants of its
// role. Cheating paid if a dishonest participant earned more than an honest one of its role on
// average, or, in a role without honest participants, more than zero. The answer for a run that did
// not end clean is "so far", since not all of its work is decided.
std::string did_cheating_pay(const sim::Scenario& scenario, const sim::Outcome& outcome);

}  // namespace aivm::scenarios::cli
