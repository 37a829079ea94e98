// The engine over a network of engines.
#include "sim/consensus/avalanche/avalanche.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "core/base/digest.h"
#include "sim/consensus/avalanche/messages.h"
#include "sim/consensus/avalanche/pending_vertices.h"
#include "sim/testing/test_dag_network.h"

namespace aivm::sim {
namespace {

using test::DagNetwork;
using test::DagNode;
using test::kMs;

AvalancheConfig dag_config(std::uint32_t nodes) {
    AvalancheConfig config;
    config.stakes.assign(nodes, 100);
    config.k = 8;
    config.votes = {.alpha = 6, .beta_virtuous = 8, .beta_rogue = 12};
    config.concurrent_polls = 2;
    config.poll_timeout_initial_ns = config.poll_timeout_min_ns = 500 * kMs;
    config.fetch_timeout_ns = 500 * kMs;
    config.idle_probe_ns = 2000 * kMs;
    return config;
}

DagNetwork dag_network(const AvalancheConfig& config, const test::NetworkOptions& options) {
    return {static_cast<std::uint32_t>(config.stakes.size()), options, [config](DagNode& node) {
                AvalancheConfig own = config;
                own.self = node.self;
                return make_avalanche(own, node, node.random).value();
            }};
}

Hash32 key(std::uint64_t number) { return sha256(as_bytes("job " + std::to_string(number))); }

// Whether all nodes have decided everything, alike: they have accepted the same vertices.
void expect_agreement(const DagNetwork& network) {
    for (const auto& node : network.nodes) {
        EXPECT_EQ(node->accepted, network.nodes[0]->accepted) << "node " << node->self;
        EXPECT_TRUE(node->processing.empty()) << "node " << node->self;
    }
}

TEST(AvalancheEngine, AVertexWithoutRivalsIsAcceptedByAll) {
    DagNetwork network = dag_network(dag_config(7), {});
    const Item vertex = network.nodes[2]->build(1, {key(1)});
    EXPECT_TRUE(network.run(kMinute, [&] { return network.all_accepted(vertex); }));
    const std::uint64_t queries = network.nodes[0]->queries_sent;
    network.run(kMinute);
    EXPECT_EQ(network.nodes[0]->queries_sent, queries) << "nothing undecided, no polls";
}

TEST(AvalancheEngine, ConcurrentVerticesOnDifferentJobsAreAllAccepted) {
    DagNetwork network = dag_network(dag_config(7), {});
    std::vector<Item> built;
    for (std::uint64_t round = 0; round < 6; ++round) {
        for (auto& node : network.nodes)
            built.push_back(node->build(round, {key(100 * round + node->self)}));
        network.run(100 * kMs);
    }
    EXPECT_TRUE(network.run(2 * kMinute, [&] { return network.is_quiet(); }));
    for (const Item& vertex : built) EXPECT_TRUE(network.all_accepted(vertex));
    expect_agreement(network);
}

TEST(AvalancheEngine, OfRivalsExactlyOneIsAcceptedEverywhere) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        DagNetwork network = dag_network(dag_config(7), {.seed = seed});
        const Item a = network.nodes[0]->build(1, {key(1)});
        const Item b = network.nodes[4]->build(2, {key(1)});
        ASSERT_TRUE(network.run(
            5 * kMinute,
            [&] { return network.is_quiet() && network.nodes[0]->rejected.size() == 1; }))
            << "seed " << seed;
        EXPECT_NE(network.all_accepted(a), network.all_accepted(b)) << "seed " << seed;
        expect_agreement(network);
    }
}

TEST(AvalancheEngine, AJobsLaterVerticesStandOnTheFirstAndDoNotConflict) {
    DagNetwork network = dag_network(dag_config(5), {});
    Item last = network.nodes[0]->build(1, {key(1)});
    for (std::uint64_t i = 2; i <= 6; ++i)
        last = network.nodes[0]->build_on(i, {last.id}, {key(1)});
    EXPECT_TRUE(network.run(2 * kMinute, [&] { return network.all_accepted(last); }));
}

TEST(AvalancheEngine, DescendantsOfALoserFallWithIt) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        DagNetwork network = dag_network(dag_config(7), {.seed = seed});
        const Item a = network.nodes[0]->build(1, {key(1)});
        const Item above_a = network.nodes[0]->build_on(3, {a.id}, {key(3)});
        const Item b = network.nodes[4]->build(2, {key(1)});
        const Item above_b = network.nodes[4]->build_on(4, {b.id}, {key(4)});
        ASSERT_TRUE(
            network.run(5 * kMinute, [&] { return network.nodes[0]->rejected.size() == 2; }))
            << "seed " << seed;
        network.run(kMinute, [&] { return network.is_quiet(); });
        const bool a_won = network.all_accepted(a);
        EXPECT_EQ(network.all_accepted(above_a), a_won);
        EXPECT_EQ(network.all_accepted(above_b), !a_won);
        expect_agreement(network);
    }
}

