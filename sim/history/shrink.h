// Delta debugging: the search for a small part of a list that still has the effect of the whole.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace aivm::sim {

// The limit of the search, shared by all passes of one shrinking.
class ShrinkBudget {
public:
    // `go_on` is called before every try with the tries so far and the actions left; returning
    // false ends the search.
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

// Removes pieces of `items`, large ones first and from the end, as long as `attempt` succeeds on
// the rest. Unless the budget ends first, no single item can be removed from the result. `attempt`
// receives a candidate and returns the part of it that was used (all of it, or less), or nothing if
// it fails. Deterministic in the answers of `attempt`.
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
