// One snowman engine whose peers are played by the test.
#include "sim/consensus/snowman/snowman.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/consensus/snowman/messages.h"
#include "sim/testing/test_network.h"

namespace aivm::sim {
namespace {

using namespace test;

struct NothingAccepted final : EngineHost {
    std::optional<Hash32> accepted_at(Height) const override { return std::nullopt; }
};

template <class T>
std::vector<T> all_of(const Actions& actions) {
    std::vector<T> found;
    for (const Action& action : actions) {
        if (const auto* each = std::get_if<T>(&action)) found.push_back(*each);
    }
    return found;
}

// Node 0 of `others` + 1, one poll at a time, so that the test decides what every poll receives.
class SnowmanTest : public ::testing::Test {
protected:
    void make(std::uint32_t k, std::uint32_t alpha, std::uint32_t beta, std::uint32_t others = 0) {
        SnowmanConfig config;
        config.stakes.assign((others == 0 ? k : others) + 1, 1);
        config.snow.k = k;
        config.snow.alpha_preference = alpha;
        config.snow.alpha_confidence = alpha;
        config.snow.beta = beta;
        config.snow.concurrent_polls = 1;
        engine_ = make_snowman(config, accepted_, random_).value();
        Actions out;
        engine_->start(genesis(), {}, out);
    }
    void learn(const BlockInfo& block) {
        Actions out;
        engine_->on_body(1, block, out);
        engine_->on_verified(block, out);
        remember(out);
    }
    void remember(const Actions& out) {
        const auto sends = all_of<Send>(out);
        if (std::any_of(sends.begin(), sends.end(),
                        [](const Send& s) { return s.message.get_if<Query>() != nullptr; }))
            asked_.clear();
        for (const Send& send : sends) {
            if (const auto* query = send.message.get_if<Query>()) {
                asked_.push_back(send.to);
                poll_ = query->poll;
            }
        }
        log_.insert(log_.end(), out.begin(), out.end());
    }
    void answer(VoterIndex from, RequestId poll, const BlockInfo& choice) {
        Actions out;
        engine_->on_message(from, Chits{poll, {choice.ref(), choice.id, genesis().ref()}}, out);
        remember(out);
    }
    // The first `votes` of those asked choose `choice`, the rest the last accepted block.
    void poll(const BlockInfo& choice, std::size_t votes) {
        const auto asked = asked_;
        const RequestId id = poll_;
        for (std::size_t i = 0; i < asked.size(); ++i)
            answer(asked[i], id, i < votes ? choice : genesis());
    }
    [[nodiscard]] std::size_t accepted_count() const { return all_of<Accept>(log_).size(); }

