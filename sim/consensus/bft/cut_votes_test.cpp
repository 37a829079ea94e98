// Votes for cuts: one engine whose wrapped engine accepts what the test says, and a network of
// avalanche engines.
#include "sim/consensus/bft/cut_votes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/digest.h"
#include "core/base/encode.h"
#include "sim/consensus/avalanche/avalanche.h"
#include "sim/consensus/bft/vote_book.h"
#include "sim/testing/test_dag_network.h"

namespace aivm::sim {
namespace {

using test::DagNetwork;
using test::DagNode;
using test::kMs;
using test::TestNode;

Hash32 cut_id(Height number) { return sha256(as_bytes("cut " + std::to_string(number))); }
Hash32 other_id(Height number) { return sha256(as_bytes("fork " + std::to_string(number))); }

CutVote vote_for(VoterIndex voter, Height number, const Hash32& id) {
    CutVote vote{{id, number}, {}};
    vote.signature = TestNode::signature(voter, vote.slot(), id);
    return vote;
}

Item item_with(const Hash32& id) {
    Item item;
    item.id = id;
    return item;
}

// Accepts every item that it is told was built, at once.
class AcceptsAll final : public ConsensusEngine {
public:
    void step(SimTime, const Input& input, Actions& out) override {
        if (const auto* built = std::get_if<ItemBuilt>(&input))
            out.push_back(Accept{built->item.id});
    }
    [[nodiscard]] BlockRef last_accepted() const override { return {}; }
    [[nodiscard]] BlockRef preferred() const override { return {}; }
    [[nodiscard]] std::size_t processing() const override { return 0; }
    [[nodiscard]] bool bootstrapping() const override { return false; }
    [[nodiscard]] bool wants_block() const override { return true; }
    [[nodiscard]] const EngineCounters& counters() const override { return counters_; }

private:
    EngineCounters counters_;
};

// Validator 0 of four with equal stakes.
class CutVotesOfOne : public testing::Test, public EngineHost {
protected:
    CutVotesOfOne() { start(); }

    void start() {
        engine_ = certify_cuts(std::make_unique<AcceptsAll>(),
                               {.stakes = {1, 1, 1, 1}, .resend_ns = 500 * kMs}, *this);
        Started started;
        started.incarnation = incarnation_++;
        for (const auto& [key, value] : records_) started.records.push_back({key, value});
        step(started);
    }
    std::optional<Hash32> accepted_at(Height) const override { return std::nullopt; }
    bool is_accepted(const Hash32& id) const override { return accepted_.contains(id); }
    std::optional<Height> cut_number(const Hash32& id) const override {
        for (Height number = 1; number <= kLastCut; ++number)
            if (id == cut_id(number)) return number;
        return std::nullopt;
    }
    bool signed_by(VoterIndex validator, const SigningSlot& slot, const Hash32& message,
                   const Bytes& given) const override {
        return given == TestNode::signature(validator, slot, message);
    }
    // Carries out the actions as a validator does, and keeps them.
    void step(const Input& input) {
        Actions actions;
        engine_->step(now_, input, actions);
        for (std::size_t i = 0; i < actions.size(); ++i) {
            const Action action = actions[i];
            done_.push_back(action);
            if (const auto* accept = std::get_if<Accept>(&action)) {
                accepted_.insert(accept->id);
                const auto begun = epochs_.extract(accept->id);
                if (begun) engine_->step(now_, begun.mapped(), actions);
            } else if (const auto* wanted = std::get_if<Sign>(&action)) {
                engine_->step(now_,
                              SlotSigned{wanted->slot, wanted->message,
                                         TestNode::signature(0, wanted->slot, wanted->message)},
                              actions);
            } else if (const auto* persist = std::get_if<Persist>(&action)) {
                if (persist->record.value.empty()) {
                    records_.erase(persist->record.key);
                } else {
                    records_[persist->record.key] = persist->record.value;
                }
            }
        }
    }
    void accept(Height number) { step(ItemBuilt{item_with(cut_id(number))}); }
    void receive(VoterIndex from, const Message& message) { step(MessageReceived{from, message}); }
    void receive_votes(Height number, const std::vector<VoterIndex>& voters) {
        for (const VoterIndex each : voters) receive(each, vote_for(each, number, cut_id(number)));
    }
    template <class T>
    [[nodiscard]] std::vector<T> done() const {
        std::vector<T> out;
        for (const Action& action : done_)
            if (const auto* one = std::get_if<T>(&action)) out.push_back(*one);
        return out;
    }
    template <class T>
    [[nodiscard]] std::size_t sent() const {
        return static_cast<std::size_t>(std::ranges::count_if(done_, [](const Action& action) {
            const auto* send = std::get_if<Send>(&action);
            return send != nullptr && send->message.get_if<T>() != nullptr;
        }));
    }
    [[nodiscard]] std::vector<Height> certified() const {
        std::vector<Height> out;
        for (const PublishCertificate& each : done<PublishCertificate>())
            out.push_back(each.item.height);
        return out;
    }

