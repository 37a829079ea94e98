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
    if (row.outcome == sim::TaskOutcome::kPending) pending_[row.task] = row.assignments;
}

void Tally::note(const sim::ResultRow& row) {
    if (!row.correct) wrong_.push_back({row.task, row.provider, row.attempt});
}

void Tally::note(const sim::SlashRow& row) {
    ++slashes_;
    if (row.task) slashed_.emplace(*row.task, row.agent);
}

std::uint64_t Tally::fraud_open() const {
    return static_cast<std::uint64_t>(std::ranges::count_if(wrong_, [this](const Wrong& one) {
        const auto task = pending_.find(one.task);
        return task != pending_.end() && task->second == one.attempt &&
               !slashed_.contains({one.task, one.provider});
    }));
}

}  // namespace aivm::scenarios::cli