TEST(AvalancheEngine, AgreesOnALossyNetworkWithConflicts) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        DagNetwork network = dag_network(
            dag_config(7), {.seed = seed, .loss_ppm = 100'000, .duplicate_ppm = 50'000});
        RandomStream random({seed, 3, 3});
        for (std::uint64_t i = 0; i < 40; ++i) {
            const auto builder = static_cast<std::size_t>(random.below(7));
            network.nodes[builder]->build(i, {key(random.below(60))});
            network.run(random.below(200) * kMs);
        }
        EXPECT_TRUE(network.run(30 * kMinute, [&] { return network.is_quiet(); }))
            << "seed " << seed;
        network.run(kMinute);
        expect_agreement(network);
    }
}

TEST(AvalancheEngine, AgreesWhileNodesCrashAndReturn) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        DagNetwork network = dag_network(dag_config(9), {.seed = seed, .loss_ppm = 20'000});
        RandomStream random({seed, 7, 7});
        for (std::uint64_t i = 0; i < 20; ++i) {
            const auto victim = static_cast<VoterIndex>(random.below(9));
            network.crash(victim);
            for (int j = 0; j < 3; ++j) {
                auto& builder = network.nodes[random.below(9)];
                if (builder->up && builder->engine->wants_block())
                    builder->build(100 * i + static_cast<std::uint64_t>(j),
                                   {key(random.below(40))});
                network.run(random.below(1000) * kMs);
            }
            network.restart(victim);
            network.run(random.below(4000) * kMs);
        }
        EXPECT_TRUE(network.run(30 * kMinute, [&] { return network.is_quiet(); }))
            << "seed " << seed;
        network.run(kMinute);
        expect_agreement(network);
    }
}

TEST(AvalancheEngine, ANodeThatWasCutOffLearnsWhatTheOthersAccepted) {
    DagNetwork network = dag_network(dag_config(7), {});
    network.side = {0, 0, 0, 0, 0, 0, 1};
    for (std::uint64_t i = 0; i < 100; ++i) {
        network.nodes[i % 6]->build(i, {key(i)});
        network.run(300 * kMs);
    }
    network.run(kMinute);
    ASSERT_EQ(network.nodes[0]->accepted.size(), 101U);
    ASSERT_EQ(network.nodes[6]->accepted.size(), 1U);
    network.side = std::vector<std::uint32_t>(7, 0);
    EXPECT_TRUE(network.run(kMinute, [&] { return network.nodes[6]->accepted.size() == 101; }));
    EXPECT_EQ(network.nodes[6]->engine->counters().bootstraps, 1U);
}

TEST(AvalancheEngine, WhatANodeBuiltBeforeItCrashedIsIssuedAgain) {
    DagNetwork network = dag_network(dag_config(5), {});
    network.side = {0, 1, 1, 1, 1};  // nobody hears of it
    const Item vertex = network.nodes[0]->build(1, {key(1)});
    network.run(100 * kMs);
    network.crash(0);
    network.side = std::vector<std::uint32_t>(5, 0);
    network.restart(0);
    EXPECT_TRUE(network.run(kMinute, [&] { return network.all_accepted(vertex); }));
}

TEST(AvalancheEngine, ASideWithoutAQuorumDecidesNothing) {
    AvalancheConfig config = dag_config(8);
    DagNetwork network = dag_network(config, {});
    network.side = {0, 0, 0, 0, 1, 1, 1, 1};
    const Item a = network.nodes[0]->build(1, {key(1)});
    const Item b = network.nodes[7]->build(2, {key(1)});
    network.run(kMinute);
    EXPECT_FALSE(network.nodes[0]->has_accepted(a));
    EXPECT_FALSE(network.nodes[7]->has_accepted(b));
    network.side = std::vector<std::uint32_t>(8, 0);
    EXPECT_TRUE(network.run(10 * kMinute, [&] {
        return network.is_quiet() && network.nodes[0]->rejected.size() == 1;
    }));
    expect_agreement(network);
}

// Of ten nodes: five sides of two have a rival of their own when they hear of the others.
void meet_as_five_camps(DagNetwork& network) {
    network.side = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4};
    for (std::uint64_t camp = 0; camp < 5; ++camp) network.nodes[2 * camp]->build(camp, {key(1)});
    network.run(20 * kSecond);
    network.side = std::vector<std::uint32_t>(10, 0);
}

