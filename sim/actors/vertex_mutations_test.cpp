#include "sim/actors/vertex_mutations.h"

#include <gtest/gtest.h>

#include <set>

#include "core/testing/test_dag.h"

namespace aivm::sim {
namespace {

using aivm::test::must_accept;
using aivm::test::TestDag;

// A DAG with an accepted cut, on which a vertex and another cut stand, neither known to the node.
class VertexMutations : public testing::Test {
protected:
    VertexMutations() {
        must_accept(vm_, dag_, dag_.make({}, {dag_.submit("alice", "first")}));
        below_ = aivm::test::settle(vm_, dag_);
        vertex_ = dag_.make({below_}, {dag_.submit("alice", "one"), dag_.submit("bob", "two")});
        // Built by a second node that has seen the same.
        MemoryStore store;
        DagVm builder = dag_.open(store);
        must_accept_past(builder, 1);
        cut_ = *builder.build_cut(dag_.cut_request(builder));
    }
    void must_accept_past(DagVm& builder, std::uint64_t number) {
        const VertexPtr cut = *vm_.get_vertex(*vm_.accepted().cut_at(number));
        for (const Hash32& parent : cut->parents()) {
            if (parent == vm_.accepted().genesis_id()) continue;
            must_accept(builder, dag_, *vm_.get_vertex(parent));
        }
        must_accept(builder, dag_, cut);
    }
    [[nodiscard]] std::function<Bytes(const Hash32&)> signer() const {
        return dag_.build_options(vm_).sign;
    }
    // Compares the answer to each change of `built` with the expected one. Returns how many apply.
    std::size_t judge_all(const VertexPtr& built) {
        std::size_t applied = 0;
        const auto sign = signer();
        std::set<Hash32> ids{built->id()};
        for (const VertexMutation& mutation : vertex_mutations()) {
            const VertexPtr changed = mutation.apply({*built, dag_.rules(), sign});
            if (changed == nullptr) continue;
            ++applied;
            if (mutation.name != "not_signed") {  // the id does not cover the signature
                EXPECT_TRUE(ids.insert(changed->id()).second) << mutation.name;
            }
            EXPECT_TRUE(Vertex::decode(changed->encode())) << mutation.name << " cannot arrive";
            const TimestampNs now = built->header().timestamp_ns;
            const Status verdict = vm_.verify(changed, {.now_ns = now});
            const auto code = verdict ? std::nullopt : std::optional(verdict.error().code);
            EXPECT_EQ(code, mutation.refused_with)
                << mutation.name << ": " << (verdict ? "verified" : verdict.error().text());
        }
        return applied;
    }

    TestDag dag_;
    MemoryStore store_;
    DagVm vm_ = dag_.open(store_);
    VertexPtr below_;
    VertexPtr vertex_;
    VertexPtr cut_;
};

TEST_F(VertexMutations, OfAVertexHaveTheirExpectedVerdicts) {
    EXPECT_EQ(judge_all(vertex_), 13U);
    EXPECT_TRUE(vm_.verify(vertex_, dag_.now()));
}

TEST_F(VertexMutations, OfACutHaveTheirExpectedVerdicts) {
    EXPECT_EQ(judge_all(cut_), 14U);
    EXPECT_TRUE(vm_.verify(cut_, dag_.now()));
}

}  // namespace
}  // namespace aivm::sim
