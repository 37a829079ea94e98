// The engine over a network of engines, and its rules one by one.
#include "sim/consensus/bft/bft.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "sim/consensus/bft/messages.h"
#include "sim/scenario/engines.h"
#include "sim/scenario/scenario.h"
#include "sim/testing/test_network.h"

namespace aivm::sim {
namespace {

using test::kMs;
using test::TestNetwork;
using test::TestNode;

BftConfig equal_stakes(std::uint32_t nodes) {
    BftConfig config;
    config.stakes.assign(nodes, 1);
    config.first_proposal_timeout_ns = config.proposal_timeout_ns = 1000 * kMs;
    config.vote_timeout_ns = 300 * kMs;
    config.timeout_step_ns = 200 * kMs;
    config.resend_ns = 500 * kMs;
    config.fetch_timeout_ns = 500 * kMs;
    return config;
}

class Nodes {
public:
    Nodes(const BftConfig& config, const test::NetworkOptions& options)
        : network(static_cast<std::uint32_t>(config.stakes.size()), options,
                  [config](TestNode& node) {
                      BftConfig own = config;
                      own.self = node.self;
                      return make_bft(own, node).value();
                  }) {}

    // Lets whoever wants to build, until every running node has accepted `height`.
    bool reach(Height height, std::uint64_t limit_ns) {
        return network.run(limit_ns, [&] {
            for (auto& node : network.nodes) {
                if (node->up && node->height() < height && node->engine->wants_block())
                    node->build(++built);
            }
            return network.all_at(height);
        });
    }

    TestNetwork network;
    std::uint64_t built = 0;
};

TEST(Bft, CommitsThreeOneWayDelaysAfterTheProposal) {
    Nodes nodes(equal_stakes(4), {.delay_min_ns = 50 * kMs, .delay_max_ns = 50 * kMs});
    ASSERT_TRUE(nodes.reach(1, kMinute));
    EXPECT_EQ(nodes.network.now_ns, 150 * kMs);
    ASSERT_TRUE(nodes.reach(11, kMinute));
    EXPECT_EQ(nodes.network.now_ns, 11 * 150 * kMs);
}

TEST(Bft, AgreesOnALossyNetwork) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        Nodes nodes(equal_stakes(7), {.seed = seed, .loss_ppm = 200'000, .duplicate_ppm = 100'000});
        EXPECT_TRUE(nodes.reach(20, 30 * kMinute)) << "seed " << seed;
    }
}

TEST(Bft, AgreesWhileNodesCrashAndReturn) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Nodes nodes(equal_stakes(4), {.seed = seed, .loss_ppm = 50'000});
        RandomStream random({seed, 7, 7});
        for (int i = 0; i < 40; ++i) {
            const auto victim = static_cast<VoterIndex>(random.below(4));
            nodes.reach(1000, random.below(2000) * kMs);
            nodes.network.crash(victim);
            nodes.reach(1000, random.below(3000) * kMs);
            nodes.network.restart(victim);
        }
        Height most = 0;
        for (const auto& node : nodes.network.nodes) most = std::max(most, node->height());
        EXPECT_GT(most, 10U);
        EXPECT_TRUE(nodes.reach(most + 3, kMinute)) << "seed " << seed;
    }
}

TEST(Bft, EveryCertificateIsAQuorumOfPrecommits) {
    const BftConfig config = equal_stakes(4);
    Nodes nodes(config, {});
    ASSERT_TRUE(nodes.reach(5, kMinute));
    for (const auto& node : nodes.network.nodes) {
        ASSERT_EQ(node->certificates.size(), 5U);
        EXPECT_EQ(node->certificates.back().item.id, node->chain.back().id);
    }
}

TEST(Bft, ASideWithoutAQuorumDecidesNothingAndBothMeetAgain) {
    Nodes nodes(equal_stakes(4), {});
    ASSERT_TRUE(nodes.reach(3, kMinute));
    nodes.network.side = {0, 0, 1, 1};
    EXPECT_FALSE(nodes.reach(5, kMinute));
    for (const auto& node : nodes.network.nodes) EXPECT_LE(node->height(), 4U);
    nodes.network.side = {0, 0, 0, 0};
    EXPECT_TRUE(nodes.reach(8, kMinute));
}

