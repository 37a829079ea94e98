// S21 to S24 are shown polls that were counted right, and polls that were not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/testing/test_chain.h"
#include "core/testing/test_dag.h"
#include "sim/consensus/avalanche/messages.h"
#include "sim/consensus/snowman/messages.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::TestChain;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Two siblings that node 0 has verified, and its polls of three others of four.
class Polls : public ::testing::Test {
protected:
    Polls() {
        ChainSettings& settings = seen.watch.settings.chain;
        settings.validators = 4;
        settings.k = 3;
        settings.alpha_preference = 2;
        settings.alpha_confidence = 2;
        settings.beta = 3;
        for (const char* id : {"S22", "S23"}) {
            seen.of(id).on_verified(0, chain.vm(), a);
            seen.of(id).on_verified(0, chain.vm(), b);
        }
    }
    // Three answers of nodes 1 to 3, and what the engine counted.
    [[nodiscard]] static PollRecord poll(const std::vector<Hash32>& votes,
                                         std::vector<PollRecord::Support> support) {
        PollRecord out;
        out.asked = {1, 2, 3};
        for (std::uint32_t i = 0; i < votes.size(); ++i) out.votes.push_back({i + 1, votes[i]});
        out.support = std::move(support);
        return out;
    }

    TestChain chain;
    ExecutedPtr a = chain.build({}).executed;
    ExecutedPtr b = chain.build({}, 2 * aivm::test::kBlockNs).executed;
    Watched seen;
};

// Node 0 sends the questions of a poll to these.
void ask(Invariant& s21, RequestId poll, const std::vector<ActorId>& whom) {
    for (const ActorId each : whom) s21.on_message_sent(0, each, Query{poll, {}, false});
}

// It receives an answer that prefers `id`, of a node that has decided `last`.
void answer(Invariant& s21, RequestId poll, ActorId from, const Hash32& id,
            const Hash32& last = {}) {
    s21.on_message_received(0, from, Chits{poll, Vote{{id, 1}, id, {last, 0}}});
}

TEST_F(Polls, AVoteOfSomebodyNotAskedOrASecondOneIsNoVote) {
    Invariant& s21 = seen.of("S21");
    const auto shown = [&](PollRecord record) {
        static RequestId next = 0;
        record.id = next++;
        std::vector<ActorId> whom = record.asked;
        std::ranges::sort(whom);
        whom.erase(std::unique(whom.begin(), whom.end()), whom.end());
        ask(s21, record.id, whom);
        for (const PollRecord::Vote& vote : record.votes)
            answer(s21, record.id, vote.from, vote.block);
        s21.on_poll(0, record);
    };
    shown(poll({a->id, a->id, b->id}, {}));
    PollRecord twice = poll({a->id, a->id}, {});
    twice.asked = {1, 1, 2};
    twice.votes[1].from = 1;
    shown(twice);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "drawn twice, it may count twice";
    twice.asked = {1, 2, 3};
    shown(twice);
    PollRecord large = poll({}, {});
    large.asked = {1, 2, 3, 1};
    shown(large);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("counted 2 votes in a poll of 3"),
                                             HasSubstr("in a poll of 4")));
}

