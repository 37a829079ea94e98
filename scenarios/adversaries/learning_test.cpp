// Learners on games whose answers are known, and on one that is measured by playing it.
#include "scenarios/adversaries/learning.h"

#include <gtest/gtest.h>

#include "scenarios/testing/test_small.h"

namespace aivm::scenarios {
namespace {

Game matching_pennies() { return {2, 2, {1, -1, -1, 1}, {-1, 1, 1, -1}}; }

// The inspection game of V07 and V08. The provider (rows) cheats or works; the checker (columns)
// checks or does not. Cheating gains G when unseen and loses S when seen; a check costs C, finds a
// cheat for R, and a missed one costs L.
Game inspection() {
    constexpr double kG = 100;
    constexpr double kS = 400;
    constexpr double kC = 4;
    constexpr double kR = 50;
    constexpr double kL = 30;
    return {2, 2, {-kS, kG, 0, 0}, {kR - kC, -kL, -kC, 0}};
}

TEST(Learning, BestResponseTriesTheWholeGridAndTakesTheFirstOfEquals) {
    const std::vector<GridAxis> axes{{"x", {-2, 0, 1, 3}}, {"y", {5, 7}}};
    const auto found = best_response(axes, [](const GridPoint& p) {
        return -static_cast<double>((p[0] - 1) * (p[0] - 1)) -
               static_cast<double>((p[1] - 6) * (p[1] - 6));
    });
    EXPECT_EQ(found.point, (GridPoint{1, 5}));
    EXPECT_EQ(found.payoff, -1);
    EXPECT_EQ(found.evaluations, 8U);
}

TEST(Learning, AGridWithoutAxesHasOnePoint) {
    const auto found = best_response({}, [](const GridPoint& p) { return p.empty() ? 7.0 : 0.0; });
    EXPECT_EQ(found.payoff, 7);
    EXPECT_EQ(found.evaluations, 1U);
}

TEST(Learning, RegretIsZeroAtTheEquilibriumAndTheGainOfTheBestDeviationElsewhere) {
    EXPECT_EQ(regret(matching_pennies(), {{0.5, 0.5}, {0.5, 0.5}}), 0);
    EXPECT_EQ(regret(matching_pennies(), {{1, 0}, {0.5, 0.5}}),
              1);  // the column player's, from 0 to 1
}

TEST(Learning, FictitiousPlayFindsHalfAndHalfInMatchingPennies) {
    const Mixes mixes = fictitious_play(matching_pennies(), 20'000);
    EXPECT_NEAR(mixes.row[0], 0.5, 0.01);
    EXPECT_NEAR(mixes.column[0], 0.5, 0.01);
    EXPECT_LT(regret(matching_pennies(), mixes), 0.02);
}

TEST(Learning, FictitiousPlayFindsTheRatesOfTheInspectionGame) {
    const Mixes mixes = fictitious_play(inspection(), 200'000);
    EXPECT_NEAR(mixes.row[0], 0.05, 0.002);   // V07: C / (R + L)
    EXPECT_NEAR(mixes.column[0], 0.2, 0.01);  // V08: G / (G + S)
}

TEST(Learning, ReplicatorsCircleTheInspectionGamesEquilibriumAndTheirMeanIsNearIt) {
    const auto orbit = replicator(inspection(), {{0.1, 0.9}, {0.3, 0.7}}, 1e-4, 100'000);
    EXPECT_NEAR(orbit.mean.row[0], 0.05, 0.005);
    EXPECT_NEAR(orbit.mean.column[0], 0.2, 0.02);
}

TEST(Learning, ReplicatorsDropADominatedChoice) {
    const Game dilemma{2, 2, {3, 0, 5, 1}, {3, 5, 0, 1}};
    const auto orbit = replicator(dilemma, {{0.99, 0.01}, {0.99, 0.01}}, 0.05, 2'000);
    EXPECT_GT(orbit.last.row[1], 0.999);
    EXPECT_GT(orbit.last.column[1], 0.999);
}

// The providers guess or work, the checker checks all or nothing; the payoffs are what the runs
// say.
std::pair<double, double> guess_against_check(std::size_t guess, std::size_t check) {
    sim::Scenario s = small_economic();
    s.workload.step_cost = millilux(500);
    s.workload.check_cost = millilux(200);
    s.vm.policy.reassignments_max = 0;
    s.actors = {
        group("provider", 2, "lazy_guess", {{"guess_ppm", guess == 0 ? 1'000'000 : 0}}),
        group("challenger", 1, "lazy_checker", {{"check_ppm", check == 0 ? 1'000'000 : 0}})};
    const sim::Outcome outcome = run(s);
    const auto in_lux = [&](std::string_view label) {
        return static_cast<double>(payoff(outcome, label).net_nlux) / kLux;
    };
    return {in_lux("lazy_guesss"), in_lux("lazy_checkers")};
}

TEST(Learning, TheInspectionGameOfGuessersAndCheckersIsMeasuredByPlayingIt) {
    const Game game = empirical_game(2, 2, guess_against_check);
    EXPECT_LT(game.row_payoff(0, 0), game.row_payoff(1, 0));  // where somebody checks, work pays
    EXPECT_GT(game.row_payoff(0, 1),
              game.row_payoff(1, 1));  // where nobody does, guessing saves its cost
    EXPECT_GT(game.column_payoff(0, 0), game.column_payoff(0, 1));
    EXPECT_LT(game.column_payoff(1, 0), game.column_payoff(1, 1));
    // At the rates that both learn the other is indifferent: V07 and V08 with the payoffs of the
    // runs.
    const double gain = game.row_payoff(0, 1) - game.row_payoff(1, 1);
    const double loss = game.row_payoff(1, 0) - game.row_payoff(0, 0);
    const double cost = game.column_payoff(1, 1) - game.column_payoff(1, 0);
    const double reward = game.column_payoff(0, 0) - game.column_payoff(0, 1);
    const Mixes learned = fictitious_play(game, 200'000);
    EXPECT_NEAR(learned.row[0], cost / (cost + reward), 0.01);
    EXPECT_NEAR(learned.column[0], gain / (gain + loss), 0.01);
}

}  // namespace
}  // namespace aivm::scenarios
