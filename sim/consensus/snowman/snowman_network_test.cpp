// Whole networks of snowman engines: agreement, liveness, partitions, restarts. The nodes
// themselves check every decision (test_network.h): S1, S3, S4, S5, S6.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "sim/consensus/snowman/fork_chance.h"
#include "sim/consensus/snowman/synchronous_rounds.h"
#include "sim/testing/test_network.h"

namespace aivm::sim {
namespace {

using namespace test;

TEST(SnowmanNetwork, AnUncontestedBlockIsAcceptedByAllAndThenThereIsQuiet) {
    auto network = snowman_network(small_config(21), {});
    network.nodes[3]->build(1);
    EXPECT_TRUE(network.run(20 * kSecond, [&] { return network.all_at(1); }));
    network.run(kSecond);
    std::uint64_t before = 0;
    for (const auto& node : network.nodes) before += node->queries_sent;
    network.run(60 * kSecond);
    std::uint64_t after = 0;
    for (const auto& node : network.nodes) after += node->queries_sent;
    EXPECT_EQ(before, after) << "L5: polls while nothing is processing";
}

TEST(SnowmanNetwork, ConflictingSiblingsEndInOneAndTheLosersAreRejected) {
    SnowmanConfig config = small_config(15);
    config.snow.k = 7;  // fewer than all: chance breaks the tie between three
    config.snow.alpha_preference = 4;
    config.snow.alpha_confidence = 6;
    config.snow.beta = 10;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        auto network = snowman_network(config, {.seed = seed});
        for (VoterIndex node = 0; node < 3; ++node) network.nodes[node]->build(100 + node);
        ASSERT_TRUE(network.run(60 * kSecond, [&] { return network.all_at(1); }))
            << "seed " << seed;
        network.run(10 * kSecond);
        for (const auto& node : network.nodes) {
            for (const auto& [id, status] : node->statuses)
                EXPECT_NE(status, BlockStatus::kProcessing) << "seed " << seed;
        }
    }
}

TEST(SnowmanNetwork, AChainGrowsUnderLossAndDuplication) {
    auto network =
        snowman_network(small_config(15), {.seed = 7, .loss_ppm = 30'000, .duplicate_ppm = 50'000});
    for (std::uint64_t number = 1; number <= 30; ++number) {
        network.nodes[number % 15]->build(number);
        network.run(kSecond);
    }
    network.run(30 * kSecond);
    for (const auto& node : network.nodes) EXPECT_GE(node->height(), 25U);
    for (const auto& node : network.nodes) EXPECT_EQ(node->height(), network.nodes[0]->height());
}

TEST(SnowmanNetwork, VerificationMayTakeItsTime) {
    auto network = snowman_network(small_config(9), {.seed = 5, .verify_ns = 300 * kMs});
    for (std::uint64_t number = 1; number <= 8; ++number) {
        network.nodes[number % 9]->build(number);
        network.run(400 * kMs);
    }
    EXPECT_TRUE(network.run(60 * kSecond, [&] { return network.all_at(4); }));
}

TEST(SnowmanNetwork, AnInvalidBlockAndItsDescendantsAreNeverVerifiedElsewhere) {
    auto network = snowman_network(small_config(9), {});
    const BlockInfo bad = test_block(genesis(), 66);
    network.invalid.insert(bad.id);
    network.nodes[0]->build(66);  // its own VM is the only one that takes it
    network.run(5 * kSecond);
    network.nodes[1]->build(1);
    EXPECT_TRUE(network.run(30 * kSecond, [&] { return network.all_at(1); }));
    for (const auto& node : network.nodes) EXPECT_NE(node->status(bad.id), BlockStatus::kAccepted);
}

TEST(SnowmanNetwork, L6AMinorityFinalisesNothingAndConvergesAfterHealing) {
    auto network = snowman_network(small_config(15), {.seed = 3});
    for (VoterIndex node = 0; node < 3; ++node) network.side[node] = 1;
    network.nodes[0]->build(500);
    for (std::uint64_t number = 1; number <= 20; ++number) {
        network.nodes[3 + number % 12]->build(number);
        network.run(2 * kSecond);
    }
    for (VoterIndex node = 0; node < 3; ++node) EXPECT_EQ(network.nodes[node]->height(), 0U);
    const Height reached = network.nodes[5]->height();
    EXPECT_GE(reached, 15U);
    network.side.assign(15, 0);
    EXPECT_TRUE(network.run(60 * kSecond, [&] { return network.all_at(reached); }));
}

TEST(SnowmanNetwork, HalvesOfAPartitionFinaliseNothing) {
    auto network = snowman_network(small_config(21), {.seed = 4});
    for (VoterIndex node = 0; node < 10; ++node) network.side[node] = 1;
    network.nodes[0]->build(1);
    network.nodes[15]->build(2);
    network.run(60 * kSecond);
    EXPECT_TRUE(network.decided.empty());
    network.side.assign(21, 0);
    EXPECT_TRUE(network.run(60 * kSecond, [&] { return network.all_at(1); }));
}

TEST(SnowmanNetwork, ASilentNodeThatMissedTheLastBlocksFindsOut) {
    auto network = snowman_network(small_config(9), {.seed = 9});
    network.side[8] = 1;
    network.nodes[0]->build(1);
    network.run(20 * kSecond);
    network.side[8] = 0;
    EXPECT_TRUE(network.run(60 * kSecond, [&] { return network.all_at(1); }))
        << "nobody builds any more";
}

TEST(SnowmanNetwork, L3ARestartedNodeCatchesUp) {
    auto network = snowman_network(small_config(9), {.seed = 11, .loss_ppm = 20'000});
    network.nodes[0]->build(1);
    network.run(5 * kSecond);
    network.crash(4);
    for (std::uint64_t number = 2; number <= 150; ++number) {
        network.nodes[number % 4]->build(number);
        network.run(kSecond);
    }
    const Height reached = network.nodes[0]->height();
    EXPECT_GE(reached, 120U);
    network.restart(4);
    EXPECT_TRUE(network.run(30 * kSecond, [&] { return network.nodes[4]->height() >= reached; }));
    EXPECT_FALSE(network.nodes[4]->engine->bootstrapping());
    EXPECT_EQ(network.nodes[4]->engine->counters().bootstrap_conflicts, 0U);
}

TEST(SnowmanNetwork, AllNodesMayRestartAtOnce) {
    auto network = snowman_network(small_config(7), {.seed = 12});
    network.nodes[0]->build(1);
    network.run(100 * kMs);
    for (VoterIndex node = 0; node < 7; ++node) network.crash(node);
    for (VoterIndex node = 0; node < 7; ++node) network.restart(node);
    network.run(10 * kSecond);
    network.nodes[2]->build(2);
    EXPECT_TRUE(network.run(60 * kSecond, [&] { return network.all_at(1); }));
}

// B3: with the flat instance these never come together again.
TEST(SnowmanNetwork, ThreeWaySplitsAndEvenOnesRecover) {
    SnowmanConfig config = small_config(21);
    config.snow.k = 11;
    config.snow.alpha_preference = 8;
    config.snow.alpha_confidence = 8;
    config.snow.beta = 14;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        for (const std::uint32_t sides : {2U, 3U}) {
            auto network = snowman_network(config, {.seed = seed});
            for (VoterIndex node = 0; node < 21; ++node) network.side[node] = node % sides;
            for (VoterIndex side = 0; side < sides; ++side) network.nodes[side]->build(side);
            network.run(20 * kSecond);
            EXPECT_TRUE(network.decided.empty());
            network.side.assign(21, 0);
            EXPECT_TRUE(network.run(60 * kSecond, [&] { return network.all_at(1); }))
                << sides << " sides, seed " << seed;
        }
    }
}

// Node 3 builds a block and asks about it while it is alone, so that its first poll ends only with
// its time-out, after the healing. Until then it counts no poll and keeps its preference, and the
// others decide. The answers of its later polls are then older than their decision: it must not
// accept another block because of them.
TEST(SnowmanNetwork, ANodeThatWaitsForAnOldPollDoesNotDecideByStaleAnswers) {
    SnowmanConfig config = small_config(4);
    config.stakes.assign(4, 1'000'000);
    config.snow.k = 8;
    config.snow.alpha_preference = 6;
    config.snow.alpha_confidence = 7;
    config.snow.beta = 8;
    std::uint64_t waited = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        auto network =
            snowman_network(config, {.seed = seed, .delay_min_ns = kMs / 20, .delay_max_ns = kMs});
        network.side = {0, 1, 2, 3};
        network.nodes[3]->build(1);
        network.run(500 * kMs);
        network.side.assign(4, 0);
        network.nodes[0]->build(2);
        network.run(100 * kMs);
        waited += network.nodes[3]->engine->counters().polls == 0 ? 1 : 0;
        // decide() checks that all decide alike
        ASSERT_TRUE(network.run(60 * kSecond, [&] { return network.all_at(1); })) << seed;
    }
    EXPECT_EQ(waited, 200U);
}

// --- The engine over a network, and the model in synchronous rounds ---

// Rounds until all of 21 nodes have decided, which begin in three camps of seven; every message
// takes as long, so that all ask, answer and count at the same times.
std::uint64_t rounds_of_the_engine(const SnowmanConfig& config, std::uint64_t seed) {
    constexpr std::uint64_t kLatency = 10 * kMs;
    auto network =
        snowman_network(config, {.seed = seed, .delay_min_ns = kLatency, .delay_max_ns = kLatency});
    RandomStream random({seed, 21, 7});
    std::vector<BlockInfo> blocks;
    for (std::uint64_t i = 0; i < 3; ++i) {
        BlockInfo block = test_block(genesis(), i);
        for (auto& byte : block.id.bytes) byte = static_cast<std::uint8_t>(random.below(256));
        blocks.push_back(block);
    }
    for (VoterIndex node = 0; node < 21; ++node) {
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            const BlockInfo& block =
                blocks[(node / 7 + i) % blocks.size()];  // its own camp's first
            network.nodes[node]->bodies.emplace(block.id, block);
            network.nodes[node]->step(ItemReceived{(node + 1) % 21, item_of(block)});
        }
    }
    EXPECT_TRUE(network.run(60 * kSecond, [&] { return network.all_at(1); })) << seed;
    return network.now_ns / (2 * kLatency);
}

