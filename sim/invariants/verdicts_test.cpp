// S27 is shown forged items, and nodes that answer rightly, wrongly and not yet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_dag.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::must;
using aivm::test::must_accept;
using aivm::test::TestChain;
using aivm::test::TestDag;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ForgedBlocks : public ::testing::Test {
protected:
    ForgedBlocks() {
        seen.watch.known_rules = chain.rules();
        chain.advance(1);
        block = chain.build({}).executed->block;
        s27.on_forged(3, ForgedBlock{block, "another_state_root", ErrorCode::kBadRoot});
    }
    void answer(ActorId node, const Status& status) {
        s27.on_verdict(node, chain.vm(), *block, status);
    }

    TestChain chain{aivm::test::served()};
    Watched seen;
    Invariant& s27 = seen.of("S27");
    BlockPtr block;
};

TEST_F(ForgedBlocks, TheDeservedVerdictIsCountedAndSilent) {
    answer(0, fail(ErrorCode::kBadRoot));
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(s27.checks(), 1U);
}

TEST_F(ForgedBlocks, ANodeThatVerifiesWhatMustBeRefusedIsNamed) {
    answer(1, {});
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S27 validator[1] verifies block")));
    EXPECT_THAT(
        seen.reported().front(),
        HasSubstr("(another_state_root) of validator[3], which deserves to be refused with"));
    EXPECT_EQ(seen.watch.violations.front().actors, (std::vector<ActorId>{1, 3}));
}

TEST_F(ForgedBlocks, ANodeThatRefusesForAnotherReasonIsNamed) {
    answer(1, fail(ErrorCode::kBadNonce));
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S27 validator[1] refuses with")));
}

TEST_F(ForgedBlocks, ANodeThatRefusesAValidOneIsNamed) {
    const auto unsigned_block = std::make_shared<const Block>(block->with_authorization({}));
    s27.on_forged(3, ForgedBlock{unsigned_block, "time_later", std::nullopt});
    s27.on_verdict(1, chain.vm(), *unsigned_block, {});
    EXPECT_THAT(seen.reported(), IsEmpty());
    s27.on_verdict(1, chain.vm(), *unsigned_block, fail(ErrorCode::kBadRoot));
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("which deserves to be verified")));
}

TEST_F(ForgedBlocks, TooEarlyIsNoVerdictOnlyWhereTheClockSaysSo) {
    seen.watch.clocks[1] = 0;
    answer(1, fail(ErrorCode::kTooEarly));
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(s27.checks(), 0U);
    seen.watch.clocks[1] = block->header().timestamp_ns;
    answer(1, fail(ErrorCode::kTooEarly));
    EXPECT_EQ(seen.reported().size(), 1U);
}

TEST_F(ForgedBlocks, AMissingParentIsNoVerdictOnlyWhereItIsMissing) {
    answer(1, fail(ErrorCode::kBadParent));
    EXPECT_EQ(seen.reported().size(), 1U);
    chain.advance(1);  // the node has moved on, and its tip is another block
    answer(2, fail(ErrorCode::kBadParent));
    EXPECT_EQ(seen.reported().size(), 1U);
}

TEST_F(ForgedBlocks, OtherBlocksAndByzantineNodesAreNotJudged) {
    seen.watch.dishonest = {1};
    answer(1, {});
    s27.on_verdict(0, chain.vm(), block->with_authorization({}), {});  // another signature
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(s27.checks(), 0U);
}

class ForgedVertices : public ::testing::Test {
protected:
    ForgedVertices() { seen.watch.known_rules = dag.rules(); }
    void forge(const VertexPtr& vertex, std::optional<ErrorCode> refused_with) {
        s27.on_forged(3, ForgedVertex{vertex, "planted", refused_with});
    }

    TestDag dag;
    MemoryStore store;
    DagVm vm = dag.open(store);
    Watched seen;
    Invariant& s27 = seen.of("S27");
    VertexPtr a = dag.make({}, {dag.submit("alice", "job")});
};

TEST_F(ForgedVertices, AreJudgedAsBlocksAre) {
    forge(a, ErrorCode::kBadHeight);
    s27.on_verdict(0, vm, *a, fail(ErrorCode::kBadHeight));
    s27.on_verdict(1, vm, *a, fail(ErrorCode::kLimitReached));  // may pass
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(s27.checks(), 1U);
    s27.on_verdict(2, vm, *a, {});
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S27 validator[2] verifies vertex")));
}

TEST_F(ForgedVertices, AMissingParentIsNoVerdictOnlyWhereItIsMissing) {
    const VertexPtr above = dag.make({a}, {});
    forge(above, std::nullopt);
    s27.on_verdict(0, vm, *above, fail(ErrorCode::kBadParent));
    EXPECT_THAT(seen.reported(), IsEmpty());
    must(vm.verify(a, dag.now()));
    s27.on_verdict(0, vm, *above, fail(ErrorCode::kBadParent));
    EXPECT_EQ(seen.reported().size(), 1U);
}

TEST_F(ForgedVertices, AConflictIsNoVerdictOnlyWithAnAcceptedVertex) {
    const VertexPtr rival = dag.make({}, {dag.by("alice", aivm::test::submission("job"))}, 1);
    forge(rival, std::nullopt);
    s27.on_verdict(0, vm, *rival, fail(ErrorCode::kConflict));
    EXPECT_EQ(seen.reported().size(), 1U);
    must_accept(vm, dag, a);
    s27.on_verdict(0, vm, *rival, fail(ErrorCode::kConflict));
    EXPECT_EQ(seen.reported().size(), 1U);
}

}  // namespace
}  // namespace aivm::sim::test
