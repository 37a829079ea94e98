// The engine over a network of engines.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>

#include "core/base/digest.h"
#include "sim/consensus/bft/rotation.h"
#include "sim/consensus/hotstuff/messages.h"
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
    using Change = std::function<std::unique_ptr<ConsensusEngine>(
        const TestNode&, std::unique_ptr<ConsensusEngine>)>;
    // `change` may put another engine in the place of a node's own.
    Views(std::uint32_t nodes, const test::NetworkOptions& options, Change change = {})
        : stakes_(nodes, 1),
          change_(std::move(change)),
          network(nodes, options, [this](TestNode& node) {
              auto made =
                  kHotstuffEngine.make({chain_, stakes_, node.self, node, node.random}).value();
              return change_ ? change_(node, std::move(made)) : std::move(made);
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
    Change change_;
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
        return BallotCast::of({slot, block, TestNode::signature(2, slot, signed_block)});
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

// Whoever leads may show what it likes: a certificate that nobody signed frees no lock.
TEST(Hotstuff, NobodyVotesForAProposalThatShowsAForgedOrShortenedChain) {
    using test::TestNode;
    Views views(4, {.delay_min_ns = 50 * kMs, .delay_max_ns = 50 * kMs});
    ASSERT_TRUE(views.reach(3, kMinute));
    ConsensusEngine& engine = *views.network.nodes[0]->engine;
    const auto votes_for = [&](const ViewProposal& proposal, VoterIndex leader) {
        Actions out;
        engine.step(0, MessageReceived{leader, proposal}, out);
        return std::ranges::count_if(
            out, [](const Action& each) { return std::holds_alternative<Sign>(each); });
    };
    const auto certificate = [](const Item& item, std::uint32_t view, bool forged) {
        QuorumCertificate out{Ballot::kPrevote, item.ref(), view, {}};
        for (VoterIndex voter = 1; voter < 4; ++voter)
            out.votes.push_back(
                {voter, TestNode::signature(voter, out.slot(), forged ? Hash32{} : item.id)});
        return out;
    };
    // Three blocks above the accepted one, and a rival of the second; all verified here.
    const Item root{engine.last_accepted().id, {}, engine.last_accepted().height, {}, 1};
    const auto above = [&](const Item& parent, std::string_view name) {
        Item out{sha256(as_bytes(name)), {parent.id}, parent.height + 1, {}, 1};
        Actions ignored;
        engine.step(0, ItemReceived{1, out}, ignored);
        engine.step(0, Verdict{out.id, Validity::kValid}, ignored);
        return out;
    };
    const Item one = above(root, "one");
    const Item two = above(one, "two");
    const Item rival = above(one, "rival");
    const Item three = above(two, "three");
    const Item on_rival = above(rival, "on the rival");
    constexpr std::uint32_t kFirst = 100;
    const auto proposal = [&](const Item& item, std::uint32_t view, CertificateChain chain) {
        return ViewProposal{item.ref(), view, false, std::move(chain)};
    };
    const ProposerRotation rotation(std::vector<std::uint64_t>(4, 1));
    const auto leader_of = [&](std::uint32_t view) { return rotation.proposer(view, 0); };
    const Item below{sha256(as_bytes("below")), {}, root.height - 1, {}, 1};
    const QuorumCertificate root_certificate = certificate(root, kFirst - 1, false);
    const QuorumCertificate below_root = certificate(below, kFirst - 2, false);
    // It votes for the third block, and is locked on the first one then.
    EXPECT_EQ(votes_for(proposal(three, kFirst + 2,
                                 {certificate(two, kFirst + 1, false),
                                  certificate(one, kFirst, false), root_certificate}),
                        leader_of(kFirst + 2)),
              1);
    EXPECT_EQ(votes_for(proposal(on_rival, kFirst + 3,
                                 {certificate(rival, kFirst + 1, true),
                                  certificate(one, kFirst, false), root_certificate}),
                        leader_of(kFirst + 3)),
              0)
        << "forged";
    EXPECT_EQ(
        votes_for(proposal(on_rival, kFirst + 3,
                           {certificate(rival, kFirst + 2, false), root_certificate, below_root}),
                  leader_of(kFirst + 3)),
        0)
        << "a block is left out";
    EXPECT_EQ(votes_for(proposal(on_rival, kFirst + 7,
                                 {certificate(rival, kFirst + 2, false),
                                  certificate(one, kFirst, false), root_certificate}),
                        leader_of(kFirst + 7)),
              1)
        << "a later certificate";
}

// An engine whose votes are changed on their way out.
class ChangesItsVotes final : public ConsensusEngine {
public:
    using Change = std::function<void(BallotCast&)>;
    ChangesItsVotes(std::unique_ptr<ConsensusEngine> honest, Change change)
        : honest_(std::move(honest)), change_(std::move(change)) {}

    void step(SimTime now, const Input& input, Actions& out) override {
        Actions honest;
        honest_->step(now, input, honest);
        for (Action& action : honest) {
            auto* const send = std::get_if<Send>(&action);
            const auto* vote = send == nullptr ? nullptr : send->message.get_if<BallotCast>();
            if (vote != nullptr) {
                BallotCast changed = *vote;
                change_(changed);
                send->message = changed;
            }
            out.push_back(std::move(action));
        }
    }
    [[nodiscard]] BlockRef last_accepted() const override { return honest_->last_accepted(); }
    [[nodiscard]] BlockRef preferred() const override { return honest_->preferred(); }
    [[nodiscard]] std::size_t processing() const override { return honest_->processing(); }
    [[nodiscard]] bool bootstrapping() const override { return honest_->bootstrapping(); }
    [[nodiscard]] bool wants_block() const override { return honest_->wants_block(); }
    [[nodiscard]] bool needs_block() const override { return honest_->needs_block(); }
    [[nodiscard]] const EngineCounters& counters() const override { return honest_->counters(); }

private:
    std::unique_ptr<ConsensusEngine> honest_;
    Change change_;
};

// Four nodes, the last of which changes its votes so: how many votes of its were dropped as forged
// until the others have accepted ten blocks; nothing if they do not in time.
std::optional<std::uint64_t> forged_until_ten_blocks(const ChangesItsVotes::Change& change) {
    Views views(4, {}, [&](const TestNode& node, std::unique_ptr<ConsensusEngine> engine) {
        if (node.self != 3) return engine;
        return std::unique_ptr<ConsensusEngine>(
            std::make_unique<ChangesItsVotes>(std::move(engine), change));
    });
    if (!views.reach(10, 10 * kMinute)) return std::nullopt;
    std::uint64_t forged = 0;
    for (const auto& node : views.network.nodes) forged += node->engine->counters().votes_forged;
    return forged;
}

TEST(Hotstuff, AValidatorThatSignsItsVotesWronglyStopsNobody) {
    const auto forged = forged_until_ten_blocks([](BallotCast& vote) { vote.signature = {1, 2}; });
    ASSERT_TRUE(forged);
    EXPECT_GT(*forged, 3U);
}

// A certificate is of one height, so a vote that is signed for another one would spoil it.
TEST(Hotstuff, AValidatorThatSignsForAnotherHeightStopsNobody) {
    const auto forged = forged_until_ten_blocks([](BallotCast& vote) {
        ++vote.height;
        vote.signature = TestNode::signature(3, vote.slot(), vote.block);
    });
    EXPECT_EQ(forged, 0U) << "they are signed";
}

TEST(Hotstuff, ALeaderAloneTakesNobodyIntoAFarView) {
    Views views(4, {});
    ConsensusEngine& engine = *views.network.nodes[0]->engine;
    const ProposerRotation rotation(std::vector<std::uint64_t>(4, 1));
    const Item block{sha256(as_bytes("block")), {engine.last_accepted().id}, 1, {}, 1};
    Actions out;
    engine.step(0, ItemReceived{1, block}, out);
    engine.step(0, Verdict{block.id, Validity::kValid}, out);
    const auto votes_in = [&](std::uint32_t view) {
        Actions then;
        const VoterIndex leader = rotation.proposer(view, 0);
        engine.step(0, MessageReceived{leader, ViewProposal{block.ref(), view, false, {}}}, then);
        return std::ranges::any_of(
            then, [](const Action& each) { return std::holds_alternative<Sign>(each); });
    };
    EXPECT_FALSE(votes_in(~std::uint32_t{0})) << "there would be no view after it";
    EXPECT_TRUE(votes_in(2));
}

TEST(Hotstuff, TheNextLeaderFollowsOneThatIsDown) {
    Views views(7, {});
    views.network.crash(2);
    EXPECT_TRUE(views.reach(8, 10 * kMinute));
}

}  // namespace
}  // namespace aivm::sim
