// The VM on a DAG as a node uses it: build, verify, accept, reject and prefer, and the calls that
// it must refuse.
#include "core/vm/dag_vm.h"

#include <gtest/gtest.h>

#include "core/audit/audit.h"
#include "core/dag/state_entry.h"
#include "core/state/keys.h"
#include "core/state/load.h"
#include "core/testing/failing_store.h"
#include "core/testing/test_dag.h"

namespace aivm::test {
namespace {

struct DagVmTest : testing::Test {
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
    VertexStatus status(const VertexPtr& vertex) { return vm.status(vertex->id()).value(); }
};

// S8: every field of the header is checked, and a failed verify leaves nothing (S15).
TEST_F(DagVmTest, VerifyChecksEveryFieldAndLeavesNoTrace) {
    const VertexPtr root = dag.make({}, {dag.submit("alice", "job-1")});
    must_accept(vm, dag, root);
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
    EXPECT_EQ(with([](VertexHeader& h) { h.epoch += 2; }), ErrorCode::kInvalidArgument);
    EXPECT_EQ(with([](VertexHeader& h) { h.proposer.value = 99; }), ErrorCode::kNotFound);
    EXPECT_EQ(with([](VertexHeader&) {}), std::nullopt);
    const Vertex bare(dag.header_on({root}), {}, {});
    EXPECT_EQ(verdict(std::make_shared<const Vertex>(bare.with_authorization({1}))), std::nullopt)
        << "the same id is known by now";
    VertexHeader other = dag.header_on({root});
    other.timestamp_ns += 1;
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
    EXPECT_EQ(verdict(dag.make({}, {good, dag.submit("bob", "job-1")})), ErrorCode::kDuplicate);
    EXPECT_EQ(verdict(dag.make({}, {good, later})), std::nullopt);
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
    const VertexPtr right = verified({}, {dag.submit("bob", "job")}, 1);
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
TEST_F(DagVmTest, D06AcceptMovesFrontierHeightBytesAndStateTogether) {
    const VertexPtr left = verified({}, {dag.submit("alice", "job-1")});
    const VertexPtr right = verified({}, {dag.submit("bob", "job-2")}, 1);
    must(vm.accept(left->id()));
    must(vm.accept(right->id()));
    EXPECT_EQ(vm.accepted_frontier(), (std::set{left->id(), right->id()}));
    EXPECT_EQ(vm.tip_height(), 1U);
    const VertexPtr built = vm.build_vertex(dag.build_options(vm)).value();
    EXPECT_EQ(built->height(), 2U);
    EXPECT_EQ(built->parents().size(), 2U);
    must(vm.accept(built->id()));
    EXPECT_EQ(vm.accepted_frontier(), std::set{built->id()});
    EXPECT_EQ(vm.get_vertex(left->id()).value()->encode(), left->encode());
    EXPECT_EQ(vm.history().vertices_at(1).value().size(), 2U);
    EXPECT_TRUE(vm.history().vertices_at(3).value().empty());
    EXPECT_EQ(vm.state().tasks.size(), 2U);
}

// D07 in the VM: vertices without conflicts are not delayed by conflicts between others.
TEST_F(DagVmTest, D07ARivalOfARivalIsAccepted) {
    const VertexPtr a = verified({}, {dag.submit("alice", "x")});
    const VertexPtr b = verified({}, {dag.submit("bob", "x"), dag.submit("carol", "y")});
    const VertexPtr c = verified({}, {dag.submit("p-1", "y")});
    must(vm.accept(a->id()));
    must(vm.accept(c->id()));
    EXPECT_EQ(vm.accept(b->id()).error().code, ErrorCode::kConflict);
    must(vm.reject(b->id()));
}

// D08 an accepted job stays in the queue, is built and accepted again.
TEST_F(DagVmTest, D08AnAcceptedJobLeavesTheQueuePermanently) {
    const OperationPtr mine = dag.submit("alice", "job");
    const OperationPtr rival = dag.submit("bob", "job");
    must(vm.submit(mine));
    must(vm.submit(rival));
    const VertexPtr built = vm.build_vertex(dag.build_options(vm)).value();
    ASSERT_EQ(built->operations().size(), 1U);
    must(vm.accept(built->id()));
    EXPECT_FALSE(vm.mempool().contains(*mine));
    EXPECT_EQ(vm.submit(mine).error().code, ErrorCode::kBadNonce);
    EXPECT_EQ(vm.submit(dag.submit("carol", "job")).error().code, ErrorCode::kDuplicate);
    const VertexPtr next = vm.build_vertex(dag.build_options(vm)).value();
    EXPECT_TRUE(next->operations().empty());
    EXPECT_EQ(vm.mempool().size(), 0U) << "the rival's submission can never be accepted any more";
    EXPECT_EQ(verdict(dag.make({built}, {dag.submit("carol", "job")})), ErrorCode::kConflict);
}

// D21 status moved without checking the current one.
TEST_F(DagVmTest, D21ADecidedVertexIsNeverDecidedAgain) {
    const VertexPtr yes = verified({}, {dag.submit("alice", "job")});
    const VertexPtr no = verified({}, {dag.submit("bob", "job")}, 1);
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
    const VertexPtr right = verified({}, {dag.submit("bob", "job")}, 1);
    const VertexPtr above = verified({right}, {});
    EXPECT_EQ(verdict(dag.make({left, right}, {})), ErrorCode::kConflict);
    EXPECT_EQ(verdict(dag.make({left, above}, {})), ErrorCode::kConflict);
    EXPECT_EQ(verdict(dag.make({above}, {dag.submit("carol", "job")})), ErrorCode::kConflict);
    EXPECT_EQ(vm.set_preference({left->id(), above->id()}).error().code, ErrorCode::kConflict);
    EXPECT_EQ(vm.set_preference({salt_of("unknown")}).error().code, ErrorCode::kNotFound);
    must(vm.set_preference({above->id()}));
    EXPECT_EQ(vm.preferred_frontier().value(), std::vector{above->id()});
}

// D50, L4: operations of a rejected vertex whose job no other vertex has taken return to the queue.
TEST_F(DagVmTest, UncontestedJobsOfARejectedVertexReturnToTheQueue) {
    const VertexPtr winner = verified({}, {dag.submit("alice", "contested")});
    const OperationPtr lost = dag.submit("bob", "contested");
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
    const VertexPtr next = vm.build_vertex(dag.build_options(vm)).value();
    EXPECT_EQ(next->operations().size(), 2U);
}

TEST_F(DagVmTest, ABuilderLeavesOutWhatIsContestedOrWouldOvertakeItsOwnSender) {
    verified({}, {dag.submit("alice", "job-1")}, 1);
    const OperationPtr contested = dag.submit("bob", "job-1");
    const OperationPtr overtakes = dag.submit("alice", "job-2");
    const OperationPtr fine = dag.submit("carol", "job-3");
    for (const OperationPtr& operation : {contested, overtakes, fine}) must(vm.submit(operation));
    const VertexPtr built = vm.build_vertex(dag.build_options(vm)).value();
    ASSERT_EQ(built->operations().size(), 1U);
    EXPECT_EQ(built->operations()[0]->id(), fine->id());
    EXPECT_EQ(vm.mempool().size(), 3U) << "nothing leaves the queue before it is accepted";
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
    EXPECT_EQ(built->jobs()[0].job, "job-2");
}

// D03, S10: the same frontier, queue and options produce the same vertex. S20: one per height,
// across restarts.
TEST_F(DagVmTest, D03BuildingIsAPureFunctionAndHappensOnceAHeight) {
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
    EXPECT_EQ(vm.build_vertex(dag.build_options(vm)).error().code, ErrorCode::kConflict);
    DagVm again = dag.open(store);
    EXPECT_EQ(again.build_vertex(dag.build_options(again)).error().code, ErrorCode::kConflict);
}

// "Independent jobs commute": one requester, two jobs, a balance that both touch, and receipts of
// the state in one order.
TEST_F(DagVmTest, ConcurrentVerticesAcceptedInBothOrdersGiveOneState) {
    const VertexPtr a =
        dag.make({}, {dag.submit("alice", "job-a"), dag.by("p-1", registration("p-1", lux(1000)))});
    const VertexPtr b = dag.make(
        {}, {dag.submit("alice", "job-b"), dag.by("p-2", registration("p-2", lux(1000)))}, 1);
    MemoryStore other_store;
    DagVm other = dag.open(other_store);
    must_accept(vm, dag, a);
    must_accept(vm, dag, b);
    must_accept(other, dag, b);
    must_accept(other, dag, a);
    EXPECT_EQ(contents_digest(vm.state()), contents_digest(other.state()));
    EXPECT_EQ(vm.state().state_root, other.state().state_root);
    EXPECT_EQ(contents(store), contents(other_store));
}

// An archive of anchors lies beside the state: a slice that is executed again makes it again.
TEST(DagVmArchive, ConcurrentVerticesAcceptedInBothOrdersArchiveTheSameAnchors) {
    TestOptions options;
    options.parameters.config.merkle_anchor_freq = 1;
    options.tables.anchors = 2;
    TestDag dag(options);
    std::vector<VertexPtr> line{dag.make({}, {dag.submit("alice", "job-a")})};
    for (int i = 0; i < 5; ++i) line.push_back(dag.make({line.back()}, {}));
    const VertexPtr late = dag.make({}, {dag.submit("bob", "job-b")}, 1);
    MemoryStore in_order;
    MemoryStore late_last;
    DagVm first = dag.open(in_order);
    must_accept(first, dag, late);
    for (const VertexPtr& vertex : line) must_accept(first, dag, vertex);
    DagVm second = dag.open(late_last);
    for (const VertexPtr& vertex : line) must_accept(second, dag, vertex);
    must_accept(second, dag, late);
    EXPECT_EQ(second.state().head.anchor_archives, 2U);
    EXPECT_EQ(contents(in_order), contents(late_last));
    EXPECT_TRUE(late_last.get(keys::indexed(keys::kAnchorArchive, 1)).value().has_value());
}

TEST_F(DagVmTest, TwoPaymentsThatTogetherExceedTheBalanceAreSettledByTheTotalOrder) {
    const VertexPtr a = dag.make({}, {dag.by("alice", submission("job-a", lux(6000)))});
    const VertexPtr b = dag.make({}, {dag.by("alice", submission("job-b", lux(6000)))}, 1);
    must_accept(vm, dag, a);
    must_accept(vm, dag, b);
    const SlicePtr slice = vm.history().kept_slice(1);
    ASSERT_EQ(slice->voids.size(), 1U);
    EXPECT_EQ(slice->voids[0].vertex, std::max(a->id(), b->id()));
    EXPECT_EQ(vm.state().balance(address_of("alice")), lux(4000));
    EXPECT_TRUE(audit_state(vm.state(), dag.rules().parameters).empty());
}

TEST_F(DagVmTest, WhatComesFarBelowTheTipIsTooLateUnlessTheNetworkHasDecided) {
    VertexPtr tip = dag.make({}, {});
    const VertexPtr root = tip;
    must_accept(vm, dag, tip);
    const VertexPtr late = dag.make({root}, {dag.submit("alice", "job")}, 1);
    for (Height h = 2; h <= DagVm::kLateHeights + 2; ++h) {
        tip = dag.make({tip}, {});
        must_accept(vm, dag, tip);
    }
    EXPECT_EQ(vm.settled_height(), 2U);
    EXPECT_EQ(verdict(late), ErrorCode::kWindowClosed);
    must(vm.verify(late, {dag.now().now_ns, true}));
    must(vm.accept(late->id()));
    MemoryStore other_store;  // in the total order
    DagVm other = dag.open(other_store);
    for (Height h = 1; h <= vm.tip_height(); ++h) {
        const auto vertices = vm.history().vertices_at(h).value();
        for (const VertexPtr& vertex : vertices) must_accept(other, dag, vertex);
    }
    EXPECT_EQ(contents(store), contents(other_store));
    EXPECT_EQ(vm.state().state_root, other.state().state_root);
}

// A whole task on the DAG: submitted, drawn, answered and paid, each step in a vertex.
TEST_F(DagVmTest, ATaskLivesItsWholeLifeOnTheDag) {
    must(vm.submit(dag.submit("alice", "job")));
    const auto step = [&] {
        const VertexPtr vertex = vm.build_vertex(dag.build_options(vm)).value();
        must(vm.accept(vertex->id()));
        EXPECT_TRUE(audit_state(vm.state(), dag.rules().parameters).empty());
    };
    for (int i = 0; i < 3; ++i) step();
    const TaskIndex task = vm.state().find_task("job").value();
    ASSERT_EQ(vm.state().task(task).status, TaskStatus::kAssigned);
    must(vm.submit(dag.by("served", result("job", "served", 1))));
    step();
    EXPECT_EQ(vm.state().task(task).status, TaskStatus::kPosted);
    for (int i = 0; i < 6; ++i) step();
    EXPECT_EQ(vm.state().task(task).status, TaskStatus::kCompleted);
    EXPECT_EQ(vm.state().receipts.size(), 1U);
}

TEST_F(DagVmTest, EveryEntryOfAStateIsFoundByItsKey) {
    must_accept(
        vm, dag,
        dag.make({}, {dag.submit("alice", "job"), dag.by("p-1", registration("p-1", lux(1000)))}));
    const WriteBatch all = dump_state(vm.state());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto value = state_entry(vm.state(), all.entry(i).key);
        ASSERT_TRUE(value.has_value());
        EXPECT_TRUE(std::equal(value->begin(), value->end(), all.entry(i).value->begin(),
                               all.entry(i).value->end()));
    }
    EXPECT_FALSE(state_entry(vm.state(), Writer().u8('t').u32(9).view()).has_value());
    EXPECT_FALSE(state_entry(vm.state(), Writer().u8('m').u32(9).view()).has_value());
    EXPECT_FALSE(
        state_entry(vm.state(), Writer().u8('a').fixed(address_of("nobody")).view()).has_value());
    EXPECT_FALSE(state_entry(vm.state(), Writer().u8('k').u8(0).u32(3).view()).has_value());
}

TEST_F(DagVmTest, AStoreOfAnotherGenesisIsRefused) {
    TestOptions options;
    options.allocation = lux(1);
    EXPECT_EQ(DagVm::open(TestDag(options).setup(store)).error().code, ErrorCode::kConfig);
}

// S17: a write that fails changes nothing, and a read that fails is never "unset".
TEST(DagVmStore, AFailedWriteMovesNothingAndAFailedReadDecidesNothing) {
    TestDag dag;
    MemoryStore disk;
    FailingStore store(disk);
    DagVm vm = dag.open(store);
    const VertexPtr vertex = dag.make({}, {dag.submit("alice", "job")});
    must(vm.verify(vertex, dag.now()));
    const Hash32 before = vm.state().state_root;
    const auto stored = contents(disk);
    store.fail_at(store.writes(), Failure::kRefuses);
    EXPECT_EQ(vm.accept(vertex->id()).error().code, ErrorCode::kStorage);
    EXPECT_EQ(vm.reject(vertex->id()).error().code, ErrorCode::kStorage);
    EXPECT_EQ(vm.status(vertex->id()).value(), VertexStatus::kProcessing);
    EXPECT_EQ(vm.state().state_root, before);
    EXPECT_EQ(vm.tip_height(), 0U);
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
    const VertexPtr first = dag.make({}, {dag.submit("alice", "job")});
    must(vm.verify(first, dag.now()));
    must(vm.accept(first->id()));
    store.fail_reads_of(keys::kJob);
    const VertexPtr second = dag.make({}, {dag.submit("bob", "job")});
    EXPECT_EQ(vm.verify(second, dag.now()).error().code, ErrorCode::kStorage);
}

}  // namespace
}  // namespace aivm::test