TEST_F(Polls, AVoteThatNoMessageBroughtIsNoVote) {
    Invariant& s21 = seen.of("S21");
    s21.on_verified(0, chain.vm(), a);
    s21.on_verified(0, chain.vm(), b);
    const auto reported_of = [&](RequestId id, const std::vector<Hash32>& votes) {
        const std::size_t before = seen.reported().size();
        PollRecord record = poll(votes, {});
        record.id = id;
        s21.on_poll(0, record);
        return seen.reported().size() == before ? std::string() : seen.reported()[before];
    };
    ask(s21, 7, {1, 2, 3});
    answer(s21, 7, 1, a->id);
    answer(s21, 7, 1, b->id);  // ignored: it has answered
    answer(s21, 6, 2, a->id);  // to a poll that was never begun
    answer(s21, 7, 3, sha256(as_bytes("unheard of")));
    EXPECT_EQ(reported_of(7, {a->id}), "");
    EXPECT_THAT(reported_of(7, {a->id}), HasSubstr("asked others in a poll than it drew"))
        << "the same poll again";
    ask(s21, 8, {1, 2, 3});
    answer(s21, 8, 1, a->id);
    EXPECT_THAT(reported_of(8, {a->id, a->id}), HasSubstr("of validator[2] that never came"));
    ask(s21, 9, {1, 2, 3});
    answer(s21, 9, 1, a->id, a->block->parent());
    EXPECT_THAT(reported_of(9, {b->id}), HasSubstr("of validator[1] that names something else"));
    ask(s21, 10, {1, 2});
    EXPECT_THAT(reported_of(10, {}), HasSubstr("asked others"));
    ask(s21, 11, {1, 2, 3});
    answer(s21, 11, 1, sha256(as_bytes("unheard of")));
    EXPECT_EQ(reported_of(11, {a->id}), "") << "it may be a child of that block";
}

TEST_F(Polls, ABlockFinalisedTooEarlyViolatesFinalAfterBeta) {
    Invariant& s22 = seen.of("S22");
    const PollRecord for_a = poll({a->id, a->id, b->id}, {});
    s22.on_poll(0, for_a);
    s22.on_poll(0, for_a);
    s22.on_poll(0, poll({a->id, b->id, b->id}, {}));  // ends a's row
    s22.on_poll(0, for_a);
    s22.on_poll(0, for_a);
    s22.before_accept(0, chain.vm(), a, AcceptedBy::kBootstrap);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "others decided that one";
    s22.before_accept(0, chain.vm(), a, AcceptedBy::kPolls);
    ASSERT_THAT(seen.reported(), ElementsAre(HasSubstr("after 2 confident polls in a row instead "
                                                       "of 3")));
    s22.on_poll(0, for_a);
    s22.on_poll(0, poll({}, {}));  // takes effect before the accept is carried out
    s22.before_accept(0, chain.vm(), a, AcceptedBy::kPolls);
    EXPECT_EQ(seen.reported().size(), 1U);
    EXPECT_GT(s22.checks(), 0U);
}

TEST_F(Polls, VotesForASiblingCountedTogetherViolateConflictsStayApart) {
    Invariant& s23 = seen.of("S23");
    s23.on_poll(0, poll({a->id, a->id, b->id}, {{a->id, 2}, {b->id, 1}}));
    EXPECT_THAT(seen.reported(), IsEmpty());
    s23.on_poll(0, poll({a->id, a->id, b->id}, {{a->id, 3}}));
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S23 validator[0] counted 3 votes")));
}

TEST_F(Polls, AVoteForAChildCountsForItsParent) {
    TestChain ahead;
    ahead.advance(1);
    ASSERT_EQ(ahead.vm().last_accepted(), a->id);
    const ExecutedPtr child = ahead.build({}).executed;
    Invariant& s23 = seen.of("S23");
    s23.on_verified(0, chain.vm(), child);
    s23.on_poll(0, poll({child->id, a->id, b->id}, {{a->id, 2}, {child->id, 1}, {b->id, 1}}));
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(s23.checks(), 3U);
}

TEST_F(Polls, ANodeThatAsksItselfOrFavoursOneViolatesSamplesMatchStake) {
    Invariant& s24 = seen.of("S24");
    const std::vector<ActorId> fair[] = {{1, 2}, {2, 3}, {3, 1}};
    for (int i = 0; i < 300; ++i) s24.on_poll_begun(0, fair[i % 3]);
    s24.at_end();
    EXPECT_THAT(seen.reported(), IsEmpty());
    const std::vector<ActorId> favoured = {1, 2};
    for (int i = 0; i < 300; ++i) s24.on_poll_begun(0, favoured);
    s24.at_end();
    EXPECT_FALSE(seen.reported().empty());
    EXPECT_THAT(seen.reported().back(), HasSubstr("where its stake makes"));
    const std::vector<ActorId> itself = {0, 1};
    s24.on_poll_begun(0, itself);
    EXPECT_THAT(seen.reported().back(), HasSubstr("S24 validator[0] asked itself"));
}