TEST(Bft, ThreePartsMeetAgain) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        Nodes nodes(equal_stakes(7), {.seed = seed});
        nodes.network.side = {0, 0, 0, 1, 1, 2, 2};
        EXPECT_FALSE(nodes.reach(1, kMinute));
        nodes.network.side = std::vector<std::uint32_t>(7, 0);
        EXPECT_TRUE(nodes.reach(5, kMinute)) << "seed " << seed;
    }
}

TEST(Bft, ANodeThatWasAwayFetchesWhatTheOthersDecided) {
    Nodes nodes(equal_stakes(4), {});
    nodes.network.side = {0, 0, 0, 1};
    nodes.reach(30, 3 * kMinute);
    EXPECT_EQ(nodes.network.nodes[0]->height(), 30U);
    EXPECT_EQ(nodes.network.nodes[3]->height(), 0U);
    nodes.network.side = {0, 0, 0, 0};
    EXPECT_TRUE(nodes.reach(31, kMinute));
}

TEST(Bft, TheNextProposerFollowsOneThatIsDown) {
    Nodes nodes(equal_stakes(4), {});
    nodes.network.crash(2);
    EXPECT_TRUE(nodes.reach(8, kMinute));
}

TEST(Bft, StakeDecidesNotHeads) {
    BftConfig config = equal_stakes(4);
    config.stakes = {70, 10, 10, 10};
    Nodes nodes(config, {});
    nodes.network.side = {0, 1, 1, 1};
    EXPECT_FALSE(nodes.reach(1, kMinute));
    EXPECT_EQ(nodes.network.nodes[0]->height(), 1U) << "70 of 100 are a quorum";
    EXPECT_EQ(nodes.network.nodes[1]->height(), 0U);
}

// One engine alone, whose messages are looked at.
class Alone : public testing::Test, public EngineHost {
protected:
    Alone() { start({}); }

    void start(const std::vector<Record>& records, bool bootstrap = false) {
        BftConfig config = equal_stakes(4);
        engine_ = make_bft(config, *this).value();
        step(Started{item_of(test::genesis()), incarnation_++, bootstrap, records, {}});
    }
    std::optional<Hash32> accepted_at(Height) const override { return std::nullopt; }
    bool has_work() const override { return work_; }
    bool signed_by(VoterIndex validator, const SigningSlot& slot, const Hash32& message,
                   const Bytes& given) const override {
        return given == TestNode::signature(validator, slot, message);
    }
    void step(const Input& input) {
        Actions actions;
        engine_->step(now_, input, actions);
        for (std::size_t i = 0; i < actions.size(); ++i) {
            const Action action = actions[i];
            done_.push_back(action);
            if (const auto* wanted = std::get_if<Sign>(&action)) {
                const auto [claimed, is_new] = slots_.try_emplace(wanted->slot, wanted->message);
                SlotSigned answer{wanted->slot, wanted->message, std::nullopt};
                if (is_new || claimed->second == wanted->message)
                    answer.signature = TestNode::signature(0, wanted->slot, wanted->message);
                engine_->step(now_, answer, actions);
            } else if (const auto* verify = std::get_if<Verify>(&action)) {
                engine_->step(now_, Verdict{verify->id}, actions);
            } else if (const auto* persist = std::get_if<Persist>(&action)) {
                records_[persist->record.key] = persist->record.value;
            }
        }
    }
    void receive(VoterIndex from, const Message& message) { step(MessageReceived{from, message}); }
    void receive_block(VoterIndex from, const BlockInfo& block) {
        step(ItemReceived{from, item_of(block)});
    }
    void receive_vote(VoterIndex from, Ballot ballot, std::uint32_t round, const Hash32& block,
                      Height height = 1) {
        receive(from, cast(from, ballot, round, block, height));
    }
    static BallotCast cast(VoterIndex from, Ballot ballot, std::uint32_t round, const Hash32& block,
                           Height height = 1) {
        const SigningSlot slot{static_cast<std::uint8_t>(ballot), height, round};
        return {ballot, height, round, block, TestNode::signature(from, slot, block)};
    }
    // Fires the last timer that was set with this delay.
    void let_pass(std::uint64_t delay_ns) {
        std::optional<TimerId> last;
        for (const Action& action : done_) {
            const auto* timer = std::get_if<SetTimer>(&action);
            if (timer != nullptr && timer->delay_ns == delay_ns) last = timer->id;
        }
        ASSERT_TRUE(last) << "no such timer";
        now_ += static_cast<SimTime>(delay_ns);
        step(TimerFired{*last});
    }
    // What the engine signed for the slot; nullopt: nothing.
    std::optional<Hash32> vote_of(Ballot ballot, std::uint32_t round, Height height = 1) const {
        const auto found = slots_.find({static_cast<std::uint8_t>(ballot), height, round});
        if (found == slots_.end()) return std::nullopt;
        return found->second;
    }
    template <class T>
    std::size_t sent() const {
        return static_cast<std::size_t>(std::ranges::count_if(done_, [](const Action& action) {
            const auto* send = std::get_if<Send>(&action);
            return send != nullptr && send->message.get_if<T>() != nullptr;
        }));
    }
    std::vector<SubmitEvidence> accusations() const {
        std::vector<SubmitEvidence> out;
        for (const Action& action : done_)
            if (const auto* one = std::get_if<SubmitEvidence>(&action)) out.push_back(*one);
        return out;
    }
    QuorumCertificate polka(std::uint32_t round, const BlockInfo& block) const {
        QuorumCertificate out{Ballot::kPrevote, block.ref(), round, {}};
        for (VoterIndex i = 1; i < 4; ++i)
            out.votes.push_back({i, cast(i, Ballot::kPrevote, round, block.id).signature});
        return out;
    }
    // Round 0 of height 1 is proposed by validator 1, round 1 by 2, round 2 by 3.
    void lock_on(const BlockInfo& block) {
        receive_block(1, block);
        receive(1, Proposal{block.ref(), 0, std::nullopt});
        for (VoterIndex i = 1; i < 4; ++i) receive_vote(i, Ballot::kPrevote, 0, block.id);
        ASSERT_EQ(vote_of(Ballot::kPrecommit, 0), block.id);
    }
    void go_to_round_1() {
        receive_vote(2, Ballot::kPrevote, 1, kNil);
        receive_vote(3, Ballot::kPrevote, 1, kNil);
    }

