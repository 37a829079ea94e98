// The engine over a network of engines.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "sim/scenario/engines.h"
#include "sim/scenario/scenario.h"
#include "sim/testing/test_network.h"

namespace aivm::sim {
namespace {

using test::kMs;
using test::TestNetwork;
using test::TestNode;

class Views {
public:
    Views(std::uint32_t nodes, const test::NetworkOptions& options)
        : stakes_(nodes, 1), network(nodes, options, [this](TestNode& node) {
              return kHotstuffEngine.make({chain_, stakes_, node.self, node, node.random}).value();
          }) {}

    // Lets whoever wants to build, until every running node has accepted `height`.
    bool reach(Height height, std::uint64_t limit_ns) {
        return network.run(limit_ns, [&] {
            for (auto& node : network.nodes)
                if (node->up && node->engine->wants_block()) node->build(++built_);
            return network.all_at(height);
        });
    }

private:
    static ChainSettings without_interval() {
        ChainSettings chain;
        chain.block_interval_ns = 0;
        return chain;
    }
    ChainSettings chain_ = without_interval();
    std::vector<std::uint64_t> stakes_;
    std::uint64_t built_ = 0;

public:
    TestNetwork network;
};

TEST(Hotstuff, CommitsSevenOneWayDelaysAfterTheProposalAndABlockEveryTwo) {
    Views views(4, {.delay_min_ns = 50 * kMs, .delay_max_ns = 50 * kMs});
    ASSERT_TRUE(views.reach(1, kMinute));
    EXPECT_EQ(views.network.now_ns, 7 * 50 * kMs);
    ASSERT_TRUE(views.reach(11, kMinute));
    EXPECT_EQ(views.network.now_ns, (7 + 10 * 2) * 50 * kMs);
}

TEST(Hotstuff, AgreesOnALossyNetwork) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        Views views(7, {.seed = seed, .loss_ppm = 100'000, .duplicate_ppm = 100'000});
        EXPECT_TRUE(views.reach(10, 120 * kMinute)) << "seed " << seed;
    }
}

TEST(Hotstuff, AgreesWhileNodesCrashAndReturn) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        Views views(4, {.seed = seed});
        RandomStream random({seed, 7, 7});
        for (int i = 0; i < 30; ++i) {
            const auto victim = static_cast<VoterIndex>(random.below(4));
            views.reach(100'000, random.below(2000) * kMs);
            views.network.crash(victim);
            views.reach(100'000, random.below(6000) * kMs);
            views.network.restart(victim);
        }
        Height most = 0;
        for (const auto& node : views.network.nodes) most = std::max(most, node->height());
        EXPECT_GT(most, 10U);
        EXPECT_TRUE(views.reach(most + 3, 30 * kMinute)) << "seed " << seed;
    }
}

TEST(Hotstuff, ASideWithoutAQuorumDecidesNothingAndBothMeetAgain) {
    Views views(4, {});
    ASSERT_TRUE(views.reach(3, kMinute));
    Height most = 0;
    for (const auto& node : views.network.nodes) most = std::max(most, node->height());
    views.network.side = {0, 0, 1, 1};
    EXPECT_FALSE(views.reach(most + 4, 5 * kMinute));
    views.network.side = {0, 0, 0, 0};
    EXPECT_TRUE(views.reach(most + 10, 30 * kMinute));
}

TEST(Hotstuff, TwoVotesOfOneValidatorInAViewAreEvidence) {
    Views views(4, {});
    ConsensusEngine& engine = *views.network.nodes[0]->engine;
    const auto vote = [](const Hash32& block, bool forged) {
        const SigningSlot slot{0, 1, 1};
        const Hash32 signed_block = forged ? Hash32{} : block;
        const Bytes bytes = Writer()
                                .u8(1)  // a vote
                                .fixed(block)
                                .u64(slot.height)
                                .u32(slot.round)
                                .bytes(TestNode::signature(2, slot, signed_block))
                                .take();
        return kHotstuffEngine.decode(bytes).value();
    };
    const auto evidence_after = [&](const Hash32& block, bool forged) {
        Actions out;
        engine.step(0, MessageReceived{2, vote(block, forged)}, out);
        return std::ranges::count_if(
            out, [](const Action& each) { return std::holds_alternative<SubmitEvidence>(each); });
    };
    const Hash32 one = sha256(as_bytes("one"));
    const Hash32 other = sha256(as_bytes("other"));
    EXPECT_EQ(evidence_after(one, false), 0);
    EXPECT_EQ(evidence_after(one, false), 0) << "the same vote again";
    EXPECT_EQ(evidence_after(other, true), 0) << "anybody could have written that";
    EXPECT_EQ(evidence_after(other, false), 1);
    EXPECT_EQ(evidence_after(other, false), 0) << "reported once";
}

TEST(Hotstuff, TheNextLeaderFollowsOneThatIsDown) {
    Views views(7, {});
    views.network.crash(2);
    EXPECT_TRUE(views.reach(8, 10 * kMinute));
}

}  // namespace
}  // namespace aivm::sim
