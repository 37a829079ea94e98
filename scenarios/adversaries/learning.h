// Learning over finished runs: best responses and games. A strategy inside a run cannot learn,
// because the consequences of an action are known only when its window, and often the run, is over.
// These functions repeat runs and choose by their results, in double arithmetic; no part of them
// executes inside a run.
//
// A game is two players' payoffs for every pair of choices, as numbers or measured by a run for
// every pair (empirical_game). The caller knows which strategy or parameter an index refers to.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace aivm::scenarios {

// --- Best response over a grid of parameters ---

struct GridAxis {
    std::string parameter;
    std::vector<std::int64_t> values;
};
using GridPoint = std::vector<std::int64_t>;  // a value for each axis, in the order of the axes

struct BestResponse {
    GridPoint point;
    double payoff = 0;
    std::size_t evaluations = 0;
};

// Tries every point of the grid, the last axis fastest, and returns the one with the largest
// payoff, the first of equals. Requires at least one value on every axis; without an axis there is
// one point, the empty one.
BestResponse best_response(const std::vector<GridAxis>& axes,
                           const std::function<double(const GridPoint&)>& payoff);

// --- Games ---

struct Game {
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::vector<double> row_payoffs;  // of the row player, row by row
    std::vector<double> column_payoffs;

    [[nodiscard]] double row_payoff(std::size_t row, std::size_t column) const;
    [[nodiscard]] double column_payoff(std::size_t row, std::size_t column) const;
};

// The payoffs of both players when one run, or the mean of several, is played with these choices.
using Play = std::function<std::pair<double, double>(std::size_t row, std::size_t column)>;

// Plays every pair of choices once, row by row. Requires a choice on either side.
Game empirical_game(std::size_t rows, std::size_t columns, const Play& play);

// How often each choice is made; adds up to 1.
using Mix = std::vector<double>;
struct Mixes {
    Mix row;
    Mix column;
};

// The most that either player can gain by leaving its mix while the other keeps its own; 0 at a
// Nash equilibrium only.
double regret(const Game& game, const Mixes& mixes);

// Fictitious play: in each round both answer best to how often the other has made each choice so
// far, the first of equals; before the first round every choice counts as made once. Returns the
// frequencies after `rounds`, which converge to an equilibrium in every zero-sum game (J. Robinson,
// 1951) and in every game of two choices each (K. Miyasawa, 1961).
Mixes fictitious_play(const Game& game, std::size_t rounds);

// Two-population replicator dynamics for `rounds` steps from `start`: a choice grows by `step`
// times its payoff over the mean. Requires 0 < step * (largest - smallest payoff of either player)
// < 1, so that shares stay positive.
struct ReplicatorOrbit {
    Mixes last;
    Mixes mean;  // over time; where orbits circle an inner equilibrium, the mean is near it and the
                 // last is not
};
ReplicatorOrbit replicator(const Game& game, const Mixes& start, double step, std::size_t rounds);

}  // namespace aivm::scenarios