    const BlockInfo a_ = test::test_block(test::genesis(), 1);
    const BlockInfo b_ = test::test_block(test::genesis(), 2);
    std::unique_ptr<ConsensusEngine> engine_;
    std::map<SigningSlot, Hash32> slots_;
    std::map<Bytes, Bytes> records_;
    std::vector<Action> done_;
    SimTime now_ = 0;
    std::uint32_t incarnation_ = 0;
    bool work_ = true;
};
using BftRules = Alone;

TEST_F(BftRules, OnlyTheProposerOfTheRoundIsHeard) {
    receive_block(2, a_);
    receive(2, Proposal{a_.ref(), 0, std::nullopt});
    EXPECT_FALSE(vote_of(Ballot::kPrevote, 0));
    receive_block(1, b_);
    receive(1, Proposal{b_.ref(), 0, std::nullopt});
    EXPECT_EQ(vote_of(Ballot::kPrevote, 0), b_.id);
    receive_block(1, a_);
    receive(1, Proposal{a_.ref(), 0, std::nullopt});
    EXPECT_EQ(sent<BallotCast>(), 3U) << "the second proposal of a round counts for nothing";
}

TEST_F(BftRules, WithoutAProposalTheNodeVotesForNone) {
    let_pass(1000 * kMs);
    EXPECT_EQ(vote_of(Ballot::kPrevote, 0), kNil);
    receive_vote(1, Ballot::kPrevote, 0, kNil);
    receive_vote(2, Ballot::kPrevote, 0, kNil);
    EXPECT_EQ(vote_of(Ballot::kPrecommit, 0), kNil);
}

TEST_F(BftRules, ALockedNodeVotesForNoOtherBlockWithoutProof) {
    lock_on(a_);
    go_to_round_1();
    receive_block(2, b_);
    receive(2, Proposal{b_.ref(), 1, std::nullopt});
    EXPECT_EQ(vote_of(Ballot::kPrevote, 1), kNil);
}

