// One snowman engine whose peers are played by the test.
#include "sim/consensus/snowman/snowman.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "sim/consensus/bootstrap_messages.h"
#include "sim/consensus/snowman/messages.h"
#include "sim/consensus/snowman/repoll_pause.h"
#include "sim/consensus/timers.h"
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

// Node 0 of `others` + 1, usually one poll at a time, so that the test decides what every poll
// receives.
class SnowmanTest : public ::testing::Test {
protected:
    void make(std::uint32_t k, std::uint32_t alpha, std::uint32_t beta, std::uint32_t others = 0,
              std::uint32_t polls = 1) {
        SnowmanConfig config;
        config.stakes.assign((others == 0 ? k : others) + 1, 1);
        config.snow.k = k;
        config.snow.alpha_preference = alpha;
        config.snow.alpha_confidence = alpha;
        config.snow.beta = beta;
        config.snow.concurrent_polls = polls;
        engine_ = make_snowman(config, accepted_, random_).value();
        Actions out;
        engine_->step(0, Started{item_of(genesis())}, out);
    }
    void learn(const BlockInfo& block) {
        Actions out;
        engine_->step(0, ItemReceived{1, item_of(block)}, out);
        engine_->step(0, Verdict{block.id}, out);
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
    void receive(VoterIndex from, Message message, Actions& out) {
        engine_->step(0, MessageReceived{from, std::move(message)}, out);
    }
    void answer(VoterIndex from, RequestId poll, const BlockInfo& choice) {
        Actions out;
        receive(from, Chits{poll, {choice.ref(), choice.id, genesis().ref()}}, out);
        remember(out);
    }
    void time_out(RequestId poll, Actions& out) {
        engine_->step(0, TimerFired{timer_id(1, poll)}, out);
    }
    // All others say that they accepted `block` last.
    void confirm_frontier(const BlockRef& block, Actions& out) {
        for (const Send& send : all_of<Send>(Actions(out))) {
            if (const auto* request = send.message.get_if<FrontierRequest>())
                receive(send.to, Frontier{request->request, block}, out);
        }
        for (const Send& send : all_of<Send>(Actions(out))) {
            if (const auto* request = send.message.get_if<ConfirmRequest>())
                receive(send.to, Confirm{request->request, 1}, out);
        }
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
        for (const SetTimer& timer : all_of<SetTimer>(log_))
            engine_->step(0, TimerFired{timer.id}, out);
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
        receive(each, Chits{id, {unknown.ref(), a_.id, genesis().ref()}}, out);
    }
    EXPECT_EQ(all_of<Fetch>(out).size(), 1U);
    EXPECT_TRUE(all_of<Accept>(out).empty()) << "the answers wait for the block";
    time_out(id, out);
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
        receive(each, Chits{id, {unknown.ref(), unknown.id, genesis().ref()}}, out);
    }
    time_out(id, out);
    EXPECT_TRUE(all_of<Accept>(out).empty());
    EXPECT_GE(engine_->counters().votes_unusable, 2U) << "after these nothing can succeed";
}

TEST_F(SnowmanTest, AnAnswerThatNamesABlockOnItsWayCountsOnceTheBlockIsHere) {
    make(5, 4, 1);
    learn(a_);
    const BlockInfo child = test_block(a_, 9);
    const auto asked = asked_;
    const RequestId id = poll_;
    Actions out;
    for (const VoterIndex each : asked)
        receive(each, Chits{id, {child.ref(), child.id, genesis().ref()}}, out);
    EXPECT_TRUE(all_of<Accept>(out).empty());
    engine_->step(0, ItemReceived{1, item_of(child)}, out);
    EXPECT_TRUE(all_of<Accept>(out).empty()) << "it is not verified yet";
    engine_->step(0, Verdict{child.id}, out);
    EXPECT_EQ(all_of<Accept>(out).size(), 2U);
    EXPECT_EQ(engine_->last_accepted(), child.ref());
}

TEST_F(SnowmanTest, AnAnswerThatNamesAnInvalidBlockCountsForItsAncestor) {
    make(5, 4, 1);
    learn(a_);
    const BlockInfo bad = test_block(a_, 9);
    const auto asked = asked_;
    const RequestId id = poll_;
    Actions out;
    for (const VoterIndex each : asked)
        receive(each, Chits{id, {bad.ref(), a_.id, genesis().ref()}}, out);
    engine_->step(0, ItemReceived{1, item_of(bad)}, out);
    engine_->step(0, Verdict{bad.id, Validity::kInvalid}, out);
    ASSERT_EQ(all_of<Accept>(out).size(), 1U);
    EXPECT_EQ(engine_->last_accepted(), a_.ref());
}

