// Each invariant of a DAG observes nodes that do what they must not, next to one that does right.
#include "sim/invariants/vertices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_dag.h"
#include "sim/actors/dag_validator.h"
#include "sim/testing/every_second_fails.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::must;
using aivm::test::must_accept;
using aivm::test::settle;
using aivm::test::TestDag;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Vertices : public ::testing::Test {
protected:
    Vertices() {
        seen.watch.known_rules = dag.rules();
        dag.genesis()->state.validators.for_each([&](std::size_t i, const Validator& each) {
            seen.watch.set_address(static_cast<ActorId>(i), each.address);
        });
    }

    TestDag dag;
    MemoryStore store;
    DagVm vm = dag.open(store);
    Watched seen;
    VertexPtr a = dag.make({}, {dag.submit("alice", "job")});
    VertexPtr rival = dag.make({}, {dag.by("alice", aivm::test::submission("job"))}, 1);
};

TEST_F(Vertices, ANodeThatDoesRightViolatesNothing) {
    const VertexPtr above = dag.make({a}, {dag.submit("bob", "other")});
    for (const VertexPtr& vertex : {a, rival, above}) {
        must(vm.verify(vertex, dag.now()));
        for (const auto& one : seen.invariants) one->on_vertex_verified(0, vm, vertex);
    }
    for (const VertexPtr& vertex : {a, above}) {
        for (const auto& one : seen.invariants)
            one->before_vertex_accept(0, vm, vertex, AcceptedBy::kPolls);
        must(vm.accept(vertex->id()));
        for (const auto& one : seen.invariants) one->on_vertex_accepted(0, vm, vertex);
    }
    must(vm.reject(rival->id()));
    for (const auto& one : seen.invariants) one->on_vertex_rejected(0, vm, rival);
    for (const auto& one : seen.invariants) one->on_sample();
    EXPECT_THAT(seen.reported(), IsEmpty());
    for (const char* const id : {"S2", "S3", "S4", "S5", "S9", "L2"})
        EXPECT_GE(seen.of(id).checks(), id == std::string_view("S2") ? 0U : 1U) << id;
}

TEST_F(Vertices, TheKeysOfAVertexAreWorkedOutFromItsOperations) {
    EXPECT_THAT(jobs_of(*a), ElementsAre("job:" + TestDag::job_of("alice", "job")));
    EXPECT_TRUE(std::ranges::equal(jobs_of(*a), a->jobs()));
    const VertexPtr cut = settle(vm, dag);
    EXPECT_THAT(jobs_of(*cut), ElementsAre("cut:1"));
}

TEST_F(Vertices, TwoAcceptedVerticesWithOneJobViolateJobInOneBlock) {
    Invariant& s2 = seen.of("S2");
    const VertexPtr above = dag.make({a}, {dag.submit("alice", "job")});
    must_accept(vm, dag, a);
    s2.on_vertex_accepted(0, vm, a);
    s2.on_vertex_accepted(1, vm, a);
    must_accept(vm, dag, above);
    s2.on_vertex_accepted(0, vm, above);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "a descendant";
    MemoryStore elsewhere;
    DagVm other = dag.open(elsewhere);
    must_accept(other, dag, rival);
    s2.on_vertex_accepted(1, other, rival);
    ASSERT_FALSE(seen.reported().empty());
    EXPECT_THAT(seen.reported().front(), HasSubstr("S2 accepted vertices"));
}

TEST_F(Vertices, TwoVerticesOfOneSequenceNumberViolateSignsOnce) {
    Invariant& s20 = seen.of("S20");
    VertexHeader header = a->header();
    ++header.timestamp_ns;
    const VertexPtr second = dag.sign(header, a->operations());
    const auto by_another =
        std::make_shared<const Vertex>(second->with_authorization(rival->authorization()));
    seen.watch.dishonest = {1};
    header = rival->header();
    ++header.timestamp_ns;
    const VertexPtr second_of_a_liar = dag.sign(header, rival->operations());
    const VertexPtr next = dag.make({a}, {});
    for (const VertexPtr& vertex : {a, a, rival, second_of_a_liar, next, by_another})
        s20.on_vertex_verified(2, vm, vertex);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "a liar may, and another's signature is no vertex";
    s20.on_disk_replaced(0);
    s20.on_vertex_verified(3, vm, second);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S20 validator[0] signed vertices")));
    EXPECT_EQ(seen.watch.violations.front().actors, std::vector<ActorId>{0});
}