TEST_F(BftRules, ALockedNodeVotesForTheBlockItIsLockedOn) {
    lock_on(a_);
    go_to_round_1();
    receive(2, Proposal{a_.ref(), 1, std::nullopt});
    EXPECT_EQ(vote_of(Ballot::kPrevote, 1), a_.id);
}

TEST_F(BftRules, AQuorumOfPrevotesFromTheLocksRoundOrLaterFreesIt) {
    lock_on(a_);
    for (VoterIndex i = 2; i < 4; ++i) receive_vote(i, Ballot::kPrevote, 2, kNil);  // to round 2
    receive_block(3, b_);
    receive(3, Proposal{b_.ref(), 2, polka(1, b_)});
    EXPECT_EQ(vote_of(Ballot::kPrevote, 2), b_.id);
}

TEST_F(BftRules, AProofWithFalseSignaturesIsNone) {
    lock_on(a_);
    for (VoterIndex i = 2; i < 4; ++i) receive_vote(i, Ballot::kPrevote, 2, kNil);
    receive_block(3, b_);
    QuorumCertificate forged = polka(1, b_);
    forged.votes.back().signature = Bytes{1};
    receive(3, Proposal{b_.ref(), 2, forged});
    EXPECT_FALSE(vote_of(Ballot::kPrevote, 2)) << "the proposal is ignored";
}

TEST_F(BftRules, ItsLockOutlivesACrash) {
    lock_on(a_);
    std::vector<Record> records;
    for (const auto& [key, value] : records_) records.push_back({key, value});
    done_.clear();
    start(records);
    EXPECT_EQ(sent<BallotCast>(), 6U) << "both votes of the round again";
    go_to_round_1();
    receive_block(2, b_);
    receive(2, Proposal{b_.ref(), 1, std::nullopt});
    EXPECT_EQ(vote_of(Ballot::kPrevote, 1), kNil);
}

TEST_F(BftRules, EveryVoteIsOnDiskBeforeItIsSigned) {
    lock_on(a_);
    bool written = false;
    int signed_votes = 0;
    for (const Action& action : done_) {
        if (std::get_if<Persist>(&action) != nullptr) written = true;
        if (std::get_if<Sign>(&action) == nullptr) continue;
        EXPECT_TRUE(written);
        written = false;
        ++signed_votes;
    }
    EXPECT_EQ(signed_votes, 2);
}

TEST_F(BftRules, ADecisionMayComeFromAnEarlierRound) {
    lock_on(a_);
    go_to_round_1();
    for (VoterIndex i = 1; i < 3; ++i) receive_vote(i, Ballot::kPrecommit, 0, a_.id);
    EXPECT_EQ(engine_->last_accepted(), a_.ref());
}

TEST_F(BftRules, ATwinVoteDoesNotCount) {
    receive_block(1, a_);
    receive(1, Proposal{a_.ref(), 0, std::nullopt});
    receive_vote(1, Ballot::kPrevote, 0, kNil);
    receive_vote(1, Ballot::kPrevote, 0, a_.id);
    receive_vote(2, Ballot::kPrevote, 0, a_.id);
    EXPECT_FALSE(vote_of(Ballot::kPrecommit, 0)) << "two of four, and one that contradicts itself";
}

TEST_F(BftRules, WithoutWorkItIsQuiet) {
    work_ = false;
    for (int i = 0; i < 20; ++i) {
        let_pass(1000 * kMs);
        let_pass(500 * kMs);
    }
    const auto sends = std::ranges::count_if(
        done_, [](const Action& action) { return std::get_if<Send>(&action) != nullptr; });
    EXPECT_EQ(sends, 2) << "a probe for every ten seconds without a message";
    EXPECT_EQ(sent<HeightProbe>(), 2U);
}