// Validator 3 leaves the set when the first epoch closes; nobody asks it from then on.
TEST_F(Polls, WhomANodeAsksIsComparedWithTheStakesOfTheEpochThatItIsIn) {
    Invariant& s24 = seen.of("S24");
    const auto ask = [&](std::initializer_list<ActorId> asked) {
        const std::vector<ActorId> list(asked);
        for (int i = 0; i < 300; ++i) s24.on_poll_begun(0, list);
    };
    ask({1, 2, 3});
    auto next = std::make_shared<Executed>(*a);
    next->state.head.epoch = 1;
    while (next->state.validators.size() < 4) next->state.validators.push_back({});
    for (std::uint32_t i = 0; i < 4; ++i) {
        next->state.validators.edit(i).active = i != 3;
        next->state.validators.edit(i).stake = lux(1);
    }
    s24.on_chain(*next, a->state);
    ask({1, 2, 3});  // the node has not accepted that block yet
    s24.on_accepted(0, chain.vm(), next);
    ask({1, 2, 1, 2});
    s24.at_end();
    EXPECT_THAT(seen.reported(), IsEmpty());
    ask({1, 2, 3});
    s24.at_end();
    EXPECT_FALSE(seen.reported().empty());
}

// Two vertices of a DAG that share a job, one above the first, and polls of node 0.
class VertexPolls : public ::testing::Test {
protected:
    VertexPolls() {
        ChainSettings& settings = seen.watch.settings.chain;
        settings.k = 3;
        settings.alpha_confidence = 2;
        settings.beta_virtuous = 2;
        settings.beta_rogue = 3;
        seen.watch.known_rules.parameters = dag.rules().parameters;
        for (const char* id : {"S22", "S23"})
            for (const VertexPtr& vertex : {a, b, above})
                seen.of(id).on_vertex_verified(0, vm, vertex);
    }
    // An answer of node 1, 2, ... for each of these.
    [[nodiscard]] static VertexPollRecord poll(const std::vector<std::vector<Hash32>>& answers,
                                               std::vector<PollRecord::Support> support = {}) {
        VertexPollRecord out;
        out.asked = {1, 2, 3};
        for (std::uint32_t i = 0; i < answers.size(); ++i)
            out.answers.push_back({i + 1, 1, answers[i]});
        out.support = std::move(support);
        return out;
    }

    aivm::test::TestDag dag;
    MemoryStore store;
    DagVm vm = dag.open(store);
    VertexPtr a = dag.make({}, {dag.submit("alice", "job")});
    VertexPtr b = dag.make({}, {dag.by("alice", aivm::test::submission("job"))}, 1);
    VertexPtr above = dag.make({a}, {dag.submit("bob", "other")});
    Watched seen;
};

TEST_F(VertexPolls, AnAnswerOfSomebodyNotAskedOrASecondOneViolatesVotesCountOnce) {
    Invariant& s21 = seen.of("S21");
    RequestId next = 0;
    const auto shown = [&](VertexPollRecord record) {
        record.id = next++;
        for (const ActorId each : {1, 2, 3})
            s21.on_message_sent(0, each, VertexQuery{record.id, {}, {}});
        for (const VertexPollRecord::Answer& each : record.answers) {
            VertexChits chits{record.id, {}};
            for (const Hash32& id : each.endorsed) chits.endorsed.push_back({id, 1});
            s21.on_message_received(0, each.from, chits);
        }
        s21.on_vertex_poll(0, record);
    };
    shown(poll({{a->id()}, {}, {b->id()}}));
    EXPECT_THAT(seen.reported(), IsEmpty());
    VertexPollRecord twice = poll({{a->id()}});
    twice.answers.push_back(twice.answers.front());
    shown(twice);
    VertexPollRecord heavy = poll({{a->id()}});
    heavy.answers[0].times = 2;
    shown(heavy);
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("counted 2 votes"), HasSubstr("counted 1 votes")));
}

