// The stand-in for an ideal hash function changes what is drawn, and no distribution of outcomes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "core/base/ideal_hashing.h"
#include "sim/scenario/hashing.h"
#include "sim/testing/test_world.h"

namespace aivm::sim::test {
namespace {

constexpr std::uint64_t kSeeds = 300;

Scenario study(bool ideal_hashes, std::uint32_t censoring_ppm = 300'000) {
    Scenario s = small_scenario();
    s.run.fidelity = Fidelity::kEconomic;
    s.run.ideal_hashes = ideal_hashes;
    s.chain.consensus = ConsensusKind::kSequencer;
    s.chain.censorship = CensorshipModel::kIid;
    s.chain.censoring_ppm = censoring_ppm;
    s.vm.config.challenge_window_blocks = 2;
    s.vm.policy.challenge_reveal_blocks = 60;
    return s;
}

// Of each metric, its values over the seeds, sorted.
using Samples = std::map<std::string, std::vector<std::int64_t>>;

Samples sample(const Scenario& scenario) {
    Samples out;
    for (WorldOptions options; options.seed <= kSeeds; ++options.seed) {
        const Outcome outcome = play(scenario, options)->outcome;
        EXPECT_EQ(verdict(outcome), "clean");
        for (const char* metric : {"n_fraud_posted", "n_fraud_missed", "slash_taken"})
            out[metric].push_back(figure(outcome, metric));
        out["blocks"].push_back(static_cast<std::int64_t>(outcome.blocks));
    }
    for (auto& [metric, values] : out) std::ranges::sort(values);
    return out;
}

// The greatest difference between the two empirical distribution functions (Kolmogorov, Smirnov).
double distance(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
    const auto share_up_to = [](const std::vector<std::int64_t>& values, std::int64_t limit) {
        const auto up_to = std::ranges::upper_bound(values, limit) - values.begin();
        return static_cast<double>(up_to) / static_cast<double>(values.size());
    };
    double most = 0;
    for (const auto* values : {&a, &b}) {
        for (const std::int64_t value : *values)
            most = std::max(most, std::abs(share_up_to(a, value) - share_up_to(b, value)));
    }
    return most;
}

// Exceeded by samples of one distribution with probability 0.001.
double limit() { return 1.95 * std::sqrt(2.0 / static_cast<double>(kSeeds)); }

TEST(IdealHashes, ChangeTheDrawsOfARunAndNoDistributionOfItsOutcomes) {
    EXPECT_NE(play(study(true))->outcome.digest, play(study(false))->outcome.digest);
    const Samples ideal = sample(study(true));
    const Samples keccak = sample(study(false));
    for (const auto& [metric, values] : ideal)
        EXPECT_LT(distance(values, keccak.at(metric)), limit()) << metric;
    // The comparison would see a censor more.
    const Samples censored = sample(study(true, 450'000));
    EXPECT_GT(distance(censored.at("n_fraud_missed"), keccak.at("n_fraud_missed")), limit());
}

TEST(IdealHashes, AreOfTheEconomicFidelityAloneAndEndWithTheRun) {
    Scenario scenario = study(true);
    const auto is_ideal = [&] {
        const ScenarioHashing hashing(scenario);
        return IdealHashing::is_active();
    };
    EXPECT_TRUE(is_ideal());
    scenario.run.ideal_hashes = false;
    EXPECT_FALSE(is_ideal());
    scenario.run = {.fidelity = Fidelity::kFull, .ideal_hashes = true};
    EXPECT_FALSE(is_ideal());
    play(study(true));
    EXPECT_FALSE(IdealHashing::is_active());
}

}  // namespace
}  // namespace aivm::sim::test
