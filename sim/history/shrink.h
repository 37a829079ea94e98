// Delta debugging: the search for a small part of a list that still does what the whole does.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace aivm::sim {

// How much searching is allowed, shared by all searches of one shrinking.
class ShrinkBudget {
public:
    // `go_on` hears of the tries so far and the actions left before every try; returning false ends
    // the search.
    using GoOn = std::function<bool(std::size_t tries, std::size_t actions_left)>;
    ShrinkBudget(std::size_t tries_max, GoOn go_on)
        : tries_max_(tries_max), go_on_(std::move(go_on)) {}

    // Whether one more try may be made; counts it.
    bool take(std::size_t actions_left) {
        if (over_ || tries_ >= tries_max_ || (go_on_ && !go_on_(tries_, actions_left)))
            over_ = true;
        if (!over_) ++tries_;
        return !over_;
    }
    // For the middle of a long try: whether to finish it.
    bool keep_going(std::size_t actions_left) {
        if (go_on_ && !go_on_(tries_, actions_left)) over_ = true;
        return !over_;
    }
    [[nodiscard]] bool over() const { return over_; }
    [[nodiscard]] std::size_t tries() const { return tries_; }

private:
    std::size_t tries_max_;
    GoOn go_on_;
    std::size_t tries_ = 0;
    bool over_ = false;
};

// Takes pieces out of `items`, large ones first and from the end, as long as `attempt` succeeds on
// the rest; unless the budget ends first, no single item can be taken out of the result. `attempt`
// gets a candidate and returns what it comes down to (the candidate, or less of it), or nothing
// when it fails. Depends on nothing but the answers.
template <class Item, class Attempt>
std::vector<Item> shrink(std::vector<Item> items, const ShrinkBudget& budget, Attempt&& attempt) {
    std::size_t piece = items.size();
    while (!items.empty() && !budget.over()) {
        piece = std::min(piece, items.size());
        bool shrunk = false;
        for (std::size_t end = items.size(); end > 0 && !budget.over();) {
            const std::size_t begin = end > piece ? end - piece : 0;
            std::vector<Item> candidate(items.begin(),
                                        items.begin() + static_cast<std::ptrdiff_t>(begin));
            candidate.insert(candidate.end(), items.begin() + static_cast<std::ptrdiff_t>(end),
                             items.end());
            end = begin;
            if (std::optional<std::vector<Item>> left = attempt(candidate)) {
                items = std::move(*left);
                end = std::min(end, items.size());
                shrunk = true;
            }
        }
        if (piece == 1 && !shrunk) break;
        if (piece > 1) piece = (piece + 1) / 2;
    }
    return items;
}

}  // namespace aivm::sim
