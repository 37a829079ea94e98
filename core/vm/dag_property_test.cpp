// Random DAGs, decided in random orders by several nodes. One node decides as consensus might, and
// rejects the losers of every conflict. The others take the same decisions in other orders that
// keep parents before children, and must reach the same state, root and store. Crashes and restarts
// in between must change nothing.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/audit/audit.h"
#include "core/execution/block_run.h"
#include "core/state/load.h"
#include "core/testing/failing_store.h"
#include "core/testing/test_dag.h"

namespace aivm::test {
namespace {

Choose by_rapidcheck() {
    return [](std::uint32_t bound) { return *rc::gen::inRange<std::uint32_t>(0, bound); };
}

struct Decisions {
    std::vector<VertexPtr> accepted;  // in the order of acceptance
    std::set<Hash32> rejected;
};

bool ready(const DagVm& vm, const Vertex& vertex) {
    return std::all_of(vertex.parents().begin(), vertex.parents().end(),
                       [&](const Hash32& id) { return vm.history().contains(id).value(); });
}

// Accepts ready vertices one at a time, chosen at random, until none is undecided.
Decisions decide(DagVm& vm, const std::vector<VertexPtr>& vertices, const Choose& choose) {
    Decisions out;
    while (vm.processing_count() != 0) {
        std::vector<VertexPtr> open;
        for (const VertexPtr& vertex : vertices) {
            if (vm.undecided().contains(vertex->id()) && ready(vm, *vertex)) open.push_back(vertex);
        }
        RC_ASSERT(!open.empty());
        const VertexPtr chosen = open[choose(static_cast<std::uint32_t>(open.size()))];
        const auto losers = vm.conflicts(chosen->id());
        must(vm.accept(chosen->id()));
        out.accepted.push_back(chosen);
        // S2, S5: the others of its conflict set cannot be accepted, and they and all above them
        // can be rejected.
        for (const Hash32& loser : losers) RC_ASSERT(!vm.accept(loser).has_value());
        for (const Hash32& id : reject_losers(vm, losers))
            RC_ASSERT(out.rejected.insert(id).second);
    }
    return out;
}

// The accepted vertices in another order that keeps parents first.
std::vector<VertexPtr> reorder(std::vector<VertexPtr> accepted, const Hash32& genesis,
                               const Choose& choose) {
    std::vector<VertexPtr> out;
    std::set<Hash32> done{genesis};
    while (!accepted.empty()) {
        std::vector<std::size_t> open;
        for (std::size_t i = 0; i < accepted.size(); ++i) {
            const auto& parents = accepted[i]->parents();
            if (std::all_of(parents.begin(), parents.end(),
                            [&](const Hash32& id) { return done.contains(id); })) {
                open.push_back(i);
            }
        }
        const std::size_t at = open[choose(static_cast<std::uint32_t>(open.size()))];
        done.insert(accepted[at]->id());
        out.push_back(accepted[at]);
        accepted.erase(accepted.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return out;
}

void must_agree(const DagVm& a, const DagVm& b) {
    RC_ASSERT(contents_digest(a.state()) == contents_digest(b.state()));
    RC_ASSERT(a.state().state_root == b.state().state_root);
    RC_ASSERT(a.accepted_frontier() == b.accepted_frontier());
}

// Whether the slice after this state would refuse the operation for ever, behind those of a vertex.
bool is_finally_refused(const State& state, const Rules& rules, const Vertex& vertex,
                        const SignedOperation& operation) {
    BlockContext next;
    next.height = state.head.height + 1;
    next.timestamp_ns = state.head.timestamp_ns;
    next.proposer.value = ~std::uint32_t{0};
    BlockRun run(state, next, rules);
    for (const OperationPtr& before : vertex.operations())
        static_cast<void>(run.apply(*before));  // one that is void changes nothing
    const Status status = run.apply(operation);
    return !status && refusal_of(status.error().code) == Refusal::kFinal;
}

RC_GTEST_PROP(DagProperty, EveryOrderOfDecisionsGivesOneStateRootAndStore, ()) {
    TestDag dag;
    const Choose choose = by_rapidcheck();
    const auto vertices = random_dag(dag, choose, 12);
    MemoryStore store;
    DagVm vm = dag.open(store);
    for (const VertexPtr& vertex : vertices) must(vm.verify(vertex, dag.now()));
    const Decisions decisions = decide(vm, vertices, choose);
    RC_ASSERT(audit_state(vm.state(), dag.rules().parameters).empty());

    MemoryStore other_store;
    DagVm other = dag.open(other_store);
    for (const VertexPtr& vertex : reorder(decisions.accepted, dag.genesis()->id, choose)) {
        must_accept(other, dag, vertex);
    }
    must_agree(vm, other);
    // S2, S4: no job twice, parents first; S9.
    std::set<JobKey> jobs;
    std::set<Hash32> seen{dag.genesis()->id};
    for (const VertexPtr& vertex : decisions.accepted) {
        for (const JobKey& job : vertex->jobs()) RC_ASSERT(jobs.insert(job).second);
        for (const Hash32& parent : vertex->parents()) RC_ASSERT(seen.contains(parent));
        RC_ASSERT(vertex->jobs() == job_keys(vertex->operations()));
        seen.insert(vertex->id());
        RC_ASSERT(vm.status(vertex->id()).value() == VertexStatus::kAccepted);
    }
    // S5: descendants of a rejected vertex are rejected, and no vertex is both.
    for (const VertexPtr& vertex : vertices) {
        const bool fallen =
            std::any_of(vertex->parents().begin(), vertex->parents().end(),
                        [&](const Hash32& id) { return decisions.rejected.contains(id); });
        RC_ASSERT(decisions.rejected.contains(vertex->id()) != seen.contains(vertex->id()));
        RC_ASSERT(!fallen || decisions.rejected.contains(vertex->id()));
    }
    // D08, L4: an operation of a rejected vertex waits in the queue unless its job is taken, its
    // nonce is past, or it is finally refused; what has lost its job leaves it when the next vertex
    // is built.
    const auto built = vm.build_vertex(dag.build_options(vm));
    RC_ASSERT(built.has_value());
    for (const VertexPtr& vertex : vertices) {
        if (!decisions.rejected.contains(vertex->id())) continue;
        for (const OperationPtr& operation : vertex->operations()) {
            JobKey job;
            const bool taken = job_key(operation->operation(), job) && jobs.contains(job);
            const bool stale =
                operation->nonce() <= vm.state().nonce(operation->sender(), operation->lane());
            RC_ASSERT(!taken || !vm.mempool().contains(*operation));
            RC_ASSERT(taken || stale || vm.mempool().contains(*operation) ||
                      is_finally_refused(vm.state(), dag.rules(), **built, *operation));
        }
    }
}

// Calls `visit` with every order of `left` that keeps parents first.
void all_orders(std::vector<VertexPtr>& order, std::vector<VertexPtr>& left, std::set<Hash32>& done,
                const std::function<void(const std::vector<VertexPtr>&)>& visit) {
    if (left.empty()) return visit(order);
    for (std::size_t i = 0; i < left.size(); ++i) {
        const VertexPtr vertex = left[i];
        const auto& parents = vertex->parents();
        if (!std::all_of(parents.begin(), parents.end(),
                         [&](const Hash32& id) { return done.contains(id); }))
            continue;
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(i));
        order.push_back(vertex);
        done.insert(vertex->id());
        all_orders(order, left, done, visit);
        done.erase(vertex->id());
        order.pop_back();
        left.insert(left.begin() + static_cast<std::ptrdiff_t>(i), vertex);
    }
}

RC_GTEST_PROP(DagProperty, AllLinearExtensionsOfASmallDagGiveOneState, ()) {
    TestDag dag;
    const Choose choose = by_rapidcheck();
    const auto vertices = random_dag(dag, choose, 5);
    MemoryStore store;
    DagVm vm = dag.open(store);
    for (const VertexPtr& vertex : vertices) must(vm.verify(vertex, dag.now()));
    const Decisions decisions = decide(vm, vertices, choose);
    std::vector<VertexPtr> order;
    std::vector<VertexPtr> left = decisions.accepted;
    std::set<Hash32> done{dag.genesis()->id};
    std::optional<std::vector<std::pair<Bytes, Bytes>>> first;
    all_orders(order, left, done, [&](const std::vector<VertexPtr>& one) {
        MemoryStore other_store;
        DagVm other = dag.open(other_store);
        for (const VertexPtr& vertex : one) must_accept(other, dag, vertex);
        must_agree(vm, other);
        if (!first) first = contents(other_store);
        RC_ASSERT(contents(other_store) == *first);
    });
}

RC_GTEST_PROP(DagProperty, ARestartAfterAnyWriteIsNoRestart, ()) {
    TestDag dag;
    const Choose choose = by_rapidcheck();
    const auto vertices = random_dag(dag, choose, 6);
    MemoryStore store;
    DagVm vm = dag.open(store);
    for (const VertexPtr& vertex : vertices) must(vm.verify(vertex, dag.now()));
    const Decisions decisions = decide(vm, vertices, choose);
    const auto how = choose(2) == 0 ? Failure::kLosesBefore : Failure::kCrashesAfter;
    for (std::uint64_t crash = 0; crash <= decisions.accepted.size(); ++crash) {
        MemoryStore disk;
        {
            FailingStore failing(disk);
            failing.fail_at(crash, how);
            auto node = DagVm::open(dag.setup(failing));
            for (const VertexPtr& vertex : decisions.accepted) {
                if (!node || !node->verify(vertex, dag.now()) || !node->accept(vertex->id())) break;
            }
        }
        DagVm again = dag.open(disk);  // undecided vertices are lost, decided ones are not
        for (const VertexPtr& vertex : decisions.accepted) {
            if (again.status(vertex->id()).value() != VertexStatus::kAccepted)
                must_accept(again, dag, vertex);
        }
        must_agree(vm, again);
        DagVm reread = dag.open(disk);
        must_agree(vm, reread);
    }
}

RC_GTEST_PROP(DagProperty, EncodingAndDecodingAreInverseAndVerifyAndRejectLeaveNoTrace, ()) {
    TestDag dag;
    const auto vertices = random_dag(dag, by_rapidcheck(), 8);
    MemoryStore store;
    DagVm vm = dag.open(store);
    const Hash32 before = contents_digest(vm.state());
    const auto stored = contents(store);
    for (const VertexPtr& vertex : vertices) {
        const VertexPtr parsed = DagVm::parse_vertex(vertex->encode()).value();
        RC_ASSERT(parsed->id() == vertex->id() && parsed->encode() == vertex->encode());
        must(vm.verify(parsed, dag.now()));
        for (const VertexPtr& other : vertices) {
            if (!vm.undecided().contains(other->id())) continue;
            RC_ASSERT(vm.undecided().conflicts(vertex->id(), other->id()) ==
                      vertex->conflicts(*other));
        }
    }
    RC_ASSERT(contents(store) == stored);
    for (auto it = vertices.rbegin(); it != vertices.rend(); ++it) must(vm.reject((*it)->id()));
    RC_ASSERT(contents_digest(vm.state()) == before);
    RC_ASSERT(vm.processing_count() == 0U && vm.accepted_frontier() == std::set{dag.genesis()->id});
}

}  // namespace
}  // namespace aivm::test
