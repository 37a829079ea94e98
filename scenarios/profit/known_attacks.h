// How much of a known attack the profit search finds again: an attack of a scenario with its named
// strategies, and what a search finds for the same owner without them.
#pragma once

#include "scenarios/profit/profit_search.h"

namespace aivm::scenarios {

struct KnownAttack {
    std::string scenario;
    std::string owner;
    std::string strategies;  // of the owner, joined by +
    std::string ids;         // such as "A09", joined by +
    Moments gain;            // on the fresh seeds of the search, nLUX per member and run
    Interval interval;
    ProfitResult found;
    std::vector<std::string> deviation_names;  // of found.best(): keys without the group's path

    [[nodiscard]] bool pays() const { return gain.n() > 1 && interval.low > 0; }
    // Profit found against profit known; 0 if nothing that pays was found.
    [[nodiscard]] double share_found() const;
    // At least half of the known profit.
    [[nodiscard]] bool found_again() const { return pays() && share_found() >= 0.5; }
};

// The owners of a scenario that break the protocol, by label. Errors: as of make_setting.
Result<std::vector<std::string>> attackers_of(const sim::Scenario& scenario);

// Measures the attack first and searches only if it pays, or with `always`. The number of
// identities is searched only for attacks whose own strategy splits: a draw by identity would
// otherwise pay in almost every scenario.
Result<KnownAttack> find_again(const sim::Scenario& scenario, const std::string& owner,
                               const ProfitOptions& options, bool always);

}  // namespace aivm::scenarios