std::uint64_t rounds_of_the_model(const SnowmanConfig& config, std::uint64_t seed) {
    SynchronousRoundsSetup setup;
    setup.snow = config.snow;
    setup.stakes = config.stakes;
    setup.conduct.assign(21, Conduct::kHonest);
    RandomStream random({seed, 21, 7});
    for (std::size_t choice = 0; choice < 3; ++choice) {
        setup.prefers.insert(setup.prefers.end(), 7, static_cast<Choice>(choice));
        Hash32 id;
        for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random.below(256));
        setup.ids.push_back(id);
    }
    auto nodes = SynchronousRounds::make(std::move(setup), random).value();
    std::uint64_t rounds = 0;
    for (; !nodes.all_decided() && rounds < 1000; ++rounds) nodes.round();
    return rounds;
}

TEST(SnowmanNetwork, TheEngineDecidesInAsManyRoundsAsTheModel) {
    SnowmanConfig config = small_config(21);
    config.stakes.assign(21, 1'000'000'000);
    config.snow.k = 11;
    config.snow.alpha_preference = config.snow.alpha_confidence = 8;
    config.snow.beta = 14;
    config.snow.concurrent_polls = 1;
    for (const auto instance : {SnowInstanceKind::kTree, SnowInstanceKind::kFlat}) {
        config.snow.instance = instance;
        std::vector<std::uint64_t> engine;
        std::vector<std::uint64_t> model;
        for (std::uint64_t seed = 1; seed <= 60; ++seed) {
            engine.push_back(rounds_of_the_engine(config, seed));
            model.push_back(rounds_of_the_model(config, seed));
        }
        std::ranges::sort(engine);
        std::ranges::sort(model);
        // Medians of 60 games of the flat instance vary by about one round.
        const double tolerance = instance == SnowInstanceKind::kTree ? 1 : 3;
        EXPECT_NEAR(static_cast<double>(engine[30]), static_cast<double>(model[30]), tolerance);
    }
}

// --- Presets ---

struct PresetCase {
    SnowPresetName name;
    bool is_safe;  // the computed chance of a fork is below 10^-6
};
constexpr PresetCase kPresetCases[] = {
    {SnowPresetName::kAvalancheMainnet, true}, {SnowPresetName::kAvalancheDag, true},
    {SnowPresetName::kLuxDefault, true},       {SnowPresetName::kLuxMainnet, true},
    {SnowPresetName::kLuxTestnet, true},       {SnowPresetName::kLuxLocal, false}};
static_assert(std::size(kPresetCases) + 1 == enum_count<SnowPresetName>);

SnowmanConfig config_of(SnowPresetName name) {
    const SnowPreset& preset = snow_preset(name);
    SnowmanConfig config = small_config(21);
    config.snow.k = preset.k;
    config.snow.alpha_preference = preset.alpha_preference;
    config.snow.alpha_confidence = preset.alpha_confidence;
    config.snow.beta = preset.beta;
    config.snow.concurrent_polls = std::min(config.snow.concurrent_polls, preset.beta);
    return config;
}

TEST(SnowmanNetwork, SplitsInTwoAndTotalEclipsesAreRecoveredFromUnderEverySafePreset) {
    for (const PresetCase& preset : kPresetCases) {
        const SnowmanConfig config = config_of(preset.name);
        EXPECT_EQ(fork_chance({config.snow, 21, 0}) < 1e-6, preset.is_safe) << word(preset.name);
        if (!preset.is_safe) continue;
        for (const std::uint32_t sides : {2U, 21U}) {
            auto network = snowman_network(config, {.seed = 1});
            for (VoterIndex node = 0; node < 21; ++node) network.side[node] = node % sides;
            for (VoterIndex side = 0; side < sides; ++side) network.nodes[side]->build(side);
            network.run(20 * kSecond);
            EXPECT_TRUE(network.decided.empty()) << word(preset.name);
            network.side.assign(21, 0);
            EXPECT_TRUE(network.run(120 * kSecond, [&] { return network.all_at(1); }))
                << word(preset.name) << ", " << sides << " sides";
        }
    }
}

// The others end in a fork now and then, as computed.
TEST(SnowmanNetwork, AnUnsafePresetForksFromAnEvenSplit) {
    std::uint64_t forks = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SynchronousRoundsSetup setup;
        setup.snow = config_of(SnowPresetName::kLuxLocal).snow;
        setup.concurrent_polls = setup.snow.concurrent_polls;
        setup.conduct.assign(21, Conduct::kHonest);
        setup.prefers.assign(10, Choice::kOne);
        setup.prefers.resize(21, Choice::kTwo);
        auto nodes = SynchronousRounds::make(std::move(setup), RandomStream({seed, 3, 3})).value();
        for (int round = 0; round < 200 && !nodes.all_decided(); ++round) nodes.round();
        forks += nodes.disagree() ? 1 : 0;
    }
    EXPECT_GT(forks, 10U);
}

