// Removes elements of a list of the best plan, in pieces.
#pragma once

#include <cstddef>
#include <numeric>
#include <optional>
#include <vector>

#include "scenarios/campaign/shrink/run_search.h"

namespace aivm::scenarios {

// `keep` changes a plan so that only the elements with these positions are left, of `count`.
template <class Keep>
void shrink_elements(RunSearch& search, std::size_t count, const Keep& keep) {
    const RunPlan whole = search.best();
    std::vector<std::size_t> all(count);
    std::iota(all.begin(), all.end(), std::size_t{0});
    (void)sim::shrink(all, search.budget(), [&](const std::vector<std::size_t>& kept) {
        RunPlan candidate = whole;
        candidate.choices = search.best().choices;
        keep(candidate, kept);
        return search.attempt(std::move(candidate)) ? std::optional(kept) : std::nullopt;
    });
}

template <class Element>
std::vector<Element> only(const std::vector<Element>& whole, const std::vector<std::size_t>& kept) {
    std::vector<Element> out;
    for (const std::size_t i : kept) out.push_back(whole[i]);
    return out;
}

// Lowers a number: to the least first, then by bisection between what fails and what does not.
template <class Set>
void lower_number(RunSearch& search, std::uint64_t value, std::uint64_t least, const Set& set) {
    const auto works = [&](std::uint64_t number) {
        RunPlan candidate = search.best();
        set(candidate, number);
        return search.attempt(std::move(candidate));
    };
    if (value <= least || works(least)) return;
    std::uint64_t too_small = least;
    std::uint64_t enough = value;
    while (enough - too_small > 1 && !search.over()) {
        const std::uint64_t middle = too_small + (enough - too_small) / 2;
        (works(middle) ? enough : too_small) = middle;
    }
}

}  // namespace aivm::scenarios