TEST(AvalancheEngine, ManyRivalsWithAFewVotesEachAreDecided) {
    AvalancheConfig config = dag_config(10);
    config.k = 20;
    config.votes = {.alpha = 15, .beta_virtuous = 8, .beta_rogue = 12, .stalemate_polls = 48};
    AvalancheConfig without_the_rule = config;
    without_the_rule.votes.stalemate_polls = 0;
    unsigned stalemates = 0;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        DagNetwork network = dag_network(config, {.seed = seed});
        meet_as_five_camps(network);
        EXPECT_TRUE(network.run(kMinute, [&] {
            return network.is_quiet() && network.nodes[0]->rejected.size() == 4;
        })) << seed;
        expect_agreement(network);
        DagNetwork other = dag_network(without_the_rule, {.seed = seed});
        meet_as_five_camps(other);
        stalemates += other.run(kMinute, [&] { return !other.nodes[0]->rejected.empty(); }) ? 0 : 1;
    }
    EXPECT_GT(stalemates, 0U) << "without the rule chance alone decides";
}

// Of the vertices only the genesis is known.
class PendingVerticesTest : public testing::Test {
protected:
    EngineCounters counters;
    PendingVertices pending{
        {.validators = 3,
         .is_known = [](const Hash32& id) { return id == test::dag_genesis().id; }},
        counters,
        1};
    const Item vertex{key(1), {test::dag_genesis().id}, 1, {}, 1};
    Actions out;
};

TEST_F(PendingVerticesTest, AVerdictThatADecisionOvertookIsAskedForAgain) {
    const auto verifications = [](const Actions& actions) {
        return std::ranges::count_if(
            actions, [](const auto& each) { return std::holds_alternative<Verify>(each); });
    };
    pending.body(1, vertex, out);
    pending.retry(out);  // what it waits for is decided, and the node is about to hear of it
    EXPECT_EQ(verifications(out), 1);
    pending.park(vertex.id, out);
    EXPECT_EQ(verifications(out), 2);
    pending.park(vertex.id, out);
    EXPECT_EQ(verifications(out), 2) << "nothing was decided since";
    pending.retry(out);
    EXPECT_EQ(verifications(out), 3);
}

// A poll does not wait for an answer's vertex that stands on one which cannot be verified yet.
TEST_F(PendingVerticesTest, WhatStandsOnAParkedVertexIsNotExpectedSoon) {
    const Item child{key(2), {vertex.id}, 2, {}, 1};
    const Item grandchild{key(3), {child.id}, 3, {}, 1};
    for (const Item& each : {vertex, child, grandchild}) pending.body(1, each, out);
    EXPECT_TRUE(pending.expects_soon(grandchild.id));
    pending.park(vertex.id, out);
    for (const Item& each : {vertex, child, grandchild}) {
        EXPECT_TRUE(pending.expects(each.id));
        EXPECT_FALSE(pending.expects_soon(each.id));
    }
    pending.retry(out);
    EXPECT_TRUE(pending.expects_soon(grandchild.id));
}

// An engine whose node carries out nothing by itself.
class CatchingUp : public testing::Test {
protected:
    void step(const Input& input) {
        out.clear();
        engine.step(0, input, out);
    }
    // Whether the engine has just asked for this.
    template <class Action>
    [[nodiscard]] bool asked(const Hash32& id) const {
        return std::ranges::any_of(out, [&](const auto& each) {
            const auto* action = std::get_if<Action>(&each);
            return action != nullptr && action->id == id;
        });
    }
    template <class Contents>
    [[nodiscard]] RequestId request_sent() const {
        for (const auto& each : out) {
            const auto* sent = std::get_if<Send>(&each);
            const auto* request = sent == nullptr ? nullptr : sent->message.get_if<Contents>();
            if (request != nullptr) return request->request;
        }
        ADD_FAILURE() << "no request";
        return 0;
    }
    // The vertex and a rival of it turn out valid. Returns what was asked for the vertex alone.
    Actions verify_with_rival(const Item& rival) {
        step(ItemReceived{1, vertex});
        step(Verdict{vertex.id, Validity::kValid});
        const Actions queries = out;
        step(ItemReceived{2, rival});
        step(Verdict{rival.id, Validity::kValid});
        return queries;
    }
    // All polls are answered for this vertex until the engine rejects the other one.
    void vote_until_rejected(const Hash32& winner, const Hash32& loser) {
        Actions asked_before = out;
        for (int round = 0; round < 100 && !asked<Reject>(loser); ++round) {
            Actions queries;
            std::swap(queries, asked_before);
            for (const auto& each : queries) {
                const auto* sent = std::get_if<Send>(&each);
                const auto* query = sent == nullptr ? nullptr : sent->message.get_if<VertexQuery>();
                if (query == nullptr || asked<Reject>(loser)) continue;
                step(MessageReceived{sent->to, VertexChits{query->poll, {{winner, 1}}}});
                asked_before.insert(asked_before.end(), out.begin(), out.end());
            }
        }
    }
    // The vertex cannot be verified yet, and then the node falls far behind.
    void park_and_fall_behind() {
        step(ItemReceived{1, vertex});
        ASSERT_TRUE(asked<Verify>(vertex.id));
        step(Verdict{vertex.id, Validity::kUnknownParent});
        step(MessageReceived{1, VertexQuery{9, {{key(3), 1000}}, std::nullopt}});
        ASSERT_TRUE(engine.bootstrapping());
    }

