// The commutation oracle itself: it compares what may change places, finds a rule that depends on
// the order, and counts nothing where there is nothing to compare.
#include "core/dag/commutation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_dag.h"

namespace aivm::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A DAG and a node that settles slices of it.
class Slices {
public:
    explicit Slices(const TestOptions& options = {}) : dag(options) {}

    // Accepts the vertices and settles them by one cut; what its slice shows in reversed order.
    Commutation reversed(const std::vector<VertexPtr>& vertices) {
        return reversed(vertices, dag.rules());
    }
    Commutation reversed(const std::vector<VertexPtr>& vertices, const Rules& rules) {
        const State below = vm.state();
        for (const VertexPtr& vertex : vertices) must_accept(vm, dag, vertex);
        settle(vm, dag);
        const auto out = check_reversed(below, *vm.last_result(), rules);
        if (!out) throw TestFailure(out.error().text());
        return *out;
    }
    void settle_empty(int cuts) {
        for (int i = 0; i < cuts; ++i) settle(vm, dag);
    }
    [[nodiscard]] const Task& task(std::string_view requester, std::string_view job) const {
        return vm.state().task(vm.state().find_task(TestDag::job_of(requester, job)).value());
    }
    // The result of a job by the provider that was drawn for it.
    OperationPtr answer(std::string_view requester, std::string_view job) {
        const Seat& seat = task(requester, job).seats.front();
        const std::string provider = vm.state().provider(seat.provider).id;
        return dag.by(provider, result(TestDag::job_of(requester, job), provider, Answer{7}));
    }

    TestDag dag;
    MemoryStore store;
    DagVm vm = dag.open(store);
};

TEST(Commutation, SubmissionsOfTwoAccountsToOneModelAreComparedAndCommute) {
    Slices slices;
    const Commutation found =
        slices.reversed({slices.dag.make({}, {slices.dag.submit("alice", "a")}),
                         slices.dag.make({}, {slices.dag.submit("bob", "b")}, 1)});
    EXPECT_THAT(found.differences, IsEmpty());
    EXPECT_EQ(found.orders, 1U);
    EXPECT_EQ(found.pairs, 1U);
    EXPECT_EQ(found.whole, 1U);
    EXPECT_EQ(found.roots, 0U) << "the tasks have each other's rows";
}

TEST(Commutation, ResultsOfTwoProvidersLeaveOneStateRoot) {
    TestOptions options;
    options.parameters.config.max_tasks_per_provider = 1;
    options.providers = {"p-1", "p-2"};
    Slices slices(options);
    TestDag& dag = slices.dag;
    const VertexPtr mine = dag.make({}, {dag.submit("alice", "a")});
    const VertexPtr theirs = dag.make({}, {dag.submit("bob", "b")}, 1);
    slices.reversed({mine, theirs});
    slices.settle_empty(2);
    const OperationPtr a = slices.answer("alice", "a");
    const OperationPtr b = slices.answer("bob", "b");
    ASSERT_NE(a->sender(), b->sender());
    const Commutation found = slices.reversed({dag.make({mine}, {a}), dag.make({theirs}, {b}, 1)});
    EXPECT_EQ(slices.task("alice", "a").status, TaskStatus::kPosted);
    EXPECT_THAT(found.differences, IsEmpty());
    EXPECT_EQ(found.roots, 1U);
}

// A rule that no list of accesses names: bob must not come right after alice.
class BobAfterAliceFails final : public Authorizer {
public:
    [[nodiscard]] bool verify(const Address& signer, const Hash32&, ByteView) const override {
        const bool follows = last_ == address_of("alice") && signer == address_of("bob");
        last_ = signer;
        return !follows;
    }

private:
    mutable Address last_;
};

TEST(Commutation, APairThatDoesNotCommuteIsFound) {
    Slices slices;
    const BobAfterAliceFails authorizer;
    Rules planted = slices.dag.rules();
    planted.authorizer = &authorizer;
    const Commutation found =
        slices.reversed({slices.dag.make({}, {slices.dag.submit("alice", "a")}),
                         slices.dag.make({}, {slices.dag.submit("bob", "b")}, 1)},
                        planted);
    EXPECT_EQ(found.orders, 1U);
    EXPECT_THAT(
        found.differences,
        Contains(HasSubstr("a SubmitTask of " + to_hex(address_of("bob").view()) + " ends in ")));
    EXPECT_THAT(found.differences, Contains(HasSubstr(" writes another account ")));
    EXPECT_THAT(found.differences,
                Contains(HasSubstr("the head of the chain depends on the order")));
}