    static constexpr Height kLastCut = 100;
    std::unique_ptr<ConsensusEngine> engine_;
    SimTime now_ = 0;
    std::uint32_t incarnation_ = 0;
    std::set<Hash32> accepted_;
    std::map<Hash32, EpochBegun> epochs_;  // by the cut that begins them
    std::map<Bytes, Bytes> records_;
    std::vector<Action> done_;
};

using Numbers = std::vector<Height>;

TEST_F(CutVotesOfOne, MoreThanTwoThirdsOfTheStakeMakeACertificateOnce) {
    accept(1);
    EXPECT_EQ(sent<CutVote>(), 3U) << "to all others";
    receive_votes(1, {1, 1});
    EXPECT_EQ(certified(), Numbers{}) << "two of four, one of them twice";
    receive_votes(1, {2, 3});
    ASSERT_EQ(certified(), Numbers{1});
    const PublishCertificate published = done<PublishCertificate>().front();
    EXPECT_EQ(published.item.id, cut_id(1));
    Reader in(published.certificate);
    const auto proof = decode<FinalityProof>(in);
    ASSERT_TRUE(in.finish());
    ASSERT_EQ(proof.quorums.size(), 1U);
    const QuorumCertificate& certificate = proof.quorums.front();
    EXPECT_TRUE(is_genuine(certificate, std::vector<std::uint64_t>(4, 1), *this));
    EXPECT_EQ(certificate.votes.size(), 3U);
}

TEST_F(CutVotesOfOne, AVoteWithAWrongSignatureIsDroppedAndCounted) {
    accept(1);
    const CutVote vote{{cut_id(1), 1}, {1, 2}};
    step(MessageReceived{1, vote});
    receive_votes(1, {2});
    EXPECT_EQ(certified(), Numbers{});
    EXPECT_EQ(engine_->counters().votes_forged, 1U);
    receive_votes(1, {1});
    EXPECT_EQ(certified(), Numbers{1});
}

TEST_F(CutVotesOfOne, AVoteIsOnDiskBeforeItIsSent) {
    accept(1);
    const auto saved = std::ranges::find_if(
        done_, [](const Action& each) { return std::holds_alternative<Persist>(each); });
    const auto sends = std::ranges::find_if(
        done_, [](const Action& each) { return std::holds_alternative<Send>(each); });
    EXPECT_LT(saved - done_.begin(), sends - done_.begin());
}

TEST_F(CutVotesOfOne, AnItemThatIsNoCutGetsNoVote) {
    step(ItemBuilt{item_with(other_id(1))});
    EXPECT_TRUE(done<Sign>().empty());
}

TEST_F(CutVotesOfOne, VotesThatComeBeforeTheCutIsAcceptedCount) {
    receive_votes(1, {1, 2, 3});
    EXPECT_EQ(certified(), Numbers{});
    accept(1);
    EXPECT_EQ(certified(), Numbers{1});
}

TEST_F(CutVotesOfOne, AForgedVoteDoesNotCount) {
    accept(1);
    CutVote forged = vote_for(1, 1, cut_id(1));
    receive(2, forged);
    forged.signature.pop_back();
    receive(1, forged);
    receive_votes(1, {3});
    EXPECT_EQ(certified(), Numbers{});
}

TEST_F(CutVotesOfOne, TwoVotesForOneNumberAreEvidence) {
    accept(1);
    receive_votes(1, {1});
    EXPECT_TRUE(done<SubmitEvidence>().empty());
    receive(1, vote_for(1, 1, other_id(1)));
    receive(1, vote_for(1, 1, other_id(1)));
    const auto evidence = done<SubmitEvidence>();
    ASSERT_EQ(evidence.size(), 1U);
    EXPECT_EQ(evidence[0].validator, 1U);
    EXPECT_EQ(evidence[0].slot, vote_for(1, 1, {}).slot());
    EXPECT_NE(evidence[0].first_id, evidence[0].second_id);
    receive_votes(1, {2});
    EXPECT_EQ(certified(), Numbers{1}) << "its first vote counts";
}

TEST_F(CutVotesOfOne, AVoteForAnotherCutIsShownToAll) {
    receive(1, vote_for(1, 1, other_id(1)));
    EXPECT_EQ(sent<CutCertificates>(), 0U) << "which cut is accepted is not known yet";
    accept(1);
    EXPECT_EQ(sent<CutCertificates>(), 3U);
    receive(2, vote_for(2, 1, other_id(1)));
    receive(2, vote_for(2, 1, other_id(1)));
    EXPECT_EQ(sent<CutCertificates>(), 6U);
    receive_votes(1, {3});
    EXPECT_EQ(sent<CutCertificates>(), 6U);
    EXPECT_TRUE(done<SubmitEvidence>().empty());
}

TEST_F(CutVotesOfOne, AVoteThatAnotherShowsIsEvidenceBesideOneForTheAcceptedCut) {
    const auto shown = [](const CutVote& vote) {
        return CutCertificates{{{Ballot::kPrecommit, vote.cut, 0, {{1, vote.signature}}}}};
    };
    accept(1);
    receive_votes(1, {1});
    CutVote forged = vote_for(1, 1, other_id(1));
    forged.signature = vote_for(2, 1, other_id(1)).signature;
    receive(3, shown(forged));
    receive(3, shown(vote_for(1, 1, cut_id(1))));
    EXPECT_TRUE(done<SubmitEvidence>().empty());
    receive(3, shown(vote_for(1, 1, other_id(1))));
    ASSERT_EQ(done<SubmitEvidence>().size(), 1U);
    EXPECT_EQ(done<SubmitEvidence>()[0].validator, 1U);
}

TEST_F(CutVotesOfOne, ARepeatedVoteIsAnsweredWithTheCertificates) {
    for (const Height number : {1, 2}) {
        accept(number);
        receive_votes(number, {1, 2});
        receive_votes(number, {3});
    }
    EXPECT_EQ(sent<CutCertificates>(), 0U);
    receive_votes(1, {3});
    receive_votes(1, {3});
    ASSERT_EQ(sent<CutCertificates>(), 1U) << "once in an interval";
    const Send answer = done<Send>().back();
    EXPECT_EQ(answer.to, 3U);
    EXPECT_EQ(answer.message.get_if<CutCertificates>()->certificates.size(), 2U);
}

TEST_F(CutVotesOfOne, ALateNodeLearnsCertificatesOfTheCutsThatItAccepts) {
    CutCertificates answer;
    for (const Height number : {1, 2}) {
        QuorumCertificate made{Ballot::kPrecommit, {cut_id(number), number}, 0, {}};
        for (const VoterIndex each : {1U, 2U, 3U})
            made.votes.push_back({each, vote_for(each, number, cut_id(number)).signature});
        answer.certificates.push_back(made);
    }
    receive(1, answer);
    EXPECT_EQ(certified(), Numbers{}) << "it does not know the cuts";
    accept(1);
    accept(2);
    CutCertificates forged = answer;
    for (QuorumCertificate& each : forged.certificates) each.votes.pop_back();
    receive(1, forged);
    EXPECT_EQ(certified(), Numbers{}) << "without a quorum";
    receive(1, answer);
    EXPECT_EQ(certified(), (Numbers{1, 2}));
}

TEST_F(CutVotesOfOne, AVoteIsSentAgainUntilThereIsACertificate) {
    accept(1);
    const auto fire = [&] {
        now_ += 500 * static_cast<SimTime>(kMs);
        step(TimerFired{done<SetTimer>().back().id});
    };
    fire();
    EXPECT_EQ(sent<CutVote>(), 6U);
    receive_votes(1, {1, 2});
    fire();
    EXPECT_EQ(sent<CutVote>(), 6U);
    const std::size_t timers = done<SetTimer>().size();
    step(TimerFired{done<SetTimer>().back().id});
    EXPECT_EQ(done<SetTimer>().size(), timers) << "a timer that has fired means nothing";
}

TEST_F(CutVotesOfOne, ARestartedNodeVotesAgainForTheCutsWithoutACertificate) {
    for (const Height number : {1, 2}) accept(number);
    receive_votes(1, {1, 2});
    done_.clear();
    start();
    const auto wanted = done<Sign>();
    ASSERT_EQ(wanted.size(), 1U);
    EXPECT_EQ(wanted[0].message, cut_id(2));
    EXPECT_EQ(sent<CutVote>(), 3U);
    receive_votes(2, {1, 3});
    EXPECT_EQ(certified(), Numbers{2});
}

TEST_F(CutVotesOfOne, ARecordOfACutThatTheDiskDoesNotHoldIsIgnored) {
    accept(1);
    accepted_.clear();
    done_.clear();
    start();
    EXPECT_TRUE(done<Sign>().empty());
    accept(1);
    EXPECT_EQ(done<Sign>().size(), 1U);
}

TEST_F(CutVotesOfOne, TheStakesOfAnEpochCountFromTheNextCutOn) {
    epochs_[cut_id(1)] = {1, {1, 0, 0, 5}};
    accept(1);
    receive_votes(1, {1, 2});
    EXPECT_EQ(certified(), Numbers{1}) << "with the stakes before";
    accept(2);
    receive_votes(2, {1, 2});
    EXPECT_EQ(certified(), Numbers{1});
    receive_votes(2, {3});
    ASSERT_EQ(certified(), (Numbers{1, 2}));
    EXPECT_EQ(done<PublishCertificate>()[0].epoch, 0U);
    EXPECT_EQ(done<PublishCertificate>()[1].epoch, 1U);
}

TEST_F(CutVotesOfOne, WhatIsKeptIsBounded) {
    receive_votes(kCutsAhead + 1, {1, 2, 3});
    for (Height number = 1; number <= kLastCut; ++number) accept(number);
    EXPECT_EQ(records_.size(), kCutsKept);
    EXPECT_EQ(certified(), Numbers{}) << "votes far ahead are not kept";
    receive_votes(kLastCut - kCutsKept, {1, 2, 3});
    EXPECT_EQ(certified(), Numbers{}) << "nor are cuts far behind";
    receive_votes(kLastCut - kCutsKept + 1, {1, 2, 3});
    EXPECT_EQ(certified(), Numbers{kLastCut - kCutsKept + 1});
}

// --- Over a network ---

DagNetwork certifying_network(std::uint32_t nodes, const test::NetworkOptions& options) {
    return {nodes, options, [nodes](DagNode& node) {
                AvalancheConfig config;
                config.stakes.assign(nodes, 100);
                config.k = 8;
                config.votes = {.alpha = 6, .beta_virtuous = 8, .beta_rogue = 12};
                config.concurrent_polls = 2;
                config.poll_timeout_initial_ns = config.poll_timeout_min_ns = 500 * kMs;
                config.fetch_timeout_ns = 500 * kMs;
                config.idle_probe_ns = 2000 * kMs;
                config.self = node.self;
                return certify_cuts(make_avalanche(config, node, node.random).value(),
                                    {config.stakes, node.self, 500 * kMs}, node);
            }};
}

// Whether every node has published the certificates of the cuts 1 to `last`.
bool all_certified(const DagNetwork& network, Height last) {
    return std::ranges::all_of(network.nodes, [&](const auto& node) {
        std::set<Height> numbers;
        for (const PublishCertificate& each : node->certificates) numbers.insert(each.item.height);
        return numbers.size() == last;
    });
}

TEST(CutVotes, EveryNodeGetsACertificateOfEveryCutOnALossyNetwork) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        DagNetwork network = certifying_network(7, {.seed = seed, .loss_ppm = 100'000});
        for (Height number = 1; number <= 6; ++number) {
            const Item cut = network.nodes[number % 7]->build_cut(number);
            ASSERT_TRUE(network.run(2 * kMinute, [&] { return network.all_accepted(cut); }))
                << "seed " << seed;
        }
        EXPECT_TRUE(network.run(kMinute, [&] { return all_certified(network, 6); }))
            << "seed " << seed;
        std::map<Height, Hash32> certified;
        for (const auto& node : network.nodes) {
            EXPECT_EQ(node->certificates.size(), 6U) << "once for each cut";
            for (const PublishCertificate& each : node->certificates)
                EXPECT_EQ(certified.try_emplace(each.item.height, each.item.id).first->second,
                          each.item.id);
        }
    }
}

TEST(CutVotes, ANodeThatWasDownGetsTheCertificatesOfWhatItMissed) {
    DagNetwork network = certifying_network(7, {});
    const auto settle = [&](Height number) {
        const Item cut = network.nodes[1]->build_cut(number);
        ASSERT_TRUE(network.run(2 * kMinute, [&] { return network.all_accepted(cut); }));
    };
    settle(1);
    network.run(5000 * kMs);
    network.crash(4);
    for (Height number = 2; number <= 5; ++number) settle(number);
    network.restart(4);
    EXPECT_TRUE(network.run(2 * kMinute, [&] { return all_certified(network, 5); }));
}

}  // namespace
}  // namespace aivm::sim
