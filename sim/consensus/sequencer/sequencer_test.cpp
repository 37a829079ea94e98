#include "sim/consensus/sequencer/sequencer.h"

#include <gtest/gtest.h>

#include "sim/testing/test_network.h"

namespace aivm::sim {
namespace {

using namespace test;

TestNetwork sequencer_network(std::uint32_t nodes, std::uint64_t finality_delay_ns,
                              const NetworkOptions& options) {
    return {nodes, options, [=](TestNode& node) {
                SequencerConfig config;
                config.validators = nodes;
                config.self = node.self;
                config.finality_delay_ns = finality_delay_ns;
                config.fetch_timeout_ns = kSecond;
                config.idle_probe_ns = 5 * kSecond;
                return make_sequencer(config).value();
            }};
}

TEST(Sequencer, AloneItAcceptsWhatItBuildsAfterTheFinalityDelay) {
    auto network = sequencer_network(1, 10 * kSecond, {});
    network.nodes[0]->build(1);
    network.run(9 * kSecond);
    EXPECT_EQ(network.nodes[0]->height(), 0U);
    network.run(kSecond);
    EXPECT_EQ(network.nodes[0]->height(), 1U);
}

TEST(Sequencer, FollowersAcceptItsBlocksInOrderUnderLoss) {
    auto network =
        sequencer_network(6, 500 * kMs, {.seed = 2, .loss_ppm = 200'000, .duplicate_ppm = 100'000});
    for (std::uint64_t number = 1; number <= 40; ++number) {
        network.nodes[0]->build(number);
        network.run(200 * kMs);
    }
    EXPECT_TRUE(network.run(120 * kSecond, [&] { return network.all_at(40); }));
}

TEST(Sequencer, AFollowerThatWasDownCatchesUp) {
    auto network = sequencer_network(4, 0, {.verify_ns = 20 * kMs});
    network.crash(2);
    for (std::uint64_t number = 1; number <= 300; ++number) network.nodes[0]->build(number);
    network.run(kSecond);
    network.restart(2);
    EXPECT_TRUE(network.run(120 * kSecond, [&] { return network.all_at(300); }));
}

// B5: the block that it had signed and not yet announced is the only one it may announce for its
// height.
TEST(Sequencer, ASequencerThatStopsBeforeFinalityAnnouncesItsBlocksAfterTheStart) {
    auto network = sequencer_network(4, 12 * kSecond, {.seed = 3});
    for (std::uint64_t number = 1; number <= 3; ++number) {
        network.nodes[0]->build(number);
        network.run(4 * kSecond);
    }
    network.crash(0);
    network.run(10 * kSecond);
    network.restart(0);
    EXPECT_TRUE(network.run(60 * kSecond, [&] { return network.all_at(3); }));
    network.nodes[0]->build(4);
    EXPECT_TRUE(network.run(60 * kSecond, [&] { return network.all_at(4); }));
}

// B9: with an empty disk it would order another chain from genesis on.
TEST(Sequencer, ASequencerWithoutItsDiskLearnsTheChainBeforeItBuilds) {
    auto network = sequencer_network(5, 0, {.seed = 4});
    for (std::uint64_t number = 1; number <= 20; ++number) {
        network.nodes[0]->build(number);
        network.run(kSecond);
    }
    network.crash(0);
    network.lose_disk(0);
    network.restart(0);
    EXPECT_FALSE(network.nodes[0]->engine->wants_block());
    EXPECT_TRUE(network.run(60 * kSecond, [&] { return network.nodes[0]->engine->wants_block(); }));
    EXPECT_EQ(network.nodes[0]->height(), 20U);
    network.nodes[0]->build(21);
    EXPECT_TRUE(network.run(60 * kSecond, [&] { return network.all_at(21); }));
}

TEST(Sequencer, BodiesOfOthersThatNobodyAskedForAreDiscarded) {
    SequencerConfig config;
    config.validators = 3;
    config.self = 1;
    const auto engine = make_sequencer(config).value();
    Actions out;
    engine->step(0, Started{item_of(genesis())}, out);
    out.clear();
    engine->step(0, ItemReceived{2, item_of(test_block(genesis(), 1))}, out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<Discard>(out[0]));
}

TEST(Sequencer, RefusesANodeOutsideTheList) {
    EXPECT_FALSE(make_sequencer({.validators = 3, .sequencer = 3}).has_value());
    EXPECT_FALSE(make_sequencer({.validators = 3, .self = 3}).has_value());
}

}  // namespace
}  // namespace aivm::sim