TEST(Commutation, OperationsOfOneAccountOnTwoBranchesAreNotComparable) {
    Slices slices;
    const Commutation found =
        slices.reversed({slices.dag.make({}, {slices.dag.submit("alice", "a")}),
                         slices.dag.make({}, {slices.dag.submit("alice", "b")}, 1)});
    EXPECT_EQ(found.orders, 0U);
    EXPECT_EQ(found.pairs, 0U);
    EXPECT_THAT(found.differences, IsEmpty());
}

TEST(Commutation, AnOperationBesideAnEmptyVertexIsNothingToCompare) {
    Slices slices;
    const Commutation found = slices.reversed(
        {slices.dag.make({}, {slices.dag.submit("alice", "a"), slices.dag.submit("bob", "b")}),
         slices.dag.make({}, {}, 1)});
    EXPECT_EQ(found.orders, 0U);
}

TEST(Commutation, ALineOfVerticesHasOneOrder) {
    Slices slices;
    const VertexPtr below = slices.dag.make({}, {slices.dag.submit("alice", "a")});
    const VertexPtr above = slices.dag.make({below}, {slices.dag.submit("bob", "b")}, 1);
    EXPECT_EQ(slices.reversed({below, above}).orders, 0U);
}

TEST(Commutation, SubmissionsThatCompeteForTheLastPlaceAreNotComparable) {
    TestOptions options;
    options.parameters.config.max_task_queue_size = 1;
    Slices slices(options);
    const Commutation found =
        slices.reversed({slices.dag.make({}, {slices.dag.submit("alice", "a")}),
                         slices.dag.make({}, {slices.dag.submit("bob", "b")}, 1)});
    EXPECT_EQ(slices.vm.last_result()->voids.size(), 1U);
    EXPECT_EQ(found.orders, 0U);
}

TEST(Commutation, ASubmissionDependsOnTheLastProviderThatStays) {
    for (const bool alone : {true, false}) {
        TestOptions options;
        if (!alone) options.providers = {"p-1"};
        Slices slices(options);
        const Commutation found = slices.reversed(
            {slices.dag.make({}, {slices.dag.submit("alice", "a")}),
             slices.dag.make({}, {slices.dag.by("served", op::DeregisterProvider{"served"})}, 1)});
        EXPECT_EQ(found.orders, alone ? 0U : 1U);
        EXPECT_THAT(found.differences, IsEmpty());
    }
}

TEST(Commutation, GroupsThatKeepTheirOrderAreComparedBesideOthersThatDoNot) {
    Slices slices;
    TestDag& dag = slices.dag;
    const OperationPtr first = dag.submit("alice", "a");
    const OperationPtr second = dag.submit("alice", "b");
    const Commutation found =
        slices.reversed({dag.make({}, {first, dag.submit("bob", "c")}),
                         dag.make({}, {second, dag.submit("carol", "d")}, 1)});
    EXPECT_EQ(found.orders, 1U);
    EXPECT_EQ(found.pairs, 1U) << "bob's and carol's; alice's two depend on each other";
    EXPECT_EQ(found.whole, 0U);
    EXPECT_THAT(found.differences, IsEmpty());
}

// A block has no order but that of dependent operations.
TEST(Commutation, TheOperationsOfABlockChangePlacesUnlessTheyDependOnEachOther) {
    TestChain chain(served());
    const State below = chain.state();
    chain.block({chain.by("alice", submission("a")), chain.by("alice", submission("b")),
                 chain.by("bob", submission("c"))});
    const auto found = check_reversed(below, *chain.tip(), chain.rules());
    ASSERT_TRUE(found);
    EXPECT_THAT(found->differences, IsEmpty());
    EXPECT_EQ(found->whole, 1U);
    EXPECT_EQ(found->pairs, 2U) << "bob's with each of alice's";
    const BobAfterAliceFails authorizer;
    Rules planted = chain.rules();
    planted.authorizer = &authorizer;
    EXPECT_FALSE(check_reversed(below, *chain.tip(), planted)->differences.empty());
    const State next = chain.state();
    chain.block({chain.by("alice", submission("d")), chain.by("alice", submission("e"))});
    EXPECT_EQ(check_reversed(next, *chain.tip(), chain.rules())->orders, 0U);
}

}  // namespace
}  // namespace aivm::test