    NothingAccepted accepted_;
    RandomStream random_{{1, 0, 0}};
    std::unique_ptr<ConsensusEngine> engine_;
    std::vector<VoterIndex> asked_;
    RequestId poll_ = 0;
    Actions log_;
    BlockInfo a_ = test_block(genesis(), 1);
    BlockInfo b_ = test_block(genesis(), 2);
};

TEST_F(SnowmanTest, BetaPollsInARowDecide) {
    make(5, 4, 3);
    learn(a_);
    poll(a_, 5);
    poll(a_, 4);
    EXPECT_EQ(accepted_count(), 0U);
    poll(a_, 4);
    EXPECT_EQ(accepted_count(), 1U);
    EXPECT_EQ(engine_->last_accepted(), a_.ref());
    EXPECT_EQ(engine_->counters().polls, 3U);
    EXPECT_EQ(engine_->counters().polls_successful, 3U);
}

TEST_F(SnowmanTest, D40OneVoteOfTwentyNeverDecides) {
    make(20, 15, 2);
    learn(a_);
    for (int i = 0; i < 50; ++i) poll(a_, 1);
    EXPECT_EQ(accepted_count(), 0U);
    EXPECT_EQ(engine_->counters().polls_successful, 0U);
}

TEST_F(SnowmanTest, D40OneAnswerOfTwentyAndNineteenTimeOutsNeverDecide) {
    make(20, 15, 2);
    learn(a_);
    for (int i = 0; i < 50; ++i) {
        const RequestId id = poll_;
        answer(asked_.front(), id, a_);
        Actions out;
        for (const SetTimer& timer : all_of<SetTimer>(log_)) engine_->on_timer(timer.id, out);
        log_.clear();
        remember(out);
    }
    EXPECT_FALSE(engine_->last_accepted() == a_.ref());
}

TEST_F(SnowmanTest, D41AFailedPollClearsTheConfidence) {
    make(5, 4, 3);
    learn(a_);
    poll(a_, 5);
    poll(a_, 5);
    poll(a_, 3);
    poll(a_, 5);
    poll(a_, 5);
    EXPECT_EQ(accepted_count(), 0U);
    poll(a_, 5);
    EXPECT_EQ(accepted_count(), 1U);
}

TEST_F(SnowmanTest, SwitchingThePreferenceClearsTheConfidence) {
    make(5, 4, 3);
    learn(a_);
    learn(b_);
    poll(a_, 4);
    poll(a_, 4);
    poll(b_, 4);
    EXPECT_EQ(engine_->preferred(), b_.ref());
    poll(a_, 4);
    EXPECT_EQ(engine_->preferred(), a_.ref());
    poll(a_, 4);
    EXPECT_EQ(accepted_count(), 0U);
    poll(a_, 4);
    EXPECT_EQ(accepted_count(), 1U);
    EXPECT_EQ(all_of<Reject>(log_).at(0).id, b_.id);
}

TEST_F(SnowmanTest, D43TheSameAnswerNeverCountsTwice) {
    make(5, 4, 1);
    learn(a_);
    const RequestId id = poll_;
    for (int i = 0; i < 10; ++i) answer(asked_.front(), id, a_);
    EXPECT_EQ(accepted_count(), 0U);
    EXPECT_EQ(engine_->counters().answers_ignored, 9U);
}

TEST_F(SnowmanTest, AnAnswerOfANodeThatWasNotAskedIsIgnored) {
    make(3, 3, 1, 10);
    learn(a_);
    const auto asked = asked_;
    const RequestId id = poll_;
    for (VoterIndex each = 1; each <= 10; ++each) {
        if (std::find(asked.begin(), asked.end(), each) == asked.end()) answer(each, id, a_);
    }
    EXPECT_EQ(engine_->counters().answers_ignored, 7U);
    EXPECT_EQ(accepted_count(), 0U);
}

TEST_F(SnowmanTest, S23VotesForConflictingBlocksNeverAdd) {
    make(5, 4, 1);
    learn(a_);
    learn(b_);
    const auto asked = asked_;
    const RequestId id = poll_;
    for (std::size_t i = 0; i < asked.size(); ++i) answer(asked[i], id, i % 2 == 0 ? a_ : b_);
    EXPECT_EQ(accepted_count(), 0U);
}

TEST_F(SnowmanTest, D45TheDescendantsOfARejectedBlockAreRejectedParentsFirst) {
    make(5, 4, 1);
    const BlockInfo b1 = test_block(b_, 3);
    const BlockInfo b2 = test_block(b1, 4);
    for (const BlockInfo& block : {a_, b_, b1, b2}) learn(block);
    poll(a_, 5);
    const auto rejected = all_of<Reject>(log_);
    ASSERT_EQ(rejected.size(), 3U);
    EXPECT_EQ(rejected[0].id, b_.id);
    EXPECT_EQ(rejected[1].id, b1.id);
    EXPECT_EQ(rejected[2].id, b2.id);
    EXPECT_EQ(engine_->processing(), 0U);
}

TEST_F(SnowmanTest, AVoteForABlockCountsForItsAncestors) {
    make(5, 4, 2);
    const BlockInfo child = test_block(a_, 3);
    learn(a_);
    learn(child);
    poll(child, 4);
    poll(child, 4);
    EXPECT_EQ(accepted_count(), 2U);
    EXPECT_EQ(engine_->last_accepted(), child.ref());
}

TEST_F(SnowmanTest, AVoteForAnUnknownBlockIsFetchedAndCountsForTheKnownBlockAtTheHeight) {
    make(5, 4, 1);
    learn(a_);
    const BlockInfo unknown = test_block(a_, 9);
    const auto asked = asked_;
    const RequestId id = poll_;
    Actions out;
    for (const VoterIndex each : asked) {
        engine_->on_message(each, Chits{id, {unknown.ref(), a_.id, genesis().ref()}}, out);
    }
    EXPECT_EQ(all_of<Fetch>(out).size(), 1U);
    EXPECT_EQ(all_of<Accept>(out).size(), 1U);
}

TEST_F(SnowmanTest, AVoteForAnUnknownBlockAloneCountsForNothing) {
    make(5, 4, 1);
    learn(a_);
    const BlockInfo unknown = test_block(a_, 9);
    const auto asked = asked_;
    const RequestId id = poll_;
    Actions out;
    for (const VoterIndex each : asked) {
        engine_->on_message(each, Chits{id, {unknown.ref(), unknown.id, genesis().ref()}}, out);
    }
    EXPECT_TRUE(all_of<Accept>(out).empty());
    EXPECT_GE(engine_->counters().votes_unusable, 2U);
}

TEST_F(SnowmanTest, ALateBlockForADecidedHeightIsRejectedAtOnce) {
    make(5, 4, 1);
    learn(a_);
    Actions out;
    engine_->on_body(1, b_, out);  // its verification takes long
    poll(a_, 5);
    out.clear();
    engine_->on_verified(b_, out);
    ASSERT_EQ(all_of<Reject>(out).size(), 1U);
    EXPECT_TRUE(all_of<Accept>(out).empty());
}

TEST_F(SnowmanTest, D49WhileBootstrappingOnlyWhatWasAskedForIsExecuted) {
    make(3, 2, 1);
    Actions out;
    const BlockInfo real = test_block(test_block(test_block(genesis(), 1), 2), 3);
    engine_->on_message(1, Query{1, {real.ref(), 4}, false},
                        out);  // somebody is three blocks ahead
    ASSERT_TRUE(engine_->bootstrapping());
    out.clear();
    engine_->on_body(1, b_, out);
    EXPECT_EQ(all_of<Discard>(out).size(), 1U);
    EXPECT_TRUE(all_of<Verify>(out).empty());
}

TEST_F(SnowmanTest, NeverAsksItself) {
    make(3, 2, 1, 10);
    learn(a_);
    for (int i = 0; i < 200; ++i) {
        EXPECT_EQ(std::count(asked_.begin(), asked_.end(), 0U), 0);
        poll(a_, 0);
    }
}

TEST(MakeSnowman, RefusesWhatCannotWork) {
    NothingAccepted accepted;
    RandomStream random({1, 0, 0});
    SnowmanConfig config;
    config.stakes.assign(21, 1);
    EXPECT_TRUE(make_snowman(config, accepted, random).has_value());
    config.snow.alpha_preference = 10;
    EXPECT_FALSE(make_snowman(config, accepted, random).has_value());
    config = {};
    config.stakes.assign(21, 1);
    config.self = 21;
    EXPECT_FALSE(make_snowman(config, accepted, random).has_value());
    config.self = 0;
    config.stakes.assign(21, ~std::uint64_t{0});
    EXPECT_FALSE(make_snowman(config, accepted, random).has_value());
}

}  // namespace
}  // namespace aivm::sim