// B2: a block from the future has one timer, however often it is judged too early.
TEST_F(SnowmanTest, ABlockFromTheFutureIsAskedForAgainOnceAtItsTime) {
    make(5, 4, 1);
    Actions out;
    engine_->step(0, ItemReceived{1, item_of(a_)}, out);
    out.clear();
    engine_->step(0, Verdict{a_.id, Validity::kNotBefore, 70}, out);
    ASSERT_EQ(out.size(), 1U);
    const SetTimer timer = std::get<SetTimer>(out.front());
    EXPECT_EQ(timer.delay_ns, 70U);
    out.clear();
    engine_->step(10, ItemReceived{2, item_of(a_)}, out);
    EXPECT_TRUE(out.empty()) << "it is held already";
    engine_->step(70, TimerFired{timer.id}, out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(std::get<Verify>(out.front()).id, a_.id);
    out.clear();
    engine_->step(70, TimerFired{timer.id}, out);
    EXPECT_TRUE(out.empty()) << "the timer has done its work";
}

// B1: the VM may have forgotten the parent since; the block is not invalid for that.
TEST_F(SnowmanTest, ABlockWhoseParentIsUnknownToTheVmWaitsForIt) {
    make(5, 4, 1);
    const BlockInfo child = test_block(a_, 3);
    Actions out;
    engine_->step(0, ItemReceived{1, item_of(a_)}, out);
    engine_->step(0, ItemReceived{1, item_of(child)}, out);
    out.clear();
    engine_->step(0, Verdict{a_.id}, out);
    ASSERT_EQ(all_of<Verify>(out).size(), 1U);
    out.clear();
    engine_->step(0, Verdict{child.id, Validity::kUnknownParent}, out);
    ASSERT_EQ(all_of<Verify>(out).size(), 1U) << "its parent is verified here: asked again";
    engine_->step(0, Verdict{child.id}, out);
    EXPECT_EQ(engine_->processing(), 2U);
}

// V8: one proposer's blocks do not fill the node.
TEST_F(SnowmanTest, OneProposerCannotKeepTheBlocksOfAnotherOut) {
    make(5, 4, 3);
    for (std::uint64_t number = 100; number < 400; ++number) {
        BlockInfo block = test_block(genesis(), number);
        block.proposer = 2;
        Actions out;
        engine_->step(0, ItemReceived{2, item_of(block)}, out);
        if (!all_of<Verify>(out).empty()) engine_->step(0, Verdict{block.id}, out);
        remember(out);
    }
    EXPECT_EQ(engine_->processing(), SnowParameters{}.max_per_proposer);
    BlockInfo honest = test_block(genesis(), 1);
    honest.proposer = 3;
    learn(honest);
    EXPECT_EQ(engine_->processing(), SnowParameters{}.max_per_proposer + 1);
}

// V3: the time-out follows the latency of answers, within its bounds.
TEST_F(SnowmanTest, PollsWaitTwiceAsLongAsAnswersTake) {
    make(5, 4, 50);
    learn(a_);
    const auto timeout = [&] {
        std::uint64_t delay = 0;
        for (const SetTimer& timer : all_of<SetTimer>(log_)) delay = timer.delay_ns;
        return delay;
    };
    EXPECT_EQ(timeout(), SnowParameters{}.poll_timeout_initial_ns);
    SimTime now = 0;
    const auto answer_after = [&](SimTime latency) {
        now += latency;
        const RequestId id = poll_;
        const BlockRef tip = engine_->preferred();
        for (const VoterIndex each : std::vector(asked_)) {
            Actions out;
            engine_->step(now, MessageReceived{each, Chits{id, {tip, tip.id, {}}}}, out);
            remember(out);
        }
    };
    for (int i = 0; i < 45; ++i) answer_after(100'000'000);
    EXPECT_EQ(timeout(), SnowParameters{}.poll_timeout_min_ns);
    make(5, 4, 500);
    learn(a_);
    for (int i = 0; i < 400; ++i) answer_after(3'000'000'000);
    EXPECT_GT(timeout(), 5'000'000'000U);
    EXPECT_LE(timeout(), SnowParameters{}.poll_timeout_max_ns);
}

// Those that wait for their turn are polls in progress, so that no decision rests on more answers
// of the past than these.
TEST_F(SnowmanTest, ALostAnswerStopsThePollsUntilItsTimeOut) {
    make(5, 4, 8, 0, 4);
    learn(a_);
    std::map<RequestId, std::vector<VoterIndex>> begun;
    const auto note = [&] {
        for (const Send& send : all_of<Send>(std::exchange(log_, {}))) {
            if (const auto* query = send.message.get_if<Query>())
                begun[query->poll].push_back(send.to);
        }
    };
    note();
    ASSERT_EQ(begun.size(), 4U);
    const auto [oldest, of_oldest] = *begun.begin();
    for (int i = 0; i < 3; ++i) answer(of_oldest.front(), oldest, a_);  // the others are lost
    for (const auto& [id, asked] : std::map(begun)) {
        if (id == oldest) continue;
        for (const VoterIndex each : asked) answer(each, id, a_);
    }
    note();
    EXPECT_EQ(begun.size(), 4U) << "three of them wait for their turn";
    EXPECT_EQ(engine_->counters().polls, 0U);
    Actions out;
    time_out(oldest, out);
    remember(out);
    note();
    EXPECT_EQ(engine_->counters().polls, 4U);
    EXPECT_EQ(begun.size(), 8U);
}

// Nobody else has the block for a minute, as when its time is in the future for them, and every
// answer comes after a millisecond.
TEST_F(SnowmanTest, PollsThatTeachNothingBecomeRareAndANewBlockIsAskedAboutAtOnce) {
    make(5, 4, 3);
    learn(a_);
    SimTime now = 0;
    const auto step = [&](const Input& input) {
        Actions out;
        engine_->step(now, input, out);
        remember(out);
        return out;
    };
    const auto answer_all = [&](const BlockInfo& choice) {
        now += kMillisecond;
        Actions out;
        const RequestId id = poll_;
        for (const VoterIndex each : std::exchange(asked_, {})) {
            const Vote vote{choice.ref(), choice.id, genesis().ref()};
            const Actions more = step(MessageReceived{each, Chits{id, vote}});
            out.insert(out.end(), more.begin(), more.end());
        }
        return out;
    };
    std::uint64_t polls = 0;
    for (; now < 60 * kSecond; ++polls) {
        ASSERT_FALSE(asked_.empty()) << polls;
        for (const SetTimer& timer : all_of<SetTimer>(answer_all(genesis()))) {
            if (!asked_.empty()) break;  // it asks again at once
            now += static_cast<SimTime>(timer.delay_ns);
            step(TimerFired{timer.id});
        }
    }
    EXPECT_GT(polls, 60U);
    EXPECT_LT(polls, 120U);
    step(ItemReceived{1, item_of(b_)});
    step(Verdict{b_.id});
    answer_all(b_);
    EXPECT_FALSE(asked_.empty()) << "what was learned ends the pauses";
}

TEST(RepollPause, IsAQuarterOfTheTimeSinceTheLastLessonAndAtMostASecond) {
    RepollPause pause;
    pause.learned(10 * kSecond);
    EXPECT_EQ(pause.left_ns(10 * kSecond, 10 * kSecond), 0U);
    EXPECT_EQ(pause.left_ns(12 * kSecond, 12 * kSecond), 500'000'000U);
    EXPECT_EQ(pause.left_ns(60 * kSecond, 60 * kSecond), 1'000'000'000U);
    EXPECT_EQ(pause.left_ns(58 * kSecond, 60 * kSecond), 0U) << "the poll took longer than that";
    pause.learned(60 * kSecond);
    EXPECT_EQ(pause.left_ns(60 * kSecond, 60 * kSecond), 0U);
}

TEST_F(SnowmanTest, ALateBlockForADecidedHeightIsRejectedAtOnce) {
    make(5, 4, 1);
    learn(a_);
    Actions out;
    engine_->step(0, ItemReceived{1, item_of(b_)}, out);  // its verification takes long
    poll(a_, 5);
    out.clear();
    engine_->step(0, Verdict{b_.id}, out);
    ASSERT_EQ(all_of<Reject>(out).size(), 1U);
    EXPECT_TRUE(all_of<Accept>(out).empty());
}

TEST_F(SnowmanTest, D49WhileBootstrappingOnlyWhatWasAskedForIsExecuted) {
    make(3, 2, 1);
    Actions out;
    const BlockInfo real = test_block(test_block(test_block(genesis(), 1), 2), 3);
    receive(1, Query{1, {real.ref(), 4}, false}, out);  // somebody is three blocks ahead
    ASSERT_FALSE(engine_->bootstrapping()) << "one claim alone stops nothing";
    confirm_frontier(real.ref(), out);
    ASSERT_TRUE(engine_->bootstrapping());
    out.clear();
    engine_->step(0, ItemReceived{1, item_of(b_)}, out);
    EXPECT_EQ(all_of<Discard>(out).size(), 1U);
    EXPECT_TRUE(all_of<Verify>(out).empty());
}

// V7: a liar's claim costs some questions, and the polls go on.
TEST_F(SnowmanTest, AFalseClaimOfAGreatHeightStopsNoPolls) {
    make(5, 4, 50);
    learn(a_);
    const BlockRef invented{test_block(a_, 77).id, 1'000'000};
    Actions out;
    receive(1, Query{1, {invented, invented.height + 1}, false}, out);
    EXPECT_FALSE(engine_->bootstrapping());
    for (const Send& send : all_of<Send>(Actions(out))) {
        if (const auto* request = send.message.get_if<FrontierRequest>()) {
            const BlockRef told = send.to == 1 ? invented : genesis().ref();
            receive(send.to, Frontier{request->request, told}, out);
        }
    }
    for (const Send& send : all_of<Send>(out))
        EXPECT_EQ(send.message.get_if<ConfirmRequest>(), nullptr) << "most of the sample disagree";
    EXPECT_FALSE(engine_->bootstrapping());
    const std::uint64_t before = engine_->counters().polls;
    poll(a_, 5);
    EXPECT_EQ(engine_->counters().polls, before + 1);
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