TEST_F(Vertices, AVertexThatTheDiskLostWithoutATraceIsNotHeldAgainstItsSigner) {
    Invariant& s20 = seen.of("S20");
    VertexHeader header = a->header();
    ++header.timestamp_ns;
    s20.on_vertex_verified(2, vm, a);
    s20.on_disk_replaced(0);
    s20.on_writes_lost(0);
    s20.on_vertex_verified(2, vm, dag.sign(header, a->operations()));
    EXPECT_THAT(seen.reported(), IsEmpty());
}

TEST_F(Vertices, AnIndexOfJobsThatNamesAnotherVertexViolatesJobInOneBlock) {
    Invariant& s2 = seen.of("S2");
    must_accept(vm, dag, a);
    s2.on_vertex_accepted(0, vm, a);
    settle(vm, dag);
    s2.on_settled(0, vm, *vm.last_result());
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(s2.checks(), 2U) << "the index after each";
    s2.on_vertex_accepted(0, vm, a);
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("S2 validator[0] has a wrong entry of job:")))
        << "it is settled already";
    CutResult changed = *vm.last_result();
    changed.effective.clear();
    Watched fresh;
    fresh.watch.known_rules.parameters = dag.rules().parameters;
    fresh.of("S2").on_settled(0, vm, changed);
    EXPECT_THAT(fresh.reported(), ElementsAre(HasSubstr("was settled")))
        << "the index says that it took effect";
}

TEST_F(Vertices, ACutMissingFromTheIndexViolatesTheHeightIndex) {
    Invariant& s13 = seen.of("S13");
    must_accept(vm, dag, a);
    settle(vm, dag);
    s13.on_settled(0, vm, *vm.last_result());
    s13.on_dag_restarted(0, vm);
    EXPECT_THAT(seen.reported(), IsEmpty());
    MemoryStore elsewhere;
    const DagVm empty = dag.open(elsewhere);
    s13.on_settled(1, empty, *vm.last_result());
    EXPECT_THAT(seen.reported(), ElementsAre("S13 validator[1] has a wrong index at height 1"));
}

TEST_F(Vertices, ANodeThatComesBackWithFewerCutsViolatesTipIsThere) {
    Invariant& s12 = seen.of("S12");
    must_accept(vm, dag, a);
    settle(vm, dag);
    s12.on_settled(0, vm, *vm.last_result());
    s12.on_dag_restarted(0, vm);
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(s12.checks(), 4U);
    s12.on_settled(0, vm, *vm.last_result());
    EXPECT_THAT(seen.reported(), ElementsAre("S12 validator[0] went from height 1 to height 1"));
    MemoryStore elsewhere;
    s12.on_dag_restarted(0, dag.open(elsewhere));
    EXPECT_THAT(seen.reported().back(), HasSubstr("came back at height 0, and had height 1"));
}

TEST_F(Vertices, AVertexBeforeItsParentViolatesParentFirst) {
    Invariant& s4 = seen.of("S4");
    const VertexPtr above = dag.make({a}, {dag.submit("bob", "other")});
    s4.before_vertex_accept(0, vm, a, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), IsEmpty());
    s4.before_vertex_accept(0, vm, above, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S4 validator[0] accepts vertex")));
}

TEST_F(Vertices, AVertexAboveARejectedOneViolatesDescendantsRejected) {
    Invariant& s5 = seen.of("S5");
    const VertexPtr above = dag.make({a}, {dag.submit("bob", "other")});
    s5.on_vertex_verified(0, vm, a);
    s5.on_vertex_verified(0, vm, above);
    s5.on_vertex_rejected(0, vm, a);
    EXPECT_THAT(seen.reported(), IsEmpty());
    s5.before_vertex_accept(0, vm, above, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("a parent of which it has rejected")));
    seen.watch.time += kSecond;
    s5.on_vertex_verified(0, vm, rival);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S5"), HasSubstr("S5 validator[0] keeps")));
}

