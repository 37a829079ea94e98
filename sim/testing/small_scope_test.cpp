// The engines in every order of events up to a number of events (the depth), from shortly before a
// decision: every state that can be reached by then is visited. The tests print the depth, the
// states, and in how many of them something was decided. AIVM_SCOPE_DEPTH=7
// AIVM_SCOPE_STATES=20000000 goes deeper; bft has so many states that 6 is enough for an hour.
#include "sim/testing/small_scope.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "core/base/digest.h"
#include "sim/consensus/avalanche/avalanche.h"
#include "sim/consensus/bft/bft.h"
#include "sim/consensus/snowman/snowman.h"
#include "sim/scenario/engines.h"
#include "sim/scenario/scenario.h"
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
    scope.states_max = from_environment("AIVM_SCOPE_STATES", 200'000);
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

SmallScope hotstuff_scope(std::uint32_t depth) {
    SmallScope scope = scope_of(4, depth);
    scope.builds = 2;
    scope.make = [](SmallNode& node) {
        ChainSettings chain;
        chain.block_interval_ns = 0;
        const std::vector<std::uint64_t> stakes(4, 1);
        return kHotstuffEngine.make({chain, stakes, node.self, node, node.stream}).value();
    };
    return scope;
}

// Two vertices that share a job.
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

// Searches the scope; the search must find no violation, end, and come to decisions.
void search_agrees(std::string_view name, const SmallScope& scope) {
    const ScopeResult result = search(scope);
    std::cout << fmt::format(
        "{}: {} states to depth {} after {} events, {} met again, {} with a decision, {}\n", name,
        result.states, scope.depth, scope.prefix.size(), result.met_again, result.states_deciding,
        result.complete ? "complete" : "cut short");
    EXPECT_EQ(result.violation, "");
    EXPECT_TRUE(result.complete);
    EXPECT_GT(result.states, 10'000U);
    EXPECT_GT(result.states_deciding, result.states / 100) << "begin nearer to a decision";
}

// Losses, timers and crashes from so shortly before a decision that some nodes have decided, and
// others have not, when they happen.
SmallScope with_faults(const SmallScope& scope) {
    SmallScope out = shortly_before_a_decision(scope, 2);
    out.drops = out.crashes = 1;
    out.timers = 2;
    return out;
}

TEST(SmallScope, SnowmanAgreesInEveryOrderOfMessages) {
    search_agrees("snowman", shortly_before_a_decision(snowman_scope(10), 4));
}

TEST(SmallScope, SnowmanAgreesWithLossesTimersAndCrashes) {
    search_agrees("snowman with faults", with_faults(snowman_scope(5)));
}

TEST(SmallScope, BftAgreesWithLossesTimersAndCrashes) {
    search_agrees("bft with faults", with_faults(bft_scope(4)));
}

TEST(SmallScope, HotstuffAgreesWithLossesTimersAndCrashes) {
    search_agrees("hotstuff with faults", with_faults(hotstuff_scope(6)));
}

TEST(SmallScope, AvalancheAgreesWithLossesTimersAndCrashes) {
    search_agrees("avalanche with faults", with_faults(avalanche_scope(5)));
}

// A search that never comes to a decision has shown little.
TEST(SmallScope, ASearchFromTheStartDoesNotReachADecision) {
    const SmallScope scope = bft_scope(3);
    EXPECT_EQ(search(scope).states_deciding, 0U);
    const SmallScope later = shortly_before_a_decision(scope, 1);
    EXPECT_GT(later.prefix.size(), scope.depth);
    EXPECT_GT(search(later).states_deciding, 0U);
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
    const ScopeResult result = search(scope);
    EXPECT_EQ(result.violation, "two items that share a key were accepted");
    EXPECT_FALSE(result.trace.empty());
}

}  // namespace
}  // namespace aivm::sim::test
