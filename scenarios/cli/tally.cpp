#include "scenarios/cli/tally.h"

#include <algorithm>

namespace aivm::scenarios::cli {

void Tally::take(sim::RowRef row) {
    std::visit(
        [this](const auto* one) {
            note(*one);
            behind_.add(*one);
        },
        row);
}

void Tally::note(const sim::TaskRow& row) {
    ++outcomes_.at(static_cast<std::size_t>(row.outcome));
    if (row.outcome == sim::TaskOutcome::kPending) pending_.push_back(row.task);
}

void Tally::note(const sim::ResultRow& row) {
    if (!row.correct) wrong_.push_back(row.task);
}

std::uint64_t Tally::fraud_open() const {
    return static_cast<std::uint64_t>(std::ranges::count_if(
        wrong_, [this](std::uint64_t task) { return std::ranges::binary_search(pending_, task); }));
}

}  // namespace aivm::scenarios::cli
