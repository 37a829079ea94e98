// Random DAGs, decided in random orders by several nodes. One node decides as consensus might,
// rejects the losers of every conflict, and issues cuts. The others take the same decisions in
// other orders that keep parents before children, and must reach the same state, root and store.
// Crashes and restarts in between must change nothing, and a line of vertices with one cut each is
// a chain of blocks.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "core/audit/audit.h"
#include "core/dag/commutation.h"
#include "core/rewards/rewards.h"
#include "core/state/keys.h"
#include "core/state/load.h"
#include "core/testing/failing_store.h"
#include "core/testing/test_dag.h"

namespace aivm::test {
namespace {

Choose by_rapidcheck() {
    return [](std::uint32_t bound) { return *rc::gen::inRange<std::uint32_t>(0, bound); };
}

struct Decisions {
    std::vector<VertexPtr> accepted;    // in the order of acceptance, cuts among them
    std::vector<CutResultPtr> results;  // of the cuts
    std::set<Hash32> rejected;
};

bool ready(const DagVm& vm, const Vertex& vertex) {
    return std::all_of(vertex.parents().begin(), vertex.parents().end(),
                       [&](const Hash32& id) { return vm.accepted().contains(id).value(); });
}

void take_cut(DagVm& vm, const TestDag& dag, std::uint32_t proposer, Decisions& out) {
    out.accepted.push_back(settle(vm, dag, proposer));
    out.results.push_back(vm.last_result());
}

// Accepts ready vertices one at a time, chosen at random, until none is undecided; a cut now and
// then, and one at the end.
Decisions decide(DagVm& vm, const TestDag& dag, const std::vector<VertexPtr>& vertices,
                 const Choose& choose) {
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
        if (choose(3) == 0) take_cut(vm, dag, choose(2), out);
    }
    take_cut(vm, dag, choose(2), out);
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
    RC_ASSERT(a.accepted().last_cut() == b.accepted().last_cut());
}

// In the order of catch-up: the network has accepted all of them.
void follow(DagVm& vm, const VertexPtr& vertex) {
    must(vm.verify(vertex, {0, true}));
    must(vm.accept(vertex->id()));
}

void check_decisions(const DagVm& vm, const TestDag& dag, const std::vector<VertexPtr>& vertices,
                     const Decisions& decisions) {
    // S2, S4: what shares a key stands in a line, parents first; S9.
    std::map<ConflictKey, VertexPtr> holders;
    std::map<Hash32, std::set<Hash32>> above;  // the ancestors of each
    for (const VertexPtr& vertex : decisions.accepted) {
        std::set<Hash32>& mine = above[vertex->id()];
        for (const Hash32& parent : vertex->parents()) {
            RC_ASSERT(parent == dag.genesis()->id || above.contains(parent));
            mine.insert(parent);
            const auto& theirs = above[parent];
            mine.insert(theirs.begin(), theirs.end());
        }
        for (const ConflictKey& key : vertex->jobs()) {
            const auto holder = holders.find(key);
            // A named value: the macro would evaluate both sides.
            const bool follows = holder == holders.end() || mine.contains(holder->second->id());
            RC_ASSERT(follows);
            holders[key] = vertex;
        }
        if (!vertex->is_cut()) RC_ASSERT(vertex->jobs() == job_keys(vertex->operations()));
        RC_ASSERT(vm.status(vertex->id()).value() == VertexStatus::kAccepted);
    }
    // S5: descendants of a rejected vertex are rejected, and no vertex is both.
    for (const VertexPtr& vertex : vertices) {
        const bool fallen =
            std::any_of(vertex->parents().begin(), vertex->parents().end(),
                        [&](const Hash32& id) { return decisions.rejected.contains(id); });
        RC_ASSERT(decisions.rejected.contains(vertex->id()) != above.contains(vertex->id()));
        RC_ASSERT(!fallen || decisions.rejected.contains(vertex->id()));
    }
    // Each accepted vertex is in exactly one slice, after all its ancestors.
    std::map<Hash32, std::uint64_t> slices;
    for (const CutResultPtr& result : decisions.results) {
        for (const VertexPtr& vertex : result->slice)
            RC_ASSERT(slices.emplace(vertex->id(), result->cut->cut()).second);
    }
    for (const VertexPtr& vertex : decisions.accepted) {
        const auto number = vm.settled_by(vertex->id()).value();
        if (!vertex->is_cut()) {
            const auto slice = slices.find(vertex->id());
            RC_ASSERT(number.has_value() == (slice != slices.end()));
            const bool agrees = !number || *number == slice->second;
            RC_ASSERT(agrees);
        }
        if (!number) continue;
        for (const Hash32& parent : vertex->parents())
            RC_ASSERT(vm.settled_by(parent).value().value() <= *number);
    }
}

RC_GTEST_PROP(DagProperty, TheSameCutsGiveOneStateRootAndStoreWhateverTheOrderOfArrival, ()) {
    TestDag dag;
    const Choose choose = by_rapidcheck();
    const auto vertices = random_dag(dag, choose, 12);
    MemoryStore store;
    DagVm vm = dag.open(store);
    for (const VertexPtr& vertex : vertices) must(vm.verify(vertex, dag.now()));
    const Decisions decisions = decide(vm, dag, vertices, choose);
    RC_ASSERT(audit_state(vm.state(), dag.rules().parameters).empty());
    std::vector<MemoryStore> disks(2);
    for (MemoryStore& disk : disks) {
        DagVm other = dag.open(disk);
        for (const VertexPtr& vertex : reorder(decisions.accepted, dag.genesis()->id, choose))
            follow(other, vertex);
        must_agree(vm, other);
        DagVm reread = dag.open(disk);
        must_agree(vm, reread);
        RC_ASSERT(other.accepted().unsettled().size() == reread.accepted().unsettled().size());
    }
    RC_ASSERT(contents(disks[0]) == contents(disks[1]));
    check_decisions(vm, dag, vertices, decisions);
}

// D08, L4: an operation of a rejected vertex waits in the queue unless its job is taken, its nonce
// is used, or the state refuses it.
RC_GTEST_PROP(DagProperty, OperationsOfRejectedVerticesReturnUnlessTheirJobIsTaken, ()) {
    TestDag dag;
    const Choose choose = by_rapidcheck();
    const auto vertices = random_dag(dag, choose, 12);
    MemoryStore store;
    DagVm vm = dag.open(store);
    for (const VertexPtr& vertex : vertices) must(vm.verify(vertex, dag.now()));
    std::set<Hash32> rejected;
    std::map<std::pair<Address, Lane>, std::uint64_t> nonces;
    while (vm.processing_count() != 0) {
        std::vector<VertexPtr> open;
        for (const VertexPtr& vertex : vertices) {
            if (vm.undecided().contains(vertex->id()) && ready(vm, *vertex)) open.push_back(vertex);
        }
        const VertexPtr chosen = open[choose(static_cast<std::uint32_t>(open.size()))];
        const auto losers = vm.conflicts(chosen->id());
        must(vm.accept(chosen->id()));
        for (const OperationPtr& o : chosen->operations()) {
            std::uint64_t& nonce = nonces[{o->sender(), o->lane()}];
            nonce = std::max(nonce, o->nonce());
        }
        for (const Hash32& id : reject_losers(vm, losers)) rejected.insert(id);
    }
    for (const VertexPtr& vertex : vertices) {
        if (!rejected.contains(vertex->id())) continue;
        for (const OperationPtr& o : vertex->operations()) {
            const ConflictKey key = conflict_key(o->operation(), ConflictKeyPolicy::kJob);
            const bool taken =
                std::holds_alternative<op::SubmitTask>(o->body()) && vm.job_is_taken(key).value();
            const bool used = o->nonce() <= nonces[{o->sender(), o->lane()}];
            if (taken || used || vm.mempool().contains(*o)) continue;
            const Status refused = vm.submit(o);
            RC_ASSERT(!refused.has_value());
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
    const auto vertices = random_dag(dag, choose, 4);
    MemoryStore store;
    DagVm vm = dag.open(store);
    for (const VertexPtr& vertex : vertices) must(vm.verify(vertex, dag.now()));
    const Decisions decisions = decide(vm, dag, vertices, choose);
    std::vector<VertexPtr> order;
    std::vector<VertexPtr> left = decisions.accepted;
    std::set<Hash32> done{dag.genesis()->id};
    std::optional<std::vector<std::pair<Bytes, Bytes>>> first;
    all_orders(order, left, done, [&](const std::vector<VertexPtr>& one) {
        MemoryStore other_store;
        DagVm other = dag.open(other_store);
        for (const VertexPtr& vertex : one) follow(other, vertex);
        must_agree(vm, other);
        if (!first) first = contents(other_store);
        RC_ASSERT(contents(other_store) == *first);
    });
}

// The commutation oracle: what shares nothing commutes, and the defined order has one root.
RC_GTEST_PROP(DagProperty, WhatSharesNothingCommutes, ()) {
    TestDag dag;
    const Choose choose = by_rapidcheck();
    const auto vertices = random_dag(dag, choose, 14);
    MemoryStore store;
    DagVm vm = dag.open(store);
    for (const VertexPtr& vertex : vertices) must(vm.verify(vertex, dag.now()));
    std::uint64_t compared = 0;
    while (vm.processing_count() != 0) {
        for (const VertexPtr& vertex : vertices) {
            if (!vm.undecided().contains(vertex->id()) || !ready(vm, *vertex)) continue;
            const auto losers = vm.conflicts(vertex->id());
            must(vm.accept(vertex->id()));
            reject_losers(vm, losers);
        }
        const State below = vm.state();
        settle(vm, dag);
        const auto random = check_commutation(below, *vm.last_result(), dag.rules(), 4, choose);
        const auto reversed = check_reversed(below, *vm.last_result(), dag.rules());
        RC_ASSERT(random.has_value() && reversed.has_value());
        for (const std::string& difference : random->differences) RC_FAIL(difference);
        for (const std::string& difference : reversed->differences) RC_FAIL(difference);
        compared += random->orders + reversed->orders;
    }
    RC_TAG(compared != 0 ? "compared" : "empty");
}

// Blocks with operations of every kind, each compared in reversed order. Returns in how many
// something changed its place.
std::uint64_t play_and_reverse(std::uint64_t seed) {
    const Choose choose = [generator = std::mt19937_64(seed)](std::uint32_t bound) mutable {
        return static_cast<std::uint32_t>(generator() % bound);
    };
    TestOptions options;
    const std::uint64_t scale = choose(2) == 0 ? 1 : kGreatScale;
    if (scale > 1) make_amounts_great(options);
    options.parameters.config.max_task_queue_size = 2 + choose(20);
    if (choose(3) == 0) options.parameters.config.verification_mode = VerificationMode::kRedundant;
    if (choose(3) == 0) options.models = {small_model("model", 4)};
    if (choose(2) == 0) options.parameters.policy.challenge_in_clear = true;
    TestChain chain(choose(2) == 0 ? options : served(options));
    std::uint64_t compared = 0;
    for (int i = 0; i < 40; ++i) {
        std::vector<OperationPtr> operations;
        for (std::uint32_t n = choose(10); n > 0; --n)
            operations.push_back(random_operation(chain, choose, scale));
        const State below = chain.state();
        chain.offer(operations, choose(8) == 0 ? 3 * kBlockNs : kBlockNs);
        const auto report = check_reversed(below, *chain.tip(), chain.rules());
        if (!report) throw TestFailure(report.error().text());
        if (!report->differences.empty()) throw TestFailure(report->differences.front());
        compared += report->orders;
    }
    return compared;
}

// Whatever the list of an operation's accesses leaves out shows as a difference.
RC_GTEST_PROP(DagProperty, WhatSharesNothingInABlockCommutesWhateverTheOperations, ()) {
    play_and_reverse(*rc::gen::arbitrary<std::uint64_t>());
}

TEST(DagProperty, BlocksOfRandomOperationsHaveSomethingToCompare) {
    std::uint64_t compared = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) compared += play_and_reverse(seed);
    EXPECT_GT(compared, 50U);
}

// Counts writes, and which of them carry out a decision, by playing a script to its end.
struct Script {
    TestDag& dag;
    std::vector<VertexPtr> others;  // of another node

    // A node that issues and decides; it begins where its store stands, and stops at the first
    // error. Returns whether it came to the end.
    bool play(KeyValueStore& store) const {
        auto opened = DagVm::open(dag.setup(store));
        if (!opened) return false;
        DagVm& vm = *opened;
        for (const VertexPtr& own : vm.own_undecided()) {
            if (!vm.verify(own, dag.now()) || !decide_own(vm, own)) return false;
        }
        for (const VertexPtr& vertex : others) {
            const auto status = vm.status(vertex->id());
            if (!status) return false;
            if (*status != VertexStatus::kUnknown) continue;
            if (!vm.verify(vertex, dag.now()) || !vm.accept(vertex->id())) return false;
        }
        while (vm.last_cut_number() < 3) {
            if (!issue(vm)) return false;
        }
        return true;
    }
    // A cut is accepted; of the vertices every other one is rejected.
    static bool decide_own(DagVm& vm, const VertexPtr& own) {
        const bool accept = own->is_cut() || own->header().sequence % 2 == 1;
        return accept ? vm.accept(own->id()).has_value() : vm.reject(own->id()).has_value();
    }
    bool issue(DagVm& vm) const {
        const auto vertex = vm.build_vertex(dag.build_options(vm));
        if (!vertex || !decide_own(vm, *vertex)) return false;
        const auto cut = vm.build_cut(dag.cut_request(vm));
        return cut && decide_own(vm, *cut);
    }
};

TEST(DagCrash, ARestartAfterAnyWriteLosesNothingAndSignsNothingTwice) {
    TestDag dag;
    Script script{dag, {}};
    script.others.push_back(dag.make({}, {dag.submit("alice", "job")}, 1));
    script.others.push_back(
        dag.make({script.others[0]}, {dag.by("p-1", registration("p-1", lux(1000)))}, 1));
    std::uint64_t writes = 0;
    {
        MemoryStore disk;
        FailingStore counting(disk);
        ASSERT_TRUE(script.play(counting));
        writes = counting.writes();
    }
    EXPECT_GT(writes, 12U);
    for (const Failure how : {Failure::kLosesBefore, Failure::kCrashesAfter}) {
        for (std::uint64_t crash = 0; crash < writes; ++crash) {
            MemoryStore disk;
            FailingStore failing(disk);
            failing.fail_at(crash, how);
            EXPECT_FALSE(script.play(failing));
            ASSERT_TRUE(script.play(disk)) << "write " << crash;
            DagVm vm = dag.open(disk);
            EXPECT_EQ(vm.last_cut_number(), 3U);
            EXPECT_TRUE(vm.own_undecided().empty());
            EXPECT_TRUE(vm.state().find_task(TestDag::job_of("alice", "job")).has_value());
            EXPECT_TRUE(vm.state().find_provider("p-1").has_value());
            EXPECT_TRUE(audit_state(vm.state(), dag.rules().parameters).empty());
            // Another node reaches the same state from the accepted vertices alone.
            MemoryStore fresh;
            DagVm other = dag.open(fresh);
            std::vector<VertexPtr> todo;
            must(disk.scan(keys::single(keys::kVertex), [&](ByteView, ByteView bytes) {
                todo.push_back(Vertex::decode(bytes).value());
                return true;
            }));
            std::sort(todo.begin(), todo.end(), [](const VertexPtr& a, const VertexPtr& b) {
                return a->height() < b->height();
            });
            std::set<std::uint64_t> sequences;
            for (const VertexPtr& vertex : todo) {
                if (vertex->header().proposer.value == 0) {
                    EXPECT_TRUE(sequences.insert(vertex->header().sequence).second);
                }
                follow(other, vertex);
            }
            EXPECT_EQ(other.state().state_root, vm.state().state_root);
        }
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
            const ConflictGraph& graph = vm.undecided();
            const bool related = graph.is_ancestor(vertex->id(), other->id()) ||
                                 graph.is_ancestor(other->id(), vertex->id());
            RC_ASSERT(graph.conflicts(vertex->id(), other->id()) ==
                      (vertex->conflicts(*other) && !related));
        }
    }
    RC_ASSERT(contents(store) == stored);
    for (auto it = vertices.rbegin(); it != vertices.rend(); ++it) must(vm.reject((*it)->id()));
    RC_ASSERT(contents_digest(vm.state()) == before);
    RC_ASSERT(vm.processing_count() == 0U && vm.accepted_frontier() == std::set{dag.genesis()->id});
}

// A line of vertices with one cut each is a chain of blocks: the same operations at the same times
// leave the same state, the same roots and the same events.
RC_GTEST_PROP(DagProperty, ALineWithOneVertexPerCutIsTheChain, ()) {
    TestOptions options;
    options.parameters.dag.emplace().cut_interval_ns = 1;
    TestChain chain(served(options));
    TestDag dag(options);
    RC_ASSERT(dag.genesis()->id == chain.genesis()->id);
    const Choose choose = by_rapidcheck();
    MemoryStore store;
    DagVm vm = dag.open(store);
    VertexPtr last;
    for (int i = 0; i < 30; ++i) {
        std::vector<OperationPtr> operations;
        for (std::uint32_t n = choose(5); n > 0; --n)
            operations.push_back(random_operation(chain, choose));
        chain.offer(operations, choose(8) == 0 ? 3 * kBlockNs : kBlockNs);
        const BlockPtr block = chain.tip()->block;
        const std::uint32_t proposer = block->header().proposer.value;
        VertexHeader header =
            dag.header_on(last ? std::vector{last} : std::vector<VertexPtr>{}, proposer);
        header.timestamp_ns = block->header().timestamp_ns;
        header.epoch = vm.accepted().epoch_after(header.cut);
        const VertexPtr vertex = dag.sign(header, block->operations());
        follow(vm, vertex);
        BuildRequest request = TestChain::request_by(vm.state(), ValidatorIndex{proposer},
                                                     block->header().timestamp_ns);
        RC_ASSERT(request.beacon_secret == block->header().beacon_secret);
        last = vm.build_cut(request).value();
        must(vm.accept(last->id()));
        RC_ASSERT(vm.last_result()->voids.empty());
        RC_ASSERT(contents_digest(vm.state()) == contents_digest(chain.state()));
        RC_ASSERT(vm.state().state_root == block->header().state_root);
        RC_ASSERT(last->seal().receipt_root == block->header().receipt_root);
        RC_ASSERT(last->seal().parent_aivm_root == block->header().parent_aivm_root);
        RC_ASSERT(vm.last_result()->executed->events.size() == chain.events().size());
        RC_ASSERT(vm.accepted().cut_at(chain.height()).value() == last->id());
    }
}

}  // namespace
}  // namespace aivm::test