TEST_F(Vertices, ARivalOfAnAcceptedVertexThatStaysViolatesDescendantsRejected) {
    Invariant& s5 = seen.of("S5");
    const VertexPtr above = dag.make({a}, {dag.submit("bob", "other")});
    const VertexPtr again = dag.make({above}, {dag.submit("alice", "job")});
    for (const ActorId node : {0U, 1U}) {
        for (const VertexPtr& vertex : {a, rival, above, again})
            s5.on_vertex_verified(node, vm, vertex);
        s5.on_vertex_accepted(node, vm, a);
    }
    s5.on_vertex_rejected(0, vm, rival);
    seen.watch.time += kSecond;
    s5.on_vertex_rejected(0, vm, above);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "a descendant shares the job and may stay";
    s5.on_vertex_verified(1, vm, dag.make({}, {dag.submit("carol", "another")}));
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("of which it has accepted a rival")));
}

TEST_F(Vertices, TheIdOfAVertexIsTheDigestOfItsBytes) {
    EXPECT_TRUE(is_digest_of(a->id(), a->encode()));
    EXPECT_FALSE(is_digest_of(rival->id(), a->encode()));
    Bytes other = a->encode();
    other[8] ^= 1;
    EXPECT_FALSE(is_digest_of(a->id(), other));
    EXPECT_FALSE(is_digest_of(a->id(), {})) << "not sealed";
    seen.of("S7").on_vertex_verified(0, vm, a);
    seen.of("S7").on_vertex_verified(1, vm, a);
    EXPECT_EQ(seen.of("S7").checks(), 1U);
    EXPECT_THAT(seen.reported(), IsEmpty());
}

TEST_F(Vertices, AVertexDecidedTwiceViolatesStatusForward) {
    Invariant& s3 = seen.of("S3");
    s3.on_vertex_verified(0, vm, a);
    s3.on_vertex_accepted(0, vm, a);
    EXPECT_THAT(seen.reported(), IsEmpty());
    s3.on_vertex_rejected(0, vm, a);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S3 block")));
}

TEST_F(Vertices, ADecidedVertexThatIsVerifiedAgainViolatesStatusForward) {
    Invariant& s3 = seen.of("S3");
    seen.watch.dags[0] = &vm;
    must_accept(vm, dag, a);
    s3.on_vertex_verified(0, vm, a);
    s3.on_vertex_accepted(0, vm, a);
    seen.watch.answer_again = vm.verify(a, dag.now());
    s3.at_end();
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.watch.answer_again = {};
    s3.at_end();
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("verified again after its end")));
}

TEST_F(Vertices, ANodeThatSettlesAnotherCutOrStateViolatesAgreement) {
    Invariant& s1 = seen.of("S1");
    must_accept(vm, dag, a);
    settle(vm, dag);
    const CutResult first = *vm.last_result();
    s1.on_settled(0, vm, first);
    s1.on_settled(1, vm, first);
    seen.of("S14").on_settled(0, vm, first);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S14 validator[0] has another state")))
        << "nobody else has this one";
    settle(vm, dag);
    CutResult other = *vm.last_result();
    VertexHeader header = other.cut->header();
    header.cut = 1;
    other.cut = dag.sign_cut(header, other.cut->seal());
    s1.on_settled(2, vm, other);
    EXPECT_THAT(seen.reported().back(), HasSubstr("S1 validator[2] accepted block"));
}

// The settled states of two cuts, each of which settles a slice of two vertices.
struct TwoSlices {
    CutResult first;
    CutResult second;
};
TwoSlices two_slices(TestDag& dag, DagVm& vm) {
    TwoSlices out;
    for (CutResult* result : {&out.first, &out.second}) {
        const std::string name = result == &out.first ? "one" : "two";
        must_accept(vm, dag, dag.make({}, {dag.submit("alice", name)}));
        must_accept(vm, dag, dag.make({}, {dag.submit("bob", name)}, 1));
        settle(vm, dag);
        *result = *vm.last_result();
    }
    return out;
}

// Rules by which the place of an operation decides whether it succeeds.
class EveryThirdFails final : public Authorizer {
public:
    [[nodiscard]] bool verify(const Address&, const Hash32&, ByteView) const override {
        return ++calls_ % 3 != 0;
    }

private:
    mutable int calls_ = 0;
};