TEST_F(BftRules, TwoVotesInOneSlotAreReportedOnce) {
    receive_vote(1, Ballot::kPrevote, 0, a_.id);
    receive_vote(1, Ballot::kPrecommit, 0, kNil);
    EXPECT_TRUE(accusations().empty());
    for (int i = 0; i < 2; ++i) receive_vote(1, Ballot::kPrevote, 0, kNil);
    ASSERT_EQ(accusations().size(), 1U);
    const SubmitEvidence found = accusations().front();
    EXPECT_EQ(found.validator, 1U);
    EXPECT_EQ(found.slot, (SigningSlot{0, 1, 0}));
    EXPECT_EQ(found.first_id, a_.id);
    EXPECT_EQ(found.first_authorization, cast(1, Ballot::kPrevote, 0, a_.id).signature);
    EXPECT_EQ(found.second_id, kNil);
    EXPECT_EQ(found.second_authorization, cast(1, Ballot::kPrevote, 0, kNil).signature);
}

TEST_F(BftRules, AForgedVoteIsNoVoteAndAccusesNobody) {
    receive_vote(1, Ballot::kPrevote, 0, a_.id);
    BallotCast forged = cast(1, Ballot::kPrevote, 0, kNil);
    forged.signature = Bytes{1};
    receive(1, forged);
    EXPECT_TRUE(accusations().empty());
}

// One half was shown one precommit, the other half another: the next proposal brings them together.
TEST_F(BftRules, AVoteThatOnlyOthersSawIsFoundInTheCertificateOfTheBlockBefore) {
    lock_on(a_);
    receive_vote(1, Ballot::kPrecommit, 0, kNil);
    receive_vote(2, Ballot::kPrecommit, 0, a_.id);
    receive_vote(3, Ballot::kPrecommit, 0, a_.id);
    ASSERT_EQ(engine_->last_accepted(), a_.ref());
    QuorumCertificate commit{Ballot::kPrecommit, a_.ref(), 0, {}};
    for (VoterIndex i = 1; i < 4; ++i)
        commit.votes.push_back({i, cast(i, Ballot::kPrecommit, 0, a_.id).signature});
    const BlockInfo next = test::test_block(a_, 3);
    receive_block(2, next);
    receive(2, Proposal{next.ref(), 0, std::nullopt, commit});
    ASSERT_EQ(accusations().size(), 1U);
    EXPECT_EQ(accusations().front().validator, 1U);
    EXPECT_EQ(accusations().front().slot, (SigningSlot{1, 1, 0}));
    EXPECT_EQ(vote_of(Ballot::kPrevote, 0, 2), next.id);
}

TEST_F(BftRules, AProposalOfTheNextHeightBringsTheCertificateThatWasMissed) {
    receive_block(1, a_);
    QuorumCertificate commit{Ballot::kPrecommit, a_.ref(), 0, {}};
    for (VoterIndex i = 1; i < 4; ++i)
        commit.votes.push_back({i, cast(i, Ballot::kPrecommit, 0, a_.id).signature});
    const BlockInfo next = test::test_block(a_, 3);
    receive_block(2, next);
    receive(2, Proposal{next.ref(), 0, std::nullopt, commit});
    EXPECT_EQ(engine_->last_accepted(), a_.ref());
}

TEST_F(BftRules, AfterARestartItIsBehindUntilAQuorumHasToldItsHeight) {
    start({}, true);
    EXPECT_EQ(sent<HeightProbe>(), 3U);
    EXPECT_TRUE(engine_->bootstrapping());
    receive(1, HeightReport{0});
    EXPECT_TRUE(engine_->bootstrapping());
    receive(2, HeightReport{0});
    EXPECT_FALSE(engine_->bootstrapping());
    receive(3, HeightReport{7});
    EXPECT_FALSE(engine_->bootstrapping()) << "one of four may lie";
    receive(2, HeightReport{7});
    EXPECT_TRUE(engine_->bootstrapping());
}

TEST_F(BftRules, ACertificateOfALaterBlockIsBelievedOnlyIfItIsGenuine) {
    const BlockInfo next = test::test_block(a_, 3);
    QuorumCertificate certificate{Ballot::kPrecommit, next.ref(), 0, {}};
    for (VoterIndex i = 1; i < 4; ++i) {
        const BallotCast vote = cast(i, Ballot::kPrecommit, 0, next.id, 2);
        certificate.votes.push_back({i, vote.signature});
    }
    QuorumCertificate forged = certificate;
    forged.votes[0].signature = Bytes{1};
    receive_block(3, next);
    receive(3, Decided{forged});
    EXPECT_FALSE(engine_->bootstrapping());
    receive(3, Decided{certificate});
    EXPECT_TRUE(engine_->bootstrapping());
    receive_block(3, next);
    receive_block(3, a_);
    EXPECT_EQ(engine_->last_accepted(), next.ref());
}

