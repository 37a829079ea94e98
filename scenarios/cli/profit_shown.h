// The results of searches for profit, as text, JSON and the table that is committed.
#pragma once

#include <string>
#include <vector>

#include "scenarios/profit/known_attacks.h"
#include "scenarios/profit/profit_search.h"
#include "scenarios/profit/search_space.h"

namespace aivm::scenarios::cli {

struct ProfitShown {
    const std::string& scenario;
    const SearchSpace& space;
    const ProfitOptions& options;
    const ProfitResult& result;
    std::uint64_t wall_ns = 0;
};

std::string profit_text(const ProfitShown& shown);
std::string profit_json(const ProfitShown& shown);
// A comment for the file of a deviation: what it brings, and how to repeat that.
std::string deviation_comment(const ProfitShown& shown, const Deviation& one,
                              const std::string& path);

// The primitive actions of each strategy, with their levels.
std::string primitives_text();

struct RecoveryShown {
    const std::vector<KnownAttack>& attacks;
    const ProfitOptions& options;
    std::string budget;  // of all searches together, as it was written
    std::string machine;
    bool complete = false;
};

std::string recovery_line(const KnownAttack& attack);
std::string recovery_text(const RecoveryShown& shown);
std::string recovery_json(const RecoveryShown& shown);
std::string recovery_markdown(const RecoveryShown& shown);

// Where the file of the cheapest deviation is, and of the most profitable one.
std::string cheapest_file(const ProfitOptions& options);
std::string best_file(const ProfitOptions& options);

}  // namespace aivm::scenarios::cli
