// Who earned and lost what, group by group as the scenario lists them, and whether cheating paid.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/scenario/scenario.h"
#include "sim/world/outcome.h"

namespace aivm::scenarios::cli {

// One line of the books: a principal, or all principals of a group. Money is nLUX.
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

// A line a principal, in the order of the outcome.
std::vector<BooksLine> books_by_principal(const sim::Scenario& scenario,
                                          const sim::Outcome& outcome);
// A line a group.
std::vector<BooksLine> books_by_group(const sim::Scenario& scenario, const sim::Outcome& outcome);

// One or more sentences: every dishonest group beside the honest of the same role. Cheating paid
// when a dishonest agent ended better than an honest one of its role on average, or above zero
// where the role has no honest one. A run that did not end clean has its answer "so far": not all
// of its work is decided.
std::string did_cheating_pay(const sim::Scenario& scenario, const sim::Outcome& outcome);

}  // namespace aivm::scenarios::cli