TEST(Slices, OperationsThatDependOnTheirPlaceViolateSlicesCommute) {
    TestDag dag;
    MemoryStore store;
    DagVm vm = dag.open(store);
    Watched seen;
    seen.watch.known_rules = dag.rules();
    Invariant& r3 = seen.of("R3");
    const TwoSlices settled = two_slices(dag, vm);
    r3.on_settled(0, vm, settled.first);
    r3.on_settled(1, vm, settled.first);
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(r3.checks(), 1U) << "once for every slice";
    const EveryThirdFails authorizer;
    seen.watch.known_rules.authorizer = &authorizer;
    r3.on_settled(0, vm, settled.second);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("R3 slice 2")));
}

TEST(Slices, ThatHaveNothingToCompareAreNotCounted) {
    TestDag dag;
    MemoryStore store;
    DagVm vm = dag.open(store);
    Watched seen;
    seen.watch.known_rules = dag.rules();
    Invariant& r3 = seen.of("R3");
    must_accept(vm, dag, dag.make({}, {dag.submit("alice", "one")}));
    must_accept(vm, dag, dag.make({}, {dag.submit("alice", "two")}, 1));
    settle(vm, dag);
    ASSERT_EQ(vm.last_result()->slice.size(), 2U);
    r3.on_settled(0, vm, *vm.last_result());
    EXPECT_EQ(r3.checks(), 0U) << "operations of one account depend on each other";
    EXPECT_THAT(seen.reported(), IsEmpty());
}

TEST_F(Vertices, WorkOfARejectedVertexThatWaitsNowhereViolatesNoWorkIsLost) {
    Invariant& l4 = seen.of("L4");
    seen.watch.known_rules = dag.rules();
    const OperationPtr task = dag.submit("bob", "other");
    must(vm.submit(task));
    l4.on_offered(0, queue_view_of(vm), task, {});
    const VertexPtr carrier = dag.make({}, {task}, 1);
    must(vm.verify(carrier, dag.now()));
    must(vm.reject(carrier->id()));
    l4.on_vertex_rejected(0, vm, carrier);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "it waits again";
    MemoryStore elsewhere;
    DagVm empty = dag.open(elsewhere);
    l4.on_vertex_rejected(1, empty, carrier);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("L4 validator[1] rejected what carried")));
    must_accept(empty, dag, carrier);
    l4.on_vertex_rejected(1, empty, carrier);
    EXPECT_EQ(seen.reported().size(), 1U) << "an accepted vertex carries it";
    l4.on_vertex_built(0, empty, {});
    EXPECT_THAT(seen.reported().back(), HasSubstr("has lost it by height"));
    EXPECT_GT(l4.checks(), 0U);
}

TEST_F(Vertices, WhatAnAcceptedVertexCarriesNeedNotWait) {
    Invariant& l4 = seen.of("L4");
    seen.watch.known_rules = dag.rules();
    const OperationPtr task = dag.submit("bob", "other");
    must(vm.submit(task));
    l4.on_offered(0, queue_view_of(vm), task, {});
    const VertexPtr carrier = dag.make({}, {task}, 1);
    must_accept(vm, dag, carrier);
    l4.on_vertex_accepted(0, vm, carrier);
    l4.on_vertex_built(0, vm, {});
    l4.on_queue_lost(0);
    seen.watch.dags[0] = &vm;
    seen.watch.time = 1000 * kSecond;
    l4.at_end();
    EXPECT_THAT(seen.reported(), IsEmpty());
}

TEST_F(Vertices, AParentAcceptedBeforeWritesWereLostIsStillAParent) {
    Invariant& s4 = seen.of("S4");
    must_accept(vm, dag, a);
    s4.on_vertex_accepted(0, vm, a);
    settle(vm, dag);  // a is no tip any more
    s4.on_disk_replaced(0);
    s4.on_dag_restarted(0, vm);
    s4.before_vertex_accept(0, vm, dag.make({a}, {dag.submit("bob", "other")}), AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), IsEmpty());
    MemoryStore replaced;
    const DagVm empty = dag.open(replaced);
    s4.on_disk_replaced(0);
    s4.on_dag_restarted(0, empty);
    s4.before_vertex_accept(0, empty, dag.make({a}, {}), AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S4 validator[0] accepts vertex")));
}

