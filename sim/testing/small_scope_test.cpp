// The engines in every order of events up to a number of events (the depth): every state that can
// be reached by then is visited. The test prints the depth and the states. AIVM_SCOPE_DEPTH=7
// AIVM_SCOPE_STATES=20000000 goes deeper.
#include "sim/testing/small_scope.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "core/base/digest.h"
#include "sim/consensus/avalanche/avalanche.h"
#include "sim/consensus/bft/bft.h"
#include "sim/consensus/snowman/snowman.h"
#include "sim/testing/test_network.h"

namespace aivm::sim::test {
namespace {

std::uint64_t from_environment(const char* variable, std::uint64_t otherwise) {
    const char* const text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

SmallScope scope_of(std::uint32_t nodes, std::uint32_t depth) {
    SmallScope scope;
    for (VoterIndex i = 0; i < nodes; ++i) scope.identities.push_back(i);
    scope.depth = static_cast<std::uint32_t>(from_environment("AIVM_SCOPE_DEPTH", depth));
    scope.states_max = from_environment("AIVM_SCOPE_STATES", 100'000);
    return scope;
}

// Two siblings, and polls that ask both others, who must agree.
SmallScope snowman_scope(std::uint32_t depth) {
    SmallScope scope = scope_of(3, depth);
    scope.make = [](SmallNode& node) {
        SnowmanConfig config;
        config.snow.k = 2;
        config.snow.alpha_preference = config.snow.alpha_confidence = 2;
        config.snow.beta = 2;
        config.snow.concurrent_polls = 1;
        config.snow.sampling = SnowSampling::kDistinct;
        config.bootstrap.idle_probe_ns = 0;
        config.stakes.assign(3, 1);
        config.self = node.self;
        return make_snowman(config, node, node.stream).value();
    };
    scope.begin = [](SmallWorld& world) {
        world.build(0, 1);
        world.build(1, 2);
    };
    return scope;
}

SmallScope bft_scope(std::uint32_t depth) {
    SmallScope scope = scope_of(4, depth);
    scope.builds = 2;
    scope.make = [](SmallNode& node) {
        BftConfig config;
        config.stakes.assign(4, 1);
        config.first_proposal_timeout_ns = config.proposal_timeout_ns;
        config.self = node.identity;
        return make_bft(config, node).value();
    };
    return scope;
}

// Two vertices that share a job, and one that does not.
SmallScope avalanche_scope(std::uint32_t depth) {
    SmallScope scope = scope_of(3, depth);
    scope.is_chain = false;
    scope.make = [](SmallNode& node) {
        AvalancheConfig config;
        config.k = 2;
        config.votes = {.alpha = 2, .beta_virtuous = 1, .beta_rogue = 2};
        config.concurrent_polls = 1;
        config.idle_probe_ns = 0;
        config.stakes.assign(3, 1);
        config.self = node.self;
        return make_avalanche(config, node, node.stream).value();
    };
    scope.begin = [](SmallWorld& world) {
        world.build(0, 1, {sha256(as_bytes("job"))});
        world.build(1, 2, {sha256(as_bytes("job"))});
    };
    return scope;
}

ScopeResult searched(std::string_view name, const SmallScope& scope) {
    const ScopeResult result = search(scope);
    std::cout << fmt::format(
        "{}: {} states to depth {}, {} met again, {} with a decision, {} events, {}\n", name,
        result.states, scope.depth, result.met_again, result.states_deciding, result.events,
        result.complete ? "complete" : "cut short");
    return result;
}

TEST(SmallScope, SnowmanAgreesInEveryOrderOfMessages) {
    const ScopeResult result = searched("snowman", snowman_scope(8));
    EXPECT_EQ(result.violation, "");
    EXPECT_TRUE(result.complete);
    EXPECT_GT(result.states, 10'000U);
}

TEST(SmallScope, SnowmanAgreesWithLossesTimersAndCrashes) {
    SmallScope scope = snowman_scope(5);
    scope.drops = scope.timers = scope.crashes = 1;
    const ScopeResult result = searched("snowman with faults", scope);
    EXPECT_EQ(result.violation, "");
    EXPECT_TRUE(result.complete);
    EXPECT_GT(result.states, 10'000U);
}

TEST(SmallScope, BftAgreesWithLossesTimersAndCrashes) {
    SmallScope scope = bft_scope(5);
    scope.drops = scope.crashes = 1;
    scope.timers = 2;
    const ScopeResult result = searched("bft with faults", scope);
    EXPECT_EQ(result.violation, "");
    EXPECT_TRUE(result.complete);
    EXPECT_GT(result.states, 10'000U);
}

TEST(SmallScope, AvalancheAgreesWithLossesTimersAndCrashes) {
    SmallScope scope = avalanche_scope(5);
    scope.drops = scope.timers = scope.crashes = 1;
    const ScopeResult result = searched("avalanche with faults", scope);
    EXPECT_EQ(result.violation, "");
    EXPECT_TRUE(result.complete);
    EXPECT_GT(result.states, 10'000U);
}

// A vertex is final after one poll, and a rival may come later: with two nodes that count
// themselves as a quorum each, the search must find two accepted rivals.
TEST(SmallScope, ASearchFindsTheForkOfAnEngineThatAsksTooFew) {
    SmallScope scope = avalanche_scope(12);
    scope.make = [](SmallNode& node) {
        AvalancheConfig config;
        config.k = 1;
        config.votes = {.alpha = 1, .beta_virtuous = 1, .beta_rogue = 1};
        config.concurrent_polls = 1;
        config.idle_probe_ns = 0;
        config.stakes.assign(3, 1);
        config.self = node.self;
        return make_avalanche(config, node, node.stream).value();
    };
    const ScopeResult result = searched("avalanche that asks one", scope);
    EXPECT_EQ(result.violation, "two items that share a key were accepted");
    EXPECT_FALSE(result.trace.empty());
}

}  // namespace
}  // namespace aivm::sim::test