TEST_F(VertexPolls, AnAnswerThatNoMessageBroughtViolatesVotesCountOnce) {
    Invariant& s21 = seen.of("S21");
    for (const VertexPtr& vertex : {a, b, above}) s21.on_vertex_verified(0, vm, vertex);
    for (RequestId id = 1; id <= 3; ++id) {
        for (const ActorId each : {1, 2, 3}) s21.on_message_sent(0, each, VertexQuery{id, {}, {}});
        s21.on_message_received(0, 1, VertexChits{id, {{above->id(), 2}}});
    }
    VertexPollRecord record = poll({{a->id()}});
    record.id = 1;
    s21.on_vertex_poll(0, record);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "who endorses a vertex endorses its parent";
    record = poll({{b->id()}});
    record.id = 2;
    s21.on_vertex_poll(0, record);
    record = poll({{a->id()}, {a->id()}});
    record.id = 3;
    s21.on_vertex_poll(0, record);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("of validator[1] that names something else"),
                                             HasSubstr("of validator[2] that never came")));
}

TEST_F(VertexPolls, AVertexFinalisedTooEarlyViolatesFinalAfterBeta) {
    Invariant& s22 = seen.of("S22");
    const VertexPollRecord for_above = poll({{above->id()}, {above->id()}, {b->id()}});
    s22.on_vertex_poll(0, for_above);
    s22.on_vertex_poll(0, for_above);
    s22.before_vertex_accept(0, vm, above, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "it has no rival";
    s22.before_vertex_accept(0, vm, a, AcceptedBy::kBootstrap);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "others decided that one";
    s22.before_vertex_accept(0, vm, a, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S22 validator[0] finalised vertex")));
    s22.on_vertex_poll(0, for_above);
    s22.before_vertex_accept(0, vm, a, AcceptedBy::kPolls);
    EXPECT_EQ(seen.reported().size(), 1U);
    s22.on_vertex_accepted(0, vm, a);
    s22.on_dag_restarted(0, vm);
    s22.before_vertex_accept(0, vm, b, AcceptedBy::kPolls);
    EXPECT_EQ(seen.reported().size(), 1U) << "not observed since it started again";
}

// A vertex that a node built on one that was being rejected is rejected with it.
TEST_F(VertexPolls, ARivalThatWasRejectedBeforeTheNextPollMakesNothingRogue) {
    Invariant& s22 = seen.of("S22");
    const VertexPtr rival = dag.make({b}, {dag.by("bob", aivm::test::submission("other"))}, 1);
    s22.on_vertex_verified(0, vm, rival);
    s22.on_vertex_rejected(0, vm, rival);
    const VertexPollRecord for_above = poll({{above->id()}, {above->id()}});
    s22.on_vertex_poll(0, for_above);
    s22.on_vertex_poll(0, for_above);
    s22.before_vertex_accept(0, vm, above, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), IsEmpty());
}

TEST_F(VertexPolls, VotesForRivalsCountedTogetherViolateConflictsStayApart) {
    Invariant& s23 = seen.of("S23");
    // The second one endorses both rivals, and counts above them only.
    s23.on_vertex_poll(0, poll({{above->id()}, {above->id(), b->id()}, {b->id()}},
                               {{a->id(), 1}, {above->id(), 2}, {b->id(), 1}}));
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(s23.checks(), 3U);
    s23.on_vertex_poll(0, poll({{above->id()}, {above->id(), b->id()}}, {{a->id(), 2}}));
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S23 validator[0] counted 2 votes")));
}

}  // namespace
}  // namespace aivm::sim::test
