// The rows of a small DAG that is issued, contested, decided and settled by hand.
#include "sim/world/dag_record.h"

#include <gtest/gtest.h>

#include "core/testing/test_dag.h"

namespace aivm::sim {
namespace {

using aivm::test::must;
using aivm::test::settle;
using aivm::test::TestDag;

class DagRows : public testing::Test {
protected:
    void verify(const VertexPtr& vertex, SimTime at) {
        must(vm.verify(vertex, dag.now()));
        record.verified(vm, *vertex, at);
    }

    TestDag dag;
    MemoryStore store;
    DagVm vm = dag.open(store);
    DagRecord record{ConflictKeyPolicy::kJob};
    VertexPtr a = dag.make({}, {dag.submit("alice", "job")});
    VertexPtr b = dag.make({}, {dag.by("alice", aivm::test::submission("job"))}, 1);
    VertexPtr above = dag.make({a}, {dag.submit("bob", "other")});
};

TEST_F(DagRows, AVertexHasTheTimesOfItsFirstDecisions) {
    verify(a, 10);
    record.verified(vm, *a, 15);  // by another validator
    verify(b, 20);
    verify(above, 30);
    must(vm.accept(a->id()));
    record.accepted(*a, 40);
    record.accepted(*a, 50);
    must(vm.reject(b->id()));
    record.rejected(*b, 45);
    must(vm.accept(above->id()));
    record.accepted(*above, 60);
    const VertexPtr cut = settle(vm, dag);
    record.verified(vm, *cut, 70);
    record.accepted(*cut, 80);
    record.settled(*vm.last_result(), 80);
    record.settled(*vm.last_result(), 90);

    VectorSink rows;
    record.write(rows);
    const auto& vertices = rows.rows<VertexRow>();
    ASSERT_EQ(vertices.size(), 4U);
    EXPECT_EQ(vertices[0].issued_ns, 10U);
    EXPECT_EQ(vertices[0].accepted_ns, 40U);
    EXPECT_EQ(vertices[0].settled_ns, 80U);
    EXPECT_EQ(vertices[0].settled_by, 1U);
    EXPECT_EQ(vertices[0].parents, "") << "genesis has no number";
    EXPECT_EQ(vertices[1].rejected_ns, 45U);
    EXPECT_FALSE(vertices[1].accepted_ns || vertices[1].settled_ns);
    EXPECT_EQ(vertices[2].parents, "0");
    EXPECT_TRUE(vertices[3].is_cut);

    const auto& conflicts = rows.rows<ConflictRow>();
    ASSERT_EQ(conflicts.size(), 1U);
    EXPECT_EQ(conflicts[0].first, 0U);
    EXPECT_EQ(conflicts[0].second, 1U);
    EXPECT_EQ(conflicts[0].key, "job:" + TestDag::job_of("alice", "job"));
    EXPECT_EQ(conflicts[0].seen_ns, 20U);
    EXPECT_EQ(conflicts[0].decided_ns, 40U);
    EXPECT_EQ(conflicts[0].winner, 0U);

    const auto& cuts = rows.rows<CutRow>();
    ASSERT_EQ(cuts.size(), 1U);
    EXPECT_EQ(cuts[0].vertex, 3U);
    EXPECT_EQ(cuts[0].vertices, 2U);
    EXPECT_EQ(cuts[0].operations, 2U);
    EXPECT_EQ(cuts[0].voids, 0U);

    const DagFigures figures = record.figures();
    EXPECT_EQ(figures.vertices, 3U) << "without the cut";
    EXPECT_EQ(figures.rejected, 1U);
    EXPECT_EQ(figures.conflicts, 1U);
    EXPECT_EQ(figures.orphaned, 0U) << "it lost to a rival";
    EXPECT_EQ(figures.contested_s, (std::vector<double>{2e-8}));
    EXPECT_EQ(figures.accepted_s, (std::vector<double>{3e-8, 3e-8}));
    EXPECT_EQ(figures.settled_s, (std::vector<double>{5e-8, 7e-8}));
}

TEST_F(DagRows, AVertexOnALoserIsAnOrphan) {
    verify(a, 10);
    verify(b, 20);
    verify(above, 30);
    must(vm.accept(b->id()));
    record.accepted(*b, 40);
    record.rejected(*a, 40);
    record.rejected(*above, 40);
    const DagFigures figures = record.figures();
    EXPECT_EQ(figures.rejected, 2U);
    EXPECT_EQ(figures.orphaned, 1U) << "nothing else carried its job";
}

TEST_F(DagRows, AConflictThatBothLoseWithAnAncestorHasNoWinner) {
    verify(a, 10);
    verify(b, 20);
    record.rejected(*a, 30);
    VectorSink open;
    record.write(open);
    EXPECT_FALSE(open.rows<ConflictRow>()[0].decided_ns.has_value()) << "b may still be accepted";
    record.rejected(*b, 40);
    VectorSink rows;
    record.write(rows);
    EXPECT_EQ(rows.rows<ConflictRow>()[0].decided_ns, 40U);
    EXPECT_FALSE(rows.rows<ConflictRow>()[0].winner.has_value());
}

// Bob's reveal is on the same job as Alice's submission, so both vertices have the job's key; what
// they share by the rules is the reveal alone.
TEST(DagRowsByOperation, AConflictNamesTheOperationThatBothCarry) {
    aivm::test::TestOptions options;
    options.parameters.dag.emplace().conflict_key = ConflictKeyPolicy::kOperation;
    TestDag dag(options);
    MemoryStore store;
    DagVm vm = dag.open(store);
    DagRecord record(ConflictKeyPolicy::kOperation);
    const std::string job = TestDag::job_of("alice", "job");
    const OperationPtr reveal = dag.by("bob", op::ChallengeReveal{job, Answer{0}, Hash32{}});
    const VertexPtr a = dag.make({}, {dag.submit("alice", "job"), reveal});
    const VertexPtr b = dag.make({}, {reveal}, 1);
    for (const VertexPtr& vertex : {a, b}) {
        must(vm.verify(vertex, dag.now()));
        record.verified(vm, *vertex, 10);
    }
    VectorSink rows;
    record.write(rows);
    const auto& conflicts = rows.rows<ConflictRow>();
    ASSERT_EQ(conflicts.size(), 1U);
    EXPECT_EQ(conflicts[0].key, conflict_keys(*b, ConflictKeyPolicy::kOperation).front());
    EXPECT_NE(conflicts[0].key, b->jobs().front());
}

}  // namespace
}  // namespace aivm::sim