TEST_F(Vertices, ASliceThatTheRulesDoNotLeadToViolatesRulesAsWritten) {
    Invariant& r1 = seen.of("R1");
    seen.watch.known_rules = dag.rules();
    seen.watch.is_paranoid = true;
    must_accept(vm, dag, a);
    settle(vm, dag);
    r1.on_settled(0, vm, *vm.last_result());
    r1.on_settled(1, vm, *vm.last_result());
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(r1.checks(), 1U) << "each slice once";
    settle(vm, dag);
    CutResult wrong = *vm.last_result();
    auto executed = std::make_shared<Executed>(*wrong.executed);
    executed->state.head.totals.minted += Amount(1);
    wrong.executed = executed;
    r1.on_settled(0, vm, wrong);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("R1 in block 2")));
}

TEST_F(Vertices, AnOperationOfferedOnADagThatTheVmAllowsAndTheRulesDoNotViolatesR1) {
    const EverySecondFails authorizer;
    Invariant& r1 = seen.of("R1");
    seen.watch.known_rules = dag.rules();
    seen.watch.known_rules.authorizer = &authorizer;
    seen.watch.is_paranoid = true;
    r1.on_offered(0, queue_view_of(vm), dag.submit("bob", "offered"), {});
    must_accept(vm, dag, a);
    settle(vm, dag);
    r1.on_settled(0, vm, *vm.last_result());
    EXPECT_THAT(seen.reported(),
                ElementsAre(::testing::AllOf(HasSubstr("R1 tried for block 1: SubmitTask of"),
                                             HasSubstr("was allowed although the rules do not"))));
}

TEST_F(Vertices, OperationsOfferedOnADagThatAreRefusedAreSilent) {
    Invariant& r1 = seen.of("R1");
    seen.watch.known_rules = dag.rules();
    seen.watch.is_paranoid = true;
    r1.on_offered(0, queue_view_of(vm), dag.submit("nobody", "unpaid"), {});
    r1.on_offered(0, queue_view_of(vm), dag.by("bob", op::SubmitResult{"job", "served", 1, {}, 0}),
                  {});
    must_accept(vm, dag, a);
    settle(vm, dag);
    r1.on_settled(0, vm, *vm.last_result());
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(r1.checks(), 1U);
}

// R1 compares one slice in several, and the last one of a run whatever its number.
TEST_F(Vertices, TheLastSliceOfARunIsComparedAtItsEnd) {
    Invariant& r1 = seen.of("R1");
    seen.watch.known_rules = dag.rules();
    must_accept(vm, dag, a);
    settle(vm, dag);
    const CutResult first = *vm.last_result();
    r1.on_settled(0, vm, first);
    settle(vm, dag);
    CutResult last = *vm.last_result();
    auto wrong = std::make_shared<Executed>(*last.executed);
    wrong->state.head.totals.minted += Amount(1);
    last.executed = wrong;
    r1.on_settled(0, vm, last);
    EXPECT_EQ(r1.checks(), 0U);
    seen.watch.last = {block_of_slice(last, first.cut->id()), block_of_slice(first, {})};
    r1.at_end();
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("R1 in block 2: head.minted")));
}

TEST_F(Vertices, AContestThatDoesNotEndViolatesContestsEnd) {
    Invariant& l2 = seen.of("L2");
    seen.watch.recovering = Recovery(std::nullopt, std::nullopt, 60 * kSecond);
    for (const VertexPtr& vertex : {a, rival}) {
        must(vm.verify(vertex, dag.now()));
        l2.on_vertex_verified(0, vm, vertex);
    }
    seen.watch.dags[0] = &vm;
    seen.watch.time = 59 * kSecond;
    l2.on_sample();
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.watch.time = 61 * kSecond;
    l2.on_sample();
    EXPECT_THAT(seen.reported().front(), HasSubstr("L2 validator[0] has not decided vertex"));
    l2.on_vertex_accepted(0, vm, a);
    l2.on_vertex_rejected(0, vm, rival);
    const std::size_t before = seen.reported().size();
    l2.on_sample();
    EXPECT_EQ(seen.reported().size(), before);
}

}  // namespace
}  // namespace aivm::sim::test