    DagNetwork network = dag_network(dag_config(3), {});
    ConsensusEngine& engine = *network.nodes[0]->engine;
    Item vertex{key(1), {test::dag_genesis().id}, 1, {key(2)}, 1};
    Item child{key(4), {vertex.id}, 2, {key(5)}, 1};
    Actions out;
};

TEST_F(CatchingUp, ABodyThatWaitsToBeVerifiedIsKept) {
    park_and_fall_behind();
    step(ItemReceived{2, vertex});
    EXPECT_FALSE(asked<Discard>(vertex.id));
}

TEST_F(CatchingUp, AVertexThatWaitedToBeVerifiedIsNoEndOfTheHistory) {
    park_and_fall_behind();
    const RequestId frontier = request_sent<FrontierRequest>();
    for (const VoterIndex from : {1U, 2U})
        step(MessageReceived{from, AcceptedFrontier{frontier, {child.ref()}}});
    const RequestId confirmation = request_sent<ConfirmRequest>();
    for (const VoterIndex from : {1U, 2U}) step(MessageReceived{from, Confirm{confirmation, 1}});
    step(ItemReceived{1, child});
    step(ItemReceived{1, vertex});
    ASSERT_TRUE(asked<Verify>(vertex.id));
    step(Verdict{vertex.id, Validity::kValid});
    EXPECT_TRUE(asked<Accept>(vertex.id));
    EXPECT_TRUE(asked<Verify>(child.id));
}

TEST_F(CatchingUp, AVertexWhoseParentWasRejectedBeforeItsVerdictIsRejectedToo) {
    const Item rival{key(6), {test::dag_genesis().id}, 1, {key(2)}, 2};
    const Actions queries = verify_with_rival(rival);
    step(ItemReceived{1, child});
    ASSERT_TRUE(asked<Verify>(child.id));
    out = queries;
    vote_until_rejected(rival.id, vertex.id);
    ASSERT_TRUE(asked<Reject>(vertex.id));
    step(Verdict{child.id, Validity::kValid});
    EXPECT_TRUE(asked<Reject>(child.id));
}

// The node issues a reply to a vertex as soon as it has verified it, while the rejections that the
// verdict brought about still wait for their turn.
TEST_F(CatchingUp, AVertexBuiltOnOneThatWasJustRejectedIsRejectedToo) {
    const Item rival{key(6), {test::dag_genesis().id}, 1, {key(2)}, 2};
    const Actions queries = verify_with_rival(rival);
    out = queries;
    vote_until_rejected(rival.id, vertex.id);
    ASSERT_TRUE(asked<Reject>(vertex.id));
    step(ItemBuilt{child});
    EXPECT_TRUE(asked<Reject>(child.id));
    EXPECT_EQ(engine.processing(), 0U);
    const Item grandchild{key(8), {child.id}, 3, {key(9)}, 0};
    step(ItemBuilt{grandchild});
    EXPECT_TRUE(asked<Reject>(grandchild.id)) << "the node has carried out nothing yet";
}

// The node's verdict is older than the decision that it has not carried out yet. Such a vertex
// would stay undecided for ever, and the node would vote for both rivals.
TEST_F(CatchingUp, AVertexWhoseRivalWasAcceptedBeforeItsVerdictIsRejected) {
    const Item rival{key(6), {test::dag_genesis().id}, 1, {key(2)}, 2};
    const Item other{key(7), {test::dag_genesis().id}, 1, {key(2)}, 1};
    step(ItemReceived{1, vertex});
    step(Verdict{vertex.id, Validity::kValid});
    const Actions queries = out;
    step(ItemReceived{2, rival});
    step(Verdict{rival.id, Validity::kValid});
    step(ItemReceived{1, other});
    ASSERT_TRUE(asked<Verify>(other.id));
    out = queries;
    vote_until_rejected(vertex.id, rival.id);
    ASSERT_TRUE(asked<Accept>(vertex.id));
    step(Verdict{other.id, Validity::kValid});
    EXPECT_TRUE(asked<Reject>(other.id));
    EXPECT_EQ(engine.processing(), 0U);
    const Item late{key(8), {test::dag_genesis().id}, 1, {key(2)}, 0};
    step(ItemBuilt{late});
    EXPECT_TRUE(asked<Reject>(late.id)) << "the node built it from the same knowledge";
}