TEST_F(BftRules, TheStakesOfANewEpochCount) {
    step(EpochBegun{1, {0, 0, 5, 0}});
    receive_block(2, a_);
    receive(2, Proposal{a_.ref(), 0, std::nullopt});
    EXPECT_FALSE(vote_of(Ballot::kPrevote, 0)) << "this node has left";
    receive_vote(1, Ballot::kPrecommit, 0, a_.id);
    EXPECT_EQ(engine_->last_accepted().height, 0U);
    receive_vote(2, Ballot::kPrecommit, 0, a_.id);
    EXPECT_EQ(engine_->last_accepted(), a_.ref());
}

TEST_F(BftRules, AVoteWithAWrongSignatureIsDroppedAndCounted) {
    receive_block(1, a_);
    BallotCast forged = cast(1, Ballot::kPrecommit, 0, a_.id);
    forged.signature = cast(2, Ballot::kPrecommit, 0, a_.id).signature;
    receive(1, forged);
    EXPECT_EQ(engine_->counters().votes_forged, 1U);
    receive_vote(2, Ballot::kPrecommit, 0, a_.id);
    receive_vote(3, Ballot::kPrecommit, 0, a_.id);
    EXPECT_EQ(engine_->last_accepted().height, 0U) << "two of four";
    receive_vote(1, Ballot::kPrecommit, 0, a_.id);
    EXPECT_EQ(engine_->last_accepted(), a_.ref()) << "the forged one has not taken its place";
}

// Messages about the next height are kept until this one is decided: as many of each validator.
TEST_F(BftRules, WhoeverTalksMuchAboutTheNextHeightDoesNotSilenceTheOthers) {
    const BlockInfo next = test::test_block(a_, 3);
    for (std::uint32_t round = 0; round < 40; ++round)
        receive_vote(1, Ballot::kPrevote, round, kNil, 2);
    for (const VoterIndex each : {2U, 3U}) receive_vote(each, Ballot::kPrecommit, 0, next.id, 2);
    receive_block(1, a_);
    for (const VoterIndex each : {1U, 2U, 3U}) receive_vote(each, Ballot::kPrecommit, 0, a_.id);
    ASSERT_EQ(engine_->last_accepted(), a_.ref());
    receive_block(2, next);
    receive_vote(1, Ballot::kPrecommit, 0, next.id, 2);
    EXPECT_EQ(engine_->last_accepted(), next.ref());
}

TEST(MakeBft, TheEngineStartsInTheEpochThatItIsMadeFor) {
    const ChainSettings chain;
    const std::vector<std::uint64_t> stakes{0, 0, 5, 0};
    TestNetwork network(4, {}, [&](TestNode& node) {
        return kBftEngine.make({chain, stakes, node.self, node, node.random, 3}).value();
    });
    EXPECT_TRUE(network.nodes[2]->engine->wants_block()) << "it is the only one with stake";
    EXPECT_FALSE(network.nodes[1]->engine->wants_block());
    network.nodes[2]->build(1);
    ASSERT_TRUE(network.run(kMinute, [&] { return network.all_at(1); }));
    for (const auto& node : network.nodes) {
        ASSERT_EQ(node->certificates.size(), 1U);
        EXPECT_EQ(node->certificates.front().epoch, 3U);
    }
}

TEST(MakeBft, RefusesWhatCannotWork) {
    test::TestNetwork network(1, {}, [](TestNode& node) {
        BftConfig config = equal_stakes(1);
        return make_bft(config, node).value();
    });
    EngineHost& host = *network.nodes[0];
    BftConfig config = equal_stakes(4);
    config.self = 4;
    EXPECT_FALSE(make_bft(config, host));
    config = equal_stakes(4);
    config.resend_ns = 0;
    EXPECT_FALSE(make_bft(config, host));
    config = equal_stakes(4);
    config.stakes.assign(4, 0);
    EXPECT_FALSE(make_bft(config, host));
}

}  // namespace
}  // namespace aivm::sim