// B6: every node is alone with a block of its own, then all lose their memory.
TEST(SnowmanNetwork, ATotalEclipseAndACrashOfAllIsRecoveredFromByWhatEachBuilt) {
    SnowmanConfig config = small_config(9);
    config.snow.beta = 12;
    auto network = snowman_network(config, {.seed = 5});
    for (VoterIndex node = 0; node < 9; ++node) network.side[node] = node;
    for (VoterIndex node = 0; node < 9; ++node) network.nodes[node]->build(node);
    network.run(20 * kSecond);
    for (VoterIndex node = 0; node < 9; ++node) network.crash(node);
    network.side.assign(9, 0);
    for (VoterIndex node = 0; node < 9; ++node) network.restart(node);
    EXPECT_TRUE(network.run(60 * kSecond, [&] { return network.all_at(1); }));
}

// Safety in any schedule: random sizes, delays, losses, builders, crashes and cuts; and, after the
// last fault, everything is decided.
RC_GTEST_PROP(SnowmanNetwork, AnyScheduleIsSafeAndEndsInAgreement, ()) {
    const auto seed = *rc::gen::inRange<std::uint64_t>(1, 1'000'000);
    const auto count = *rc::gen::inRange<std::uint32_t>(5, 16);
    RandomStream chance({seed, 1, 2});
    // From an even split a poll of 20 votes has 15 for one side with a chance of 2 %, so that the
    // chance of a fork is below 10^-18. (With 3 votes of 5 it is one half, and two of 1,500
    // schedules end in one.)
    SnowmanConfig config = small_config(count);
    config.snow.k = 20;
    config.snow.alpha_preference = 13;
    config.snow.alpha_confidence = 15;
    config.snow.beta = 12;
    auto network =
        snowman_network(config, {.seed = seed,
                                 .loss_ppm = static_cast<std::uint32_t>(chance.below(80'000)),
                                 .duplicate_ppm = 50'000,
                                 .delay_min_ns = kMs,
                                 .delay_max_ns = chance.uniform(2, 500) * kMs,
                                 .verify_ns = chance.below(2) * 20 * kMs});
    for (std::uint64_t step = 1; step <= 15; ++step) {
        const auto someone = static_cast<VoterIndex>(chance.below(count));
        TestNode& node = *network.nodes[someone];
        const std::uint64_t what = chance.below(10);
        if (what == 0 && network.nodes[0]->up) {
            network.crash(
                0);  // always the same one: a node that comes back has forgotten what it preferred
        } else if (what == 1 && !network.nodes[0]->up) {
            network.restart(0);
        } else if (what == 2) {
            for (auto& side : network.side) side = static_cast<std::uint32_t>(chance.below(2));
        } else if (what == 3) {
            network.side.assign(count, 0);
        } else if (node.up && node.engine->wants_block()) {
            node.build(step);
        }
        network.run(chance.below(1500) * kMs);
    }
    network.side.assign(count, 0);
    for (VoterIndex i = 0; i < count; ++i) {
        if (!network.nodes[i]->up) network.restart(i);
    }
    const auto settled = [&] {
        for (const auto& node : network.nodes) {
            if (node->height() != network.nodes[0]->height() || node->engine->processing() != 0)
                return false;
        }
        return true;
    };
    RC_ASSERT(network.run(300 * kSecond, settled));
    RC_ASSERT(!::testing::Test::HasFailure());
}

TEST(SnowmanNetwork, TheSameSeedYieldsTheSameHistory) {
    const auto history = [] {
        auto network = snowman_network(small_config(12), {.seed = 21, .loss_ppm = 50'000});
        for (VoterIndex node = 0; node < 4; ++node) network.nodes[node]->build(node);
        network.run(20 * kSecond);
        return std::pair{network.delivered, network.decided};
    };
    EXPECT_EQ(history(), history());
}

}  // namespace
}  // namespace aivm::sim