// What waits to be verified again may be a part of the history, too.
TEST_F(CatchingUp, AFinishedPollThatWaitsForItsTurnIsOneOfThoseInProgress) {
    const auto queries = [this] {
        std::map<RequestId, std::vector<VoterIndex>> found;
        for (const auto& each : out) {
            const auto* sent = std::get_if<Send>(&each);
            const auto* query = sent == nullptr ? nullptr : sent->message.get_if<VertexQuery>();
            if (query != nullptr) found[query->poll].push_back(sent->to);
        }
        return found;
    };
    step(ItemReceived{1, vertex});
    step(Verdict{vertex.id, Validity::kValid});
    const auto begun = queries();
    ASSERT_EQ(begun.size(), 2U);  // dag_config()
    const auto& [younger, asked] = *begun.rbegin();
    for (const VoterIndex each : asked) {
        step(MessageReceived{each, VertexChits{younger, {{vertex.id, 1}}}});
        EXPECT_TRUE(queries().empty());
    }
    for (const VoterIndex each : begun.begin()->second)
        step(MessageReceived{each, VertexChits{begun.begin()->first, {{vertex.id, 1}}}});
    EXPECT_EQ(queries().size(), 2U);
}

TEST_F(CatchingUp, APartOfTheHistoryIsVerifiedOnceAtATime) {
    park_and_fall_behind();
    const RequestId frontier = request_sent<FrontierRequest>();
    for (const VoterIndex from : {1U, 2U})
        step(MessageReceived{from, AcceptedFrontier{frontier, {child.ref()}}});
    const RequestId confirmation = request_sent<ConfirmRequest>();
    for (const VoterIndex from : {1U, 2U}) step(MessageReceived{from, Confirm{confirmation, 1}});
    step(ItemReceived{1, child});
    step(ItemReceived{1, vertex});
    EXPECT_EQ(std::ranges::count_if(
                  out, [](const auto& each) { return std::holds_alternative<Verify>(each); }),
              1);
    step(Verdict{vertex.id, Validity::kValid});
    EXPECT_TRUE(asked<Accept>(vertex.id));
    EXPECT_EQ(std::ranges::count_if(
                  out, [](const auto& each) { return std::holds_alternative<Verify>(each); }),
              1)
        << "of the child";
}

TEST(AvalancheMessages, AreDecodedToTheSameBytesAndNothingElseIs) {
    const BlockRef ref{key(1), 7};
    const std::vector<Message> messages{VertexQuery{1, {ref}, std::nullopt},
                                        VertexQuery{2, {}, ref.id}, VertexChits{3, {ref, ref}},
                                        AcceptedFrontier{4, {ref}}};
    for (const Message& message : messages) {
        Writer out;
        message.encode(out);
        const auto decoded = decode_avalanche_message(out.view());
        ASSERT_TRUE(decoded);
        EXPECT_EQ(decoded->digest(), message.digest());
        Bytes cut = out.take();
        cut.pop_back();
        EXPECT_FALSE(decode_avalanche_message(cut));
    }
}

TEST(MakeAvalanche, RefusesWhatCannotWork) {
    DagNetwork network = dag_network(dag_config(3), {});
    DagNode& node = *network.nodes[0];
    const auto is_refused = [&](const AvalancheConfig& config) {
        return !make_avalanche(config, node, node.random).has_value();
    };
    AvalancheConfig config = dag_config(3);
    EXPECT_FALSE(is_refused(config));
    config.self = 3;
    EXPECT_TRUE(is_refused(config));
    config = dag_config(3);
    config.votes.alpha = 4;
    EXPECT_TRUE(is_refused(config));
    config = dag_config(3);
    config.votes.beta_rogue = 7;
    EXPECT_TRUE(is_refused(config));
    config = dag_config(3);
    config.concurrent_polls = 9;
    EXPECT_TRUE(is_refused(config));
    config = dag_config(3);
    config.stakes.assign(3, 0);
    EXPECT_TRUE(is_refused(config));
}

}  // namespace
}  // namespace aivm::sim
