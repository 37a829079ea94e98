// The VM on a DAG as a node uses it: build, verify, accept, reject, prefer and settle, and the
// calls that it must refuse.
#include "core/vm/dag_vm.h"

#include <gtest/gtest.h>

#include "core/audit/audit.h"
#include "core/dag/cut_schedule.h"
#include "core/state/keys.h"
#include "core/state/load.h"
#include "core/testing/failing_store.h"
#include "core/testing/test_dag.h"

namespace aivm::test {
namespace {

// No epoch closes, so that vertices made by hand know theirs.
TestOptions one_epoch() {
    TestOptions options;
    options.parameters.config.epoch_duration_ns = kBlockNs * 1'000'000;
    return options;
}

struct DagVmTest : testing::Test {
    explicit DagVmTest(TestOptions options = one_epoch()) : dag(std::move(options)) {}

    TestDag dag;
    MemoryStore store;
    DagVm vm = dag.open(store);

    std::optional<ErrorCode> verdict(const VertexPtr& vertex) {
        const Hash32 before = contents_digest(vm.state());
        const auto stored = contents(store);
        const std::size_t processing = vm.processing_count();
        const Status status = vm.verify(vertex, dag.now());
        EXPECT_EQ(contents_digest(vm.state()), before);
        EXPECT_EQ(contents(store), stored);
        if (!status) {
            EXPECT_EQ(vm.processing_count(), processing);
        }
        return status ? std::nullopt : std::optional(status.error().code);
    }
    VertexPtr verified(const std::vector<VertexPtr>& parents,
                       const std::vector<OperationPtr>& operations, std::uint32_t proposer = 0) {
        VertexPtr vertex = dag.make(parents, operations, proposer);
        must(vm.verify(vertex, dag.now()));
        return vertex;
    }
    VertexPtr accepted(const std::vector<VertexPtr>& parents,
                       const std::vector<OperationPtr>& operations, std::uint32_t proposer = 0) {
        VertexPtr vertex = verified(parents, operations, proposer);
        must(vm.accept(vertex->id()));
        return vertex;
    }
    VertexPtr cut(std::uint32_t proposer = 0) { return settle(vm, dag, proposer); }
    VertexStatus status(const VertexPtr& vertex) { return vm.status(vertex->id()).value(); }
    bool is_settled(const VertexPtr& vertex) {
        return vm.settled_by(vertex->id()).value().has_value();
    }
    bool has_task(std::string_view who, std::string_view job) {
        return vm.state().find_task(TestDag::job_of(who, job)).has_value();
    }
};

// S8: every field of the header is checked, and a failed verify leaves nothing (S15).
TEST_F(DagVmTest, VerifyChecksEveryFieldAndLeavesNoTrace) {
    const VertexPtr root = accepted({}, {dag.submit("alice", "job-1")});
    const auto with = [&](auto&& change) {
        VertexHeader header = dag.header_on({root});
        change(header);
        return verdict(dag.sign(header, {}));
    };
    EXPECT_EQ(with([](VertexHeader& h) { h.parents = {salt_of("nobody")}; }),
              ErrorCode::kBadParent);
    EXPECT_EQ(with([](VertexHeader& h) { h.parents.clear(); }), ErrorCode::kBadParent);
    EXPECT_EQ(with([](VertexHeader& h) { h.parents.push_back(h.parents[0]); }),
              ErrorCode::kBadParent);
    EXPECT_EQ(with([](VertexHeader& h) { h.height += 1; }), ErrorCode::kBadHeight);
    EXPECT_EQ(with([](VertexHeader& h) { h.height -= 1; }), ErrorCode::kBadHeight);
    EXPECT_EQ(with([](VertexHeader& h) { h.timestamp_ns -= kBlockNs + 1; }),
              ErrorCode::kBadTimestamp);
    EXPECT_EQ(with([](VertexHeader& h) { h.timestamp_ns += 2'000'000 * kBlockNs; }),
              ErrorCode::kTooEarly);
    EXPECT_EQ(with([](VertexHeader& h) { h.epoch += 1; }), ErrorCode::kInvalidArgument);
    EXPECT_EQ(with([](VertexHeader& h) { h.proposer.value = 99; }), ErrorCode::kNotAuthorized);
    EXPECT_EQ(with([](VertexHeader& h) { h.sequence = 0; }), ErrorCode::kInvalidArgument);
    EXPECT_EQ(with([](VertexHeader& h) { h.sequence = 1; }), ErrorCode::kInvalidArgument)
        << "an ancestor has it";
    EXPECT_EQ(with([](VertexHeader& h) { h.cut += 1; }), ErrorCode::kInvalidArgument);
    EXPECT_EQ(with([](VertexHeader&) {}), std::nullopt);
    VertexHeader other = dag.header_on({root}, 1);
    EXPECT_EQ(verdict(std::make_shared<const Vertex>(other, std::vector<OperationPtr>{}, Bytes{1})),
              ErrorCode::kNotAuthorized);
}

TEST_F(DagVmTest, OperationsMustBeAuthorisedAscendingAndAboutDifferentJobs) {
    const OperationPtr good = dag.submit("alice", "job-1");
    const auto forged = std::make_shared<const SignedOperation>(good->operation(), Bytes{7});
    EXPECT_EQ(verdict(dag.make({}, {forged})), ErrorCode::kNotAuthorized);
    const OperationPtr later = dag.submit("alice", "job-2");
    EXPECT_EQ(verdict(dag.make({}, {later, good})), ErrorCode::kBadNonce);
    EXPECT_EQ(verdict(dag.make({}, {good, good})), ErrorCode::kBadNonce);
    EXPECT_EQ(verdict(dag.make({}, {good, dag.submit("alice", "job-1")})), ErrorCode::kDuplicate);
    EXPECT_EQ(verdict(dag.make({}, {good, later, dag.submit("bob", "job-1")})), std::nullopt);
}

TEST_F(DagVmTest, AVertexFromTheFutureIsTooEarlyAndGoodLater) {
    const VertexPtr vertex = dag.make({}, {});
    const TimestampNs time = vertex->header().timestamp_ns;
    const std::uint64_t skew = dag.rules().parameters.policy.max_clock_skew_ns;
    EXPECT_EQ(vm.verify(vertex, {time - skew - 1, false}).error().code, ErrorCode::kTooEarly);
    EXPECT_EQ(status(vertex), VertexStatus::kUnknown);
    EXPECT_TRUE(vm.verify(vertex, {time - skew, false}).has_value());
}

// D04 vertex Accept checks neither status, parents nor conflicts.
TEST_F(DagVmTest, D04AcceptAsksForStatusParentsAndConflicts) {
    const VertexPtr left = verified({}, {dag.submit("alice", "job")});
    const VertexPtr right = verified({}, {dag.submit("alice", "job")}, 1);
    const VertexPtr child = verified({left}, {});
    EXPECT_EQ(vm.accept(salt_of("unknown")).error().code, ErrorCode::kWrongState);
    EXPECT_EQ(vm.accept(child->id()).error().code, ErrorCode::kBadParent);
    EXPECT_EQ(vm.conflicts(left->id()), std::vector{right->id()});
    must(vm.accept(left->id()));
    EXPECT_EQ(vm.accept(right->id()).error().code, ErrorCode::kConflict);
    EXPECT_EQ(status(right), VertexStatus::kProcessing);
    must(vm.accept(child->id()));
    must(vm.reject(right->id()));
    EXPECT_EQ(vm.txs(left->id()).value(), left->jobs());
    EXPECT_EQ(vm.get_vertex(right->id()).error().code, ErrorCode::kNotFound);
}

// D06 vertex Accept moves the last accepted id but not height or object.
TEST_F(DagVmTest, D06AcceptMovesFrontierBytesAndStateTogether) {
    const VertexPtr left = accepted({}, {dag.submit("alice", "job-1")});
    const VertexPtr right = accepted({}, {dag.submit("bob", "job-2")}, 1);
    EXPECT_EQ(vm.accepted_frontier(), (std::set{left->id(), right->id()}));
    EXPECT_TRUE(vm.state().tasks.empty());
    const VertexPtr first = cut();
    EXPECT_EQ(vm.accepted_frontier(), std::set{first->id()});
    EXPECT_EQ(vm.last_cut_number(), 1U);
    EXPECT_EQ(vm.accepted().cut_at(1).value(), first->id());
    EXPECT_EQ(vm.accepted().cut_at(2).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(vm.get_vertex(left->id()).value()->encode(), left->encode());
    EXPECT_EQ(vm.state().tasks.size(), 2U);
    const VertexPtr next = accepted({first}, {});
    EXPECT_EQ(next->cut(), 1U);
    EXPECT_EQ(next->height(), 3U);
}

// D07 in the VM: vertices without conflicts are not delayed by conflicts between others.
TEST_F(DagVmTest, D07ARivalOfARivalIsAccepted) {
    const VertexPtr a = verified({}, {dag.submit("alice", "x")});
    const VertexPtr b = verified({}, {dag.submit("alice", "x"), dag.submit("bob", "y")}, 1);
    const VertexPtr c = verified({a}, {dag.submit("bob", "y")});
    must(vm.accept(a->id()));
    must(vm.accept(c->id()));
    EXPECT_EQ(vm.accept(b->id()).error().code, ErrorCode::kConflict);
    must(vm.reject(b->id()));
}

// D08 an accepted job stays in the queue, is built and accepted again.
TEST_F(DagVmTest, D08AnAcceptedJobLeavesTheQueuePermanently) {
    const OperationPtr mine = dag.submit("alice", "job");
    const OperationPtr twin = dag.submit("alice", "job");
    must(vm.submit(mine));
    must(vm.submit(twin));
    const VertexPtr built = vm.build_vertex(dag.build_options(vm)).value();
    ASSERT_EQ(built->operations().size(), 1U);
    must(vm.accept(built->id()));
    EXPECT_FALSE(vm.mempool().contains(*mine));
    EXPECT_EQ(vm.submit(mine).error().code, ErrorCode::kBadNonce);
    EXPECT_EQ(vm.submit(dag.submit("alice", "job")).error().code, ErrorCode::kDuplicate);
    EXPECT_EQ(verdict(dag.make({}, {dag.submit("alice", "job")}, 1)), ErrorCode::kConflict);
    cut();
    const VertexPtr next = vm.build_vertex(dag.build_options(vm)).value();
    EXPECT_TRUE(next->operations().empty());
    EXPECT_EQ(vm.mempool().size(), 0U) << "the twin can never be accepted any more";
    EXPECT_EQ(vm.submit(dag.submit("alice", "job")).error().code, ErrorCode::kDuplicate);
}

// D21 status moved without checking the current one.
TEST_F(DagVmTest, D21ADecidedVertexIsNeverDecidedAgain) {
    const VertexPtr yes = verified({}, {dag.submit("alice", "job")});
    const VertexPtr no = verified({}, {dag.submit("alice", "job")}, 1);
    must(vm.accept(yes->id()));
    must(vm.reject(no->id()));
    for (const VertexPtr& vertex : {yes, no}) {
        EXPECT_EQ(vm.accept(vertex->id()).error().code, ErrorCode::kWrongState);
        EXPECT_EQ(vm.reject(vertex->id()).error().code, ErrorCode::kWrongState);
        EXPECT_EQ(verdict(vertex), ErrorCode::kWrongState);
    }
    DagVm again = dag.open(store);
    EXPECT_EQ(again.status(yes->id()).value(), VertexStatus::kAccepted);
    EXPECT_EQ(again.status(no->id()).value(), VertexStatus::kRejected);
    EXPECT_EQ(again.verify(dag.make({no}, {}), dag.now()).error().code, ErrorCode::kBadParent);
}

TEST_F(DagVmTest, NothingStandsOnTwoVerticesThatConflict) {
    const VertexPtr left = verified({}, {dag.submit("alice", "job")});
    const VertexPtr right = verified({}, {dag.submit("alice", "job")}, 1);
    const VertexPtr above = verified({right}, {}, 1);
    EXPECT_EQ(verdict(dag.make({left, right}, {})), ErrorCode::kConflict);
    EXPECT_EQ(verdict(dag.make({left, above}, {})), ErrorCode::kConflict);
    EXPECT_EQ(vm.set_preference({left->id(), above->id()}).error().code, ErrorCode::kConflict);
    EXPECT_EQ(vm.set_preference({salt_of("unknown")}).error().code, ErrorCode::kNotFound);
    must(vm.set_preference({above->id()}));
    EXPECT_EQ(vm.preferred_frontier().value(), std::vector{above->id()});
}

// Later operations on a job share its key, so that they must follow each other.
TEST_F(DagVmTest, AVertexFollowsTheHolderOfItsJob) {
    const std::string task = TestDag::job_of("alice", "job");
    const VertexPtr submits = verified({}, {dag.submit("alice", "job")});
    const VertexPtr follows = verified({submits}, {dag.by("p-1", result(task, "p-1", 1))});
    EXPECT_TRUE(vm.conflicts(follows->id()).empty()) << "its ancestor is no rival";
    const VertexPtr besides = verified({submits}, {dag.by("p-2", result(task, "p-2", 1))}, 1);
    EXPECT_EQ(vm.conflicts(follows->id()), std::vector{besides->id()});
    must(vm.accept(submits->id()));
    must(vm.accept(follows->id()));
    EXPECT_EQ(vm.accept(besides->id()).error().code, ErrorCode::kConflict);
    must(vm.reject(besides->id()));
    EXPECT_EQ(verdict(dag.make({submits}, {dag.by("p-2", result(task, "p-2", 1))}, 1)),
              ErrorCode::kConflict);
    EXPECT_EQ(verdict(dag.make({follows}, {dag.by("p-2", result(task, "p-2", 1))}, 1)),
              std::nullopt);
}

TEST(DagVmPolicy, UnderTheOperationPolicyTurnsOnOneJobAreConcurrent) {
    TestOptions options;
    options.parameters.dag.emplace().conflict_key = ConflictKeyPolicy::kOperation;
    TestDag dag(options);
    MemoryStore store;
    DagVm vm = dag.open(store);
    const std::string task = TestDag::job_of("alice", "job");
    const OperationPtr turn = dag.by("p-1", result(task, "p-1", 1));
    const VertexPtr a = dag.make({}, {turn});
    const VertexPtr b = dag.make({}, {dag.by("p-2", result(task, "p-2", 1))}, 1);
    const VertexPtr twin = dag.make({b}, {turn}, 1);
    for (const VertexPtr& vertex : {a, b, twin}) must(vm.verify(vertex, dag.now()));
    EXPECT_TRUE(vm.conflicts(b->id()).empty());
    EXPECT_EQ(vm.conflicts(a->id()), std::vector{twin->id()});
    EXPECT_TRUE(a->conflicts(*b)) << "as published";
}

// D50, L4: operations of a rejected vertex whose job no other vertex has taken return to the queue.
TEST_F(DagVmTest, UncontestedJobsOfARejectedVertexReturnToTheQueue) {
    const VertexPtr winner = verified({}, {dag.submit("alice", "contested")});
    const OperationPtr lost = dag.submit("alice", "contested");
    const OperationPtr kept = dag.submit("carol", "uncontested");
    const OperationPtr joins = dag.by("p-1", registration("p-1", lux(1000)));
    const VertexPtr loser = verified({}, {lost, kept, joins}, 1);
    must(vm.accept(winner->id()));
    const auto before = vm.state().state_root;
    must(vm.reject(loser->id()));
    EXPECT_EQ(vm.state().state_root, before);
    EXPECT_FALSE(vm.mempool().contains(*lost));
    EXPECT_TRUE(vm.mempool().contains(*kept));
    EXPECT_TRUE(vm.mempool().contains(*joins));
    const VertexPtr next = vm.build_vertex(dag.build_options(vm, 1)).value();
    EXPECT_EQ(next->operations().size(), 2U);
}

TEST_F(DagVmTest, ABuilderLeavesOutWhatIsContestedOrWouldOvertakeItsOwnSender) {
    verified({}, {dag.submit("alice", "job-1")}, 1);
    const std::string task = TestDag::job_of("alice", "job-1");
    const OperationPtr contested = dag.by("p-1", hidden_challenge(task, "p-1", 1));
    const OperationPtr overtakes = dag.submit("alice", "job-2");
    const OperationPtr fine = dag.submit("carol", "job-3");
    for (const OperationPtr& operation : {contested, overtakes, fine}) must(vm.submit(operation));
    const VertexPtr built = vm.build_vertex(dag.build_options(vm)).value();
    ASSERT_EQ(built->operations().size(), 1U);
    EXPECT_EQ(built->operations()[0]->id(), fine->id());
    EXPECT_EQ(vm.mempool().size(), 3U) << "nothing leaves the queue before it is accepted";
}

TEST_F(DagVmTest, ABuilderThatContestsStandsOnAcceptedVerticesAndCarriesWhatOthersCarry) {
    const OperationPtr task = dag.submit("alice", "job");
    must(vm.submit(task));
    const VertexPtr preferred = verified({}, {task}, 1);
    must(vm.set_preference({preferred->id()}));
    DagVm::BuildOptions options = dag.build_options(vm);
    options.needs_operations = true;
    EXPECT_EQ(vm.build_vertex(options).error().code, ErrorCode::kNotFound);
    options.contests = true;
    const auto rival = vm.build_vertex(options);
    ASSERT_TRUE(rival) << rival.error().text();
    EXPECT_EQ((*rival)->operations(), std::vector{task});
    EXPECT_EQ(vm.conflicts((*rival)->id()), std::vector{preferred->id()});
}

TEST_F(DagVmTest, AForcedOperationIsCarriedAlthoughItIsVoidAndTakesItsJobUntilTheCut) {
    DagVm::BuildOptions options = dag.build_options(vm);
    const std::string job = TestDag::job_of("alice", "job");
    options.forced = {dag.by("mallory", op::ChallengeReveal{job, Answer{0}, Hash32{}})};
    const auto vertex = vm.build_vertex(options);
    ASSERT_TRUE(vertex) << vertex.error().text();
    EXPECT_EQ((*vertex)->jobs(), std::vector{"job:" + job});
    must(vm.accept((*vertex)->id()));
    EXPECT_TRUE(vm.job_is_taken("job:" + job).value());
    cut();
    EXPECT_FALSE(vm.job_is_taken("job:" + job).value()) << "it was void";
}

TEST_F(DagVmTest, ABuilderSeesWhatThePreferredVerticesDo) {
    const VertexPtr first = verified({}, {dag.submit("alice", "job-1")}, 1);
    must(vm.submit(dag.submit("alice", "job-2")));
    EXPECT_EQ(vm.submit(dag.by("bob", submission("expensive", lux(1'000'000)))).error().code,
              ErrorCode::kInsufficientFunds);
    must(vm.submit(dag.by("bob", leave("nobody"))));  // refused by the builder
    must(vm.set_preference({first->id()}));
    const VertexPtr built = vm.build_vertex(dag.build_options(vm)).value();
    EXPECT_EQ(built->parents(), std::vector{first->id()});
    ASSERT_EQ(built->operations().size(), 1U);
    EXPECT_EQ(built->jobs()[0], "job:" + TestDag::job_of("alice", "job-2"));
}

// D03, S10: the same frontier, queue and options produce the same vertex. S20: one per sequence,
// across restarts, and what was signed is issued again.
TEST_F(DagVmTest, D03BuildingIsAPureFunctionAndEachSequenceIsSignedOnce) {
    MemoryStore other_store;
    DagVm other = dag.open(other_store);
    for (int i = 0; i < 40; ++i) {
        const OperationPtr operation =
            dag.submit(i % 2 ? "alice" : "bob", "job-" + std::to_string(i));
        must(vm.submit(operation));
        must(other.submit(operation));
    }
    const VertexPtr built = vm.build_vertex(dag.build_options(vm)).value();
    EXPECT_EQ(built->operations().size(), kVertexOpsMax);
    EXPECT_EQ(other.build_vertex(dag.build_options(other)).value()->encode(), built->encode());
    const VertexPtr second = vm.build_vertex(dag.build_options(vm)).value();
    EXPECT_EQ(second->header().sequence, 2U);
    EXPECT_EQ(second->parents(), std::vector{built->id()}) << "its own line";

    DagVm again = dag.open(store);
    EXPECT_EQ(again.build_vertex(dag.build_options(again)).error().code, ErrorCode::kWindowNotOpen);
    const auto own = again.own_undecided();
    ASSERT_EQ(own.size(), 2U);
    EXPECT_EQ(own[0]->encode(), built->encode());
    for (const VertexPtr& vertex : own) must(again.verify(vertex, dag.now()));
    EXPECT_EQ(again.build_vertex(dag.build_options(again)).value()->header().sequence, 3U);
    must(again.accept(built->id()));
    must(again.reject(second->id()));
    EXPECT_EQ(dag.open(store).own_undecided().size(), 1U) << "decided ones are forgotten";
}

// ---- the line of a proposer ---------------------------------------------------------------------

TEST_F(DagVmTest, AVertexFollowsItsProposersVertexBeforeIt) {
    const VertexPtr first = verified({}, {dag.submit("alice", "job")});
    const VertexPtr rival = verified({}, {dag.submit("alice", "job")}, 1);
    const VertexPtr second = dag.make({rival}, {});  // does not stand on the first
    EXPECT_EQ(verdict(second), ErrorCode::kWindowNotOpen);
    must(vm.accept(rival->id()));
    must(vm.reject(first->id()));
    EXPECT_EQ(verdict(second), std::nullopt) << "a rejected vertex can be nobody's ancestor";
}

TEST_F(DagVmTest, AVertexThatTheNetworkAcceptedIsNotHeldBack) {
    const VertexPtr first = verified({}, {});
    const VertexPtr second = dag.make({}, {dag.submit("alice", "job")});
    EXPECT_EQ(verdict(second), ErrorCode::kWindowNotOpen);
    must(vm.verify(second, {0, true}));
    EXPECT_EQ(vm.status(first->id()).value(), VertexStatus::kProcessing);
}

TEST(DagVmPolicy, AProposerHasAtMostItsShareOfUndecidedVertices) {
    TestOptions options;
    options.parameters.dag.emplace().vertices_in_flight = 2;
    TestDag dag(options);
    MemoryStore store;
    DagVm vm = dag.open(store);
    const VertexPtr a = vm.build_vertex(dag.build_options(vm)).value();
    const VertexPtr b = vm.build_vertex(dag.build_options(vm)).value();
    EXPECT_EQ(vm.build_vertex(dag.build_options(vm)).error().code, ErrorCode::kLimitReached);
    MemoryStore other_store;
    DagVm other = dag.open(other_store);
    VertexHeader header = dag.header_on({a, b});
    header.sequence = 3;
    const VertexPtr third = dag.sign(header, {});
    for (const VertexPtr& vertex : {a, b}) must(other.verify(vertex, dag.now()));
    EXPECT_EQ(other.verify(third, dag.now()).error().code, ErrorCode::kLimitReached);
    must(other.accept(a->id()));
    must(other.verify(third, dag.now()));
}

// ---- cuts ---------------------------------------------------------------------------------------

TEST_F(DagVmTest, AVertexIsAcceptedAndNotSettledBeforeItsCut) {
    const VertexPtr vertex = accepted({}, {dag.submit("alice", "job")});
    EXPECT_EQ(status(vertex), VertexStatus::kAccepted);
    EXPECT_FALSE(is_settled(vertex));
    EXPECT_FALSE(has_task("alice", "job"));
    EXPECT_TRUE(vm.forecast(0).value().find_task(TestDag::job_of("alice", "job")).has_value());
    EXPECT_TRUE(vm.wants_cut());
    const VertexPtr first = cut();
    EXPECT_EQ(vm.settled_by(vertex->id()).value(), std::optional<std::uint64_t>(1));
    EXPECT_EQ(vm.settled_by(first->id()).value(), std::optional<std::uint64_t>(1));
    EXPECT_TRUE(has_task("alice", "job"));
    EXPECT_EQ(vm.last_result()->slice, std::vector{vertex});
    EXPECT_TRUE(vm.accepted().unsettled().empty());
}

TEST_F(DagVmTest, AtMostOneCutOfANumberIsAccepted) {
    accepted({}, {dag.submit("alice", "job")});
    const VertexPtr one = vm.build_cut(dag.cut_request(vm, 0)).value();
    MemoryStore other_store;
    DagVm other = dag.open(other_store);
    const VertexPtr two = other.build_cut(dag.cut_request(other, 1)).value();
    must(vm.verify(two, dag.now()));
    EXPECT_TRUE(one->conflicts(*two));
    EXPECT_EQ(vm.conflicts(one->id()), std::vector{two->id()});
    must(vm.accept(two->id()));
    EXPECT_EQ(vm.accept(one->id()).error().code, ErrorCode::kConflict);
    must(vm.reject(one->id()));
    EXPECT_TRUE(vm.state().tasks.empty()) << "the other cut did not see the vertex";
    settle(vm, dag, 1);
    EXPECT_TRUE(has_task("alice", "job")) << "and it is in the next slice";
}

TEST_F(DagVmTest, OnlyACutNamesACutThatIsNotAccepted) {
    const VertexPtr first = vm.build_cut(dag.cut_request(vm, 0)).value();
    const VertexPtr early = dag.make({first}, {}, 1);
    EXPECT_EQ(verdict(early), ErrorCode::kWindowNotOpen);
    EXPECT_EQ(vm.preferred_frontier().value(), std::vector{dag.genesis()->id});
    must(vm.set_preference({first->id()}));
    EXPECT_EQ(vm.preferred_frontier().value(), std::vector{dag.genesis()->id});
    EXPECT_EQ(vm.preferred_frontier(DagVm::UndecidedCuts::kInclude).value(),
              std::vector{first->id()});
    const VertexPtr second = vm.build_cut(dag.cut_request(vm, 1)).value();
    EXPECT_EQ(second->cut(), 2U);
    EXPECT_EQ(vm.accept(second->id()).error().code, ErrorCode::kBadParent);
    must(vm.accept(first->id()));
    EXPECT_EQ(verdict(early), std::nullopt);
    must(vm.accept(second->id()));
    EXPECT_EQ(vm.last_cut_number(), 2U);
}

TEST_F(DagVmTest, ACutIsCheckedInEveryField) {
    const VertexPtr vertex = accepted({}, {dag.submit("alice", "job")});
    const VertexPtr good = vm.build_cut(dag.cut_request(vm, 0)).value();
    must(vm.reject(good->id()));
    VertexHeader header = good->header();
    const auto with = [&](auto&& change) {
        VertexHeader h = header;
        CutSeal seal = good->seal();
        ++header.sequence;
        h.sequence = header.sequence;
        change(h, seal);
        return verdict(dag.sign_cut(h, seal));
    };
    EXPECT_EQ(with([](VertexHeader& h, CutSeal&) { h.cut = 2; }), ErrorCode::kInvalidArgument);
    EXPECT_EQ(with([](VertexHeader& h, CutSeal&) { h.timestamp_ns -= 1; }),
              ErrorCode::kBadTimestamp);
    EXPECT_EQ(with([](VertexHeader& h, CutSeal&) { h.epoch += 1; }), ErrorCode::kInvalidArgument);
    EXPECT_EQ(with([&](VertexHeader& h, CutSeal&) { h.parents = {vertex->id()}; }),
              ErrorCode::kInvalidArgument)
        << "it does not name the cut before";
    EXPECT_EQ(with([](VertexHeader&, CutSeal& s) { s.beacon_secret = salt_of("x"); }),
              ErrorCode::kInvalidArgument);
    EXPECT_EQ(with([](VertexHeader&, CutSeal& s) { s.parent_aivm_root = salt_of("x"); }),
              ErrorCode::kBadRoot);
    EXPECT_EQ(with([](VertexHeader&, CutSeal& s) { s.state_root = salt_of("x"); }),
              ErrorCode::kBadRoot);
    EXPECT_EQ(with([](VertexHeader&, CutSeal& s) { s.receipt_root = salt_of("x"); }),
              ErrorCode::kBadRoot);
    EXPECT_EQ(with([](VertexHeader&, CutSeal&) {}), std::nullopt);
}

// Turn s may issue a cut from the cut before + cut_interval x (1 + s).
TEST_F(DagVmTest, CutsFollowTheSchedule) {
    const State& state = vm.state();
    const auto first = cut_turn(state, dag.rules().chain_id, ValidatorIndex{0});
    const auto second = cut_turn(state, dag.rules().chain_id, ValidatorIndex{1});
    ASSERT_TRUE(first && second);
    EXPECT_EQ(*first + *second, 1U) << "an order of two";
    EXPECT_FALSE(cut_turn(state, dag.rules().chain_id, ValidatorIndex{2}));
    for (const std::uint32_t proposer : {0U, 1U}) {
        const std::uint64_t turn = proposer == 0 ? *first : *second;
        EXPECT_EQ(vm.cut_due_ns(ValidatorIndex{proposer}),
                  state.head.timestamp_ns + (1 + turn) * 4'000'000'000);
        BuildRequest request = dag.cut_request(vm, proposer);
        request.timestamp_ns -= 1;
        EXPECT_EQ(vm.build_cut(request).error().code, ErrorCode::kTooEarly);
    }
}

TEST_F(DagVmTest, TheTurnsAreDrawnByStakeAndAnew) {
    int firsts = 0;
    for (int i = 0; i < 40; ++i) {
        firsts += cut_turn(vm.state(), dag.rules().chain_id, ValidatorIndex{0}) == 0U ? 1 : 0;
        cut();
    }
    EXPECT_GT(firsts, 8);
    EXPECT_LT(firsts, 32);
}

TEST_F(DagVmTest, TheBeaconDoesNotDependOnTheParentsOfACut) {
    MemoryStore other_store;
    DagVm other = dag.open(other_store);
    accepted({}, {dag.submit("alice", "job")});
    cut();
    settle(other, dag);
    EXPECT_EQ(vm.state().head.beacon, other.state().head.beacon);
    EXPECT_NE(vm.state().state_root, other.state().state_root);
}

TEST(DagVmPolicy, ASliceHoldsAtMostSoManyVertices) {
    TestOptions options;
    options.parameters.dag.emplace().cut_vertices_max = 3;
    TestDag dag(options);
    MemoryStore store;
    DagVm vm = dag.open(store);
    std::vector<VertexPtr> line;
    for (int i = 0; i < 7; ++i) {
        line.push_back(dag.make(line.empty() ? std::vector<VertexPtr>{} : std::vector{line.back()},
                                {dag.submit("alice", "job-" + std::to_string(i))}));
        must_accept(vm, dag, line.back());
    }
    for (const std::size_t tasks : {3U, 6U, 7U, 7U}) {
        settle(vm, dag);
        EXPECT_EQ(vm.state().tasks.size(), tasks);
    }
    // A cut above all of them would be invalid.
    MemoryStore fresh;
    DagVm victim = dag.open(fresh);
    for (const VertexPtr& vertex : line) must_accept(victim, dag, vertex);
    VertexHeader header = dag.header_on({line.back()});
    header.parents.push_back(dag.genesis()->id);
    std::sort(header.parents.begin(), header.parents.end());
    header.cut = 1;
    header.timestamp_ns += 100 * kBlockNs;
    const BuildRequest request = TestChain::request_by(victim.state(), ValidatorIndex{0}, 0);
    CutSeal seal;
    seal.beacon_secret = request.beacon_secret;
    const Status status = victim.verify(dag.sign_cut(header, seal), dag.now());
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(status.error().text().find("too many vertices"), std::string::npos);
}

TEST_F(DagVmTest, ADagThatHasNothingToSettleNeedsNoCut) {
    EXPECT_FALSE(vm.wants_cut());
    EXPECT_FALSE(vm.wants_vertex());
    accepted({}, {});
    EXPECT_FALSE(vm.wants_cut()) << "an empty vertex settles nothing";
    must(vm.submit(dag.submit("alice", "job")));
    EXPECT_TRUE(vm.wants_vertex());
    const VertexPtr built = vm.build_vertex(dag.build_options(vm, 1)).value();
    must(vm.accept(built->id()));
    EXPECT_TRUE(vm.wants_cut());
    int cuts = 0;
    while (vm.wants_cut() && cuts < 200) {
        cut();
        ++cuts;
    }
    // Unanswered, the task is assigned and given up until it fails; the receipts are anchored.
    EXPECT_LT(cuts, 200);
    EXPECT_GT(cuts, 5);
    EXPECT_TRUE(vm.state().height_timers.empty());
}

TEST(DagVmPolicy, AVertexNamesTheEpochAfterItsCut) {
    TestOptions options;
    options.parameters.config.epoch_duration_ns = 1;
    TestDag dag(options);
    MemoryStore store;
    DagVm vm = dag.open(store);
    const VertexPtr before = dag.make({}, {});
    settle(vm, dag, 1);
    ASSERT_EQ(vm.state().head.epoch, 1U);
    must_accept(vm, dag, before);  // built on genesis, it is of epoch 0
    const VertexPtr built = vm.build_vertex(dag.build_options(vm, 1)).value();
    EXPECT_EQ(built->cut(), 1U);
    EXPECT_EQ(built->epoch(), 1U);
    const VertexPtr cut = vm.get_vertex(vm.accepted().last_cut()).value();
    EXPECT_EQ(cut->epoch(), 0U);
    const Status stale = vm.verify(dag.make({cut, before}, {}), dag.now());
    EXPECT_EQ(stale.error().code, ErrorCode::kInvalidArgument);
    DagVm again = dag.open(store);
    EXPECT_EQ(again.accepted().epoch_after(0), 0U);
    EXPECT_EQ(again.accepted().epoch_after(1), 1U);
    EXPECT_EQ(again.accepted().validator_after(1, ValidatorIndex{1}),
              vm.state().validators[1].address);
    EXPECT_FALSE(again.accepted().validator_after(1, ValidatorIndex{2}).has_value());
}

// ---- void operations ----------------------------------------------------------------------------

// F12: a void submission must not keep a job id.
TEST_F(DagVmTest, F12AVoidSubmissionTakesNoJobId) {
    // Somebody without money, under alice's id: it is not her job.
    const VertexPtr forged = accepted({}, {dag.by("mallory", submission("job"))}, 1);
    const OperationPtr hers = dag.submit("alice", "job");
    must(vm.submit(hers));
    const VertexPtr honest = verified({}, {hers});
    EXPECT_FALSE(honest->conflicts(*forged));
    must(vm.accept(honest->id()));
    cut();
    EXPECT_TRUE(has_task("alice", "job"));
    EXPECT_FALSE(has_task("mallory", "job"));
    ASSERT_EQ(vm.last_result()->voids.size(), 1U);
    EXPECT_EQ(vm.last_result()->voids[0].reason.code, ErrorCode::kInsufficientFunds);
}

TEST_F(DagVmTest, F12AJobWhoseOperationsWereAllVoidIsFreeAgain) {
    const OperationPtr poor = dag.by("alice", submission("job", lux(20'000)));
    const VertexPtr wasted = accepted({}, {poor}, 1);
    EXPECT_EQ(vm.submit(dag.submit("alice", "job")).error().code, ErrorCode::kDuplicate);
    const VertexPtr rival = dag.make({}, {dag.submit("alice", "job")});
    EXPECT_EQ(verdict(rival), ErrorCode::kConflict);
    const VertexPtr first = cut();
    EXPECT_FALSE(has_task("alice", "job"));
    must(vm.submit(dag.submit("alice", "job")));
    EXPECT_EQ(verdict(rival), ErrorCode::kConflict)
        << "its verdict follows from its ancestors, not from when it is seen";
    const VertexPtr second = accepted({first}, {dag.submit("alice", "job")});
    cut();
    EXPECT_TRUE(has_task("alice", "job"));
    EXPECT_TRUE(vm.job_is_taken(second->jobs()[0]).value());
    EXPECT_EQ(vm.submit(dag.submit("alice", "job")).error().code, ErrorCode::kDuplicate);
}

TEST_F(DagVmTest, AVoidOperationChangesNothingButItsInclusionFee) {
    const Operation body{address_of("alice"), 7, submission("job", lux(20'000)), lux(2)};
    const Hash32 id = SignedOperation(body, {}).id();
    const auto operation =
        std::make_shared<const SignedOperation>(body, TestAuthorizer::sign(body.sender, id));
    MemoryStore other_store;
    DagVm other = dag.open(other_store);
    accepted({}, {operation});
    cut();
    must_accept(other, dag, dag.make({}, {}));
    settle(other, dag);
    const Address proposer = dag.genesis()->state.validators[0].address;
    EXPECT_EQ(vm.state().balance(address_of("alice")), lux(10'000 - 2));
    EXPECT_EQ(vm.state().balance(proposer), other.state().balance(proposer) + lux(2));
    EXPECT_EQ(vm.state().nonce(address_of("alice")), 7U);
    EXPECT_TRUE(vm.state().tasks.empty());
    EXPECT_TRUE(audit_state(vm.state(), dag.rules().parameters).empty());
}

TEST_F(DagVmTest, TwoPaymentsThatTogetherExceedTheBalanceAreSettledByTheOrderOfTheSlice) {
    const VertexPtr a = dag.make({}, {dag.by("alice", submission("job-a", lux(6000)))});
    const VertexPtr b = dag.make({}, {dag.by("alice", submission("job-b", lux(6000)))}, 1);
    MemoryStore other_store;
    DagVm other = dag.open(other_store);
    must_accept(vm, dag, a);
    must_accept(vm, dag, b);
    must_accept(other, dag, b);
    must_accept(other, dag, a);
    const VertexPtr first = cut();
    must_accept(other, dag, first);
    EXPECT_EQ(vm.state().tasks.size(), 1U);
    EXPECT_EQ(vm.last_result()->voids.size(), 1U);
    EXPECT_EQ(vm.state().state_root, other.state().state_root);
}

// ---- what is settled is settled -----------------------------------------------------------------

// A whole task on the DAG: submitted, drawn, answered and paid.
void run_task(DagVm& vm, TestDag& dag, std::string_view job) {
    const std::string task = TestDag::job_of("alice", job);
    must(vm.submit(dag.submit("alice", job)));
    const auto step = [&] {
        const VertexPtr vertex = vm.build_vertex(dag.build_options(vm)).value();
        must(vm.accept(vertex->id()));
        settle(vm, dag);
        EXPECT_TRUE(audit_state(vm.state(), dag.rules().parameters).empty());
    };
    for (int i = 0; i < 3; ++i) step();
    const TaskIndex index = vm.state().find_task(task).value();
    ASSERT_EQ(vm.state().task(index).status, TaskStatus::kAssigned);
    must(vm.submit(dag.by("served", result(task, "served", 1))));
    step();
    EXPECT_EQ(vm.state().task(index).status, TaskStatus::kPosted);
    for (int i = 0; i < 6; ++i) step();
    EXPECT_EQ(vm.state().task(index).status, TaskStatus::kCompleted);
    EXPECT_EQ(vm.state().receipts.size(), 1U);
}

TEST_F(DagVmTest, ATaskLivesItsWholeLifeOnTheDag) { run_task(vm, dag, "job"); }

// F13: a late vertex must not undo a task that is completed, paid and claimed.
TEST_F(DagVmTest, F13ALateVertexUndoesNothingThatWasSettled) {
    // Built beside the first vertex, with nonces before those of the task and of the claim.
    const OperationPtr earlier = dag.submit("alice", "earlier");
    run_task(vm, dag, "job");
    must(vm.submit(dag.by("served", claim("served"))));
    const VertexPtr vertex = vm.build_vertex(dag.build_options(vm)).value();
    must(vm.accept(vertex->id()));
    cut();
    const Amount paid = vm.state().balance(address_of("served"));
    EXPECT_FALSE(paid.is_zero());
    const Hash32 settled = vm.state().state_root;
    const std::uint64_t tasks = vm.state().tasks.size();

    const VertexPtr late = dag.make({}, {earlier}, 1);
    EXPECT_EQ(late->height(), 1U);
    must_accept(vm, dag, late);
    EXPECT_EQ(vm.state().state_root, settled);
    cut();
    EXPECT_EQ(vm.state().tasks.size(), tasks) << "its nonce is used, so it is void";
    EXPECT_EQ(vm.state().balance(address_of("served")), paid);
    EXPECT_EQ(vm.state().task(vm.state().find_task(TestDag::job_of("alice", "job")).value()).status,
              TaskStatus::kCompleted);
    EXPECT_EQ(vm.settled_by(late->id()).value(), vm.last_cut_number());
}

class CountingCuts final : public CutExecutor {
public:
    Result<CutResultPtr> execute(const State& below, const VertexPtr& cut,
                                 std::vector<VertexPtr> slice, const Rules& rules) override {
        ++executed;
        vertices += slice.size();
        return execute_cut(below, cut, std::move(slice), rules);
    }
    void remember(const CutResultPtr&) override {}
    int executed = 0;
    std::size_t vertices = 0;
};

// F14: a late vertex must not cost an execution of what was settled.
TEST_F(DagVmTest, F14LateVerticesExecuteNothingAgain) {
    CountingCuts executor;
    MemoryStore other_store;
    DagVm::Setup setup = dag.setup(other_store);
    setup.executor = &executor;
    DagVm other = DagVm::open(setup).value();
    const auto follow = [&](const VertexPtr& vertex) { must_accept(other, dag, vertex); };
    for (int i = 0; i < 80; ++i) {
        const VertexPtr vertex =
            accepted(i == 0 ? std::vector<VertexPtr>{}
                            : std::vector{vm.get_vertex(vm.accepted().last_cut()).value()},
                     {dag.submit("alice", "job-" + std::to_string(i))});
        follow(vertex);
        follow(cut());
    }
    EXPECT_EQ(executor.executed, 80);
    EXPECT_EQ(executor.vertices, 80U);
    std::vector<VertexPtr> late;
    for (int i = 0; i < 20; ++i) {
        late.push_back(
            dag.make(late.empty() ? std::vector<VertexPtr>{} : std::vector{late.back()}, {}, 1));
        follow(late.back());
    }
    EXPECT_EQ(executor.executed, 80);
    EXPECT_EQ(executor.vertices, 80U);
}

// ---- evidence -----------------------------------------------------------------------------------

op::Evidence evidence_of(const Vertex& first, const Vertex& second) {
    const auto shown = [](const Vertex& v) {
        return Writer().u64(v.cut()).raw(v.authorization()).take();
    };
    return {first.header().proposer.value,
            first.header().sequence,
            Hash32{},
            first.id(),
            shown(first),
            second.id(),
            shown(second)};
}

TEST_F(DagVmTest, TwoVerticesOfOneSequenceCostTheirProposerHalfItsStake) {
    const VertexPtr one = verified({}, {dag.submit("alice", "job-1")}, 1);
    VertexHeader header = one->header();
    const VertexPtr two = dag.sign(header, {dag.submit("bob", "job-2")});
    must(vm.verify(two, dag.now()));
    const Amount stake = vm.state().validators[1].stake;
    op::Evidence wrong = evidence_of(*one, *two);
    wrong.slot += 1;
    EXPECT_EQ(vm.submit(dag.by("carol", wrong)).error().code, ErrorCode::kNotAuthorized);
    wrong = evidence_of(*one, *two);
    wrong.parent = one->id();  // another slot, as if a block's
    EXPECT_EQ(vm.submit(dag.by("carol", wrong)).error().code, ErrorCode::kInvalidArgument);
    wrong = evidence_of(*one, *two);
    wrong.first_authorization[7] ^= 1;  // another cut
    EXPECT_EQ(vm.submit(dag.by("carol", wrong)).error().code, ErrorCode::kNotAuthorized);
    must(vm.submit(dag.by("carol", evidence_of(*one, *two))));
    const VertexPtr built = vm.build_vertex(dag.build_options(vm)).value();
    ASSERT_EQ(built->operations().size(), 1U);
    must(vm.accept(built->id()));
    cut();
    EXPECT_EQ(vm.state().validators[1].stake, Amount(stake.nlux() / 2));
    EXPECT_EQ(vm.submit(dag.by("carol", evidence_of(*two, *one))).error().code,
              ErrorCode::kDuplicate);
}

TEST(DagVmPolicy, EvidenceAgesWithTheCutsOnWhichItsVerticesStand) {
    TestOptions options;
    options.parameters.policy.evidence_ttl_blocks = 3;
    TestDag dag(options);
    MemoryStore store;
    DagVm vm = dag.open(store);
    const auto pair_on = [&](const std::vector<VertexPtr>& parents) {
        const VertexHeader header = dag.header_on(parents, 1);
        return evidence_of(*dag.sign(header, {dag.submit("alice", "a")}),
                           *dag.sign(header, {dag.submit("alice", "b")}));
    };
    for (int i = 0; i < 3; ++i) settle(vm, dag);
    const VertexPtr newest = vm.get_vertex(vm.accepted().last_cut()).value();
    EXPECT_EQ(vm.submit(dag.by("carol", pair_on({}))).error().code, ErrorCode::kWindowClosed);
    must(vm.submit(dag.by("carol", pair_on({newest}))));
}

// ---- the store ----------------------------------------------------------------------------------

TEST_F(DagVmTest, AStoreOfAnotherGenesisOrOfAChainIsRefused) {
    TestOptions options;
    options.allocation = lux(1);
    EXPECT_EQ(DagVm::open(TestDag(options).setup(store)).error().code, ErrorCode::kConfig);
    options = one_epoch();
    options.parameters.dag.emplace().cut_interval_ns = 1;
    const auto other = DagVm::open(TestDag(options).setup(store));
    ASSERT_FALSE(other);
    EXPECT_NE(other.error().text().find("cut_interval_ns"), std::string::npos)
        << other.error().text();
    MemoryStore chain_store;
    TestOptions chained;
    chained.store = &chain_store;
    TestChain chain(chained);
    EXPECT_EQ(DagVm::open(dag.setup(chain_store)).error().code, ErrorCode::kConfig);
}

// S17: a write that fails changes nothing, and a read that fails is never "unset".
TEST(DagVmStore, AFailedWriteMovesNothingAndAFailedReadDecidesNothing) {
    TestDag dag;
    MemoryStore disk;
    FailingStore store(disk);
    DagVm vm = dag.open(store);
    const VertexPtr vertex = dag.make({}, {dag.submit("alice", "job")}, 1);
    must(vm.verify(vertex, dag.now()));
    const auto stored = contents(disk);
    store.fail_at(store.writes(), Failure::kRefuses);
    EXPECT_EQ(vm.accept(vertex->id()).error().code, ErrorCode::kStorage);
    EXPECT_EQ(vm.reject(vertex->id()).error().code, ErrorCode::kStorage);
    EXPECT_EQ(vm.build_vertex(dag.build_options(vm)).error().code, ErrorCode::kStorage);
    EXPECT_EQ(vm.build_cut(dag.cut_request(vm)).error().code, ErrorCode::kStorage);
    EXPECT_EQ(vm.status(vertex->id()).value(), VertexStatus::kProcessing);
    EXPECT_EQ(vm.processing_count(), 1U);
    EXPECT_TRUE(vm.own_undecided().empty());
    EXPECT_EQ(contents(disk), stored);
    store.fail_reads(true);
    EXPECT_EQ(vm.verify(dag.make({}, {}, 1), dag.now()).error().code, ErrorCode::kStorage);
    EXPECT_EQ(vm.accept(vertex->id()).error().code, ErrorCode::kStorage);
}

// D18 in the index of jobs: read as unset, it would let a second vertex take the job.
TEST(DagVmStore, D18AnUnreadableJobIndexDecidesNothing) {
    TestDag dag;
    MemoryStore disk;
    FailingStore store(disk);
    DagVm vm = dag.open(store);
    must_accept(vm, dag, dag.make({}, {dag.submit("alice", "job")}));
    store.fail_reads_of(keys::kJob);
    const VertexPtr second = dag.make({}, {dag.submit("alice", "job")}, 1);
    EXPECT_EQ(vm.verify(second, dag.now()).error().code, ErrorCode::kStorage);
}

}  // namespace
}  // namespace aivm::test
