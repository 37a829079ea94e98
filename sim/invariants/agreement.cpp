// S1, S2, S14, S18 and S19: what all correct nodes have in common, and what happens only once.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/row_index.h"
#include "core/base/small_vector.h"
#include "core/state/load.h"
#include "sim/invariants/invariant.h"
#include "sim/invariants/short_id.h"

namespace aivm::sim {
namespace {

// S1. At each height all correct nodes accept the block that was accepted first.
class OneBlockPerHeight final : public Invariant {
public:
    OneBlockPerHeight()
        : Invariant({.id = "S1",
                     .name = "agreement",
                     .meaning = "one accepted block per height over all correct nodes",
                     .reason = "Two accepted blocks at one height are two histories of one "
                               "chain: the same money is spent in both. Whoever trusted the "
                               "block that is given up loses what it received there."}) {}

    void on_accepted(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        look_at(node, executed->state.head.height, executed->id);
    }
    // The number of a cut is the height of what it settles.
    void on_settled(ActorId node, const DagVm&, const CutResult& result) override {
        look_at(node, result.cut->cut(), result.cut->id());
    }

private:
    void look_at(ActorId node, Height height, const Hash32& id) {
        if (!watch().correct(node)) return;
        const auto [first, is_new] = accepted_.try_emplace(height, std::pair{id, node});
        expect(is_new || first->second.first == id,
               [&] {
                   return fmt::format("{} accepted block {} at height {}, where {} had accepted {}",
                                      watch().participants().name(node), short_id(id), height,
                                      watch().participants().name(first->second.second),
                                      short_id(first->second.first));
               },
               {node, first->second.second});
    }

    std::map<Height, std::pair<Hash32, ActorId>> accepted_;
};

// S2. On a chain every accepted block is an ancestor of every later one, so a job is submitted by
// one of them alone; and two branches that were both accepted must not share a job. On a DAG no two
// accepted vertices share a conflict key, unless one is an ancestor of the other or all operations
// of one on it were void in its slice. Each node's index of accepted jobs says so too: it names the
// vertex that took a key last, the cut that settled it, and whether it took effect.
class JobInOneBlock final : public Invariant {
public:
    JobInOneBlock()
        : Invariant({.id = "S2",
                     .name = "job-in-one-block",
                     .meaning = "no two accepted blocks submit the same job",
                     .reason = "A job that is accepted twice is computed and paid twice. The "
                               "requester pays twice, or the two branches disagree about who "
                               "did the work."}) {}

    void on_chain(const Executed& block, const State&) override { look_at(block); }
    void on_accepted(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        if (watch().correct(node)) look_at(*executed);
    }
    void on_vertex_accepted(ActorId node, const DagVm& vm, const VertexPtr& vertex) override {
        if (!watch().correct(node)) return;
        if (!vertex->is_cut()) check_index(node, vm, *vertex);
        if (!vertices_.emplace(vertex->id(), vertex).second) return;
        for (const ConflictKey& key :
             conflict_keys(*vertex, watch().rules().parameters.dag->conflict_key)) {
            std::vector<Hash32>& holders = holders_[key];
            for (const Hash32& other : holders) {
                expect(void_.contains({key, other}) || descends(vertex->id(), other) ||
                           descends(other, vertex->id()),
                       [&] {
                           return fmt::format("accepted vertices {} and {} share {}",
                                              short_id(other), short_id(vertex->id()), key);
                       });
            }
            holders.push_back(vertex->id());
        }
    }
    void on_settled(ActorId node, const DagVm& vm, const CutResult& result) override {
        if (!watch().correct(node)) return;
        if (result.cut->cut() > settled_) note(result);
        for (const VertexPtr& vertex : result.slice) check_index(node, vm, *vertex, &result);
    }

private:
    void note(const CutResult& result) {
        settled_ = result.cut->cut();
        for (const VertexPtr& vertex : result.slice)
            for (const ConflictKey& key : vertex->jobs())
                if (!result.effective.contains(key)) void_.insert({key, vertex->id()});
        for (const ConflictKey& key : result.effective) took_effect_.try_emplace(key, settled_);
    }
    // After the vertex was accepted or, with `result`, settled by that cut.
    void check_index(ActorId node, const DagVm& vm, const Vertex& vertex,
                     const CutResult* result = nullptr) {
        for (const ConflictKey& key :
             conflict_keys(vertex, watch().rules().parameters.dag->conflict_key)) {
            const auto holder = vm.accepted().holder_of(key);
            // A value that cannot be read is an I/O error, at which the node stops (S17).
            if (!holder && holder.error().code == ErrorCode::kStorage) continue;
            const bool holds = holder && *holder &&
                               (result == nullptr ? is_held_by(**holder, vertex.id())
                                                  : is_settled(vm, **holder, key, *result));
            expect(holds,
                   [&] {
                       return fmt::format("{} has a wrong entry of {} after vertex {} was {}",
                                          watch().participants().name(node), key,
                                          short_id(vertex.id()),
                                          result == nullptr ? "accepted" : "settled");
                   },
                   {node});
        }
    }
    static bool is_held_by(const KeyHolder& holder, const Hash32& vertex) {
        return holder.vertex == vertex && holder.settled_by == 0;
    }
    // A later vertex that is not settled yet may hold the key.
    [[nodiscard]] bool is_settled(const DagVm& vm, const KeyHolder& holder, const ConflictKey& key,
                                  const CutResult& result) const {
        const std::uint64_t number = result.cut->cut();
        const auto since = took_effect_.find(key);
        const bool effective = since != took_effect_.end() && since->second <= number;
        const bool is_open = vm.accepted().unsettled().contains(holder.vertex);
        return holder.effective == effective && holder.settled_by == (is_open ? 0 : number);
    }

    void look_at(const Executed& block) {
        if (!blocks_.insert(block.id).second) return;
        for (const VmEvent& event : block.events) {
            const auto* submitted = std::get_if<event::TaskSubmitted>(&event);
            if (submitted == nullptr) continue;
            const std::string& job = block.state.task(submitted->task).job_id;
            const Submission* first = find(job);
            expect(first == nullptr, [&] {
                return fmt::format("accepted blocks {} and {} both submit job {}",
                                   short_id(first->block), short_id(block.id), job);
            });
            if (first == nullptr) add({job, block.id});
        }
    }

    struct Submission {
        std::string job;
        Hash32 block;
    };
    [[nodiscard]] const Submission* find(const std::string& job) const {
        const auto row = by_job_.find(table_hash(as_bytes(job)), [&](std::uint32_t at) {
            return submissions_[at].job == job;
        });
        return row ? &submissions_[*row] : nullptr;
    }
    void add(Submission one) {
        by_job_.add(table_hash(as_bytes(one.job)), static_cast<std::uint32_t>(submissions_.size()));
        submissions_.push_back(std::move(one));
    }

    [[nodiscard]] bool descends(const Hash32& id, const Hash32& ancestor) const {
        const Height lowest = vertices_.at(ancestor)->height();
        std::vector<Hash32> open{id};
        std::set<Hash32> seen;
        while (!open.empty()) {
            const auto at = vertices_.find(open.back());
            open.pop_back();
            if (at == vertices_.end() || at->second->height() <= lowest) continue;
            for (const Hash32& parent : at->second->parents()) {
                if (parent == ancestor) return true;
                if (seen.insert(parent).second) open.push_back(parent);
            }
        }
        return false;
    }

    std::map<Hash32, VertexPtr> vertices_;  // accepted by any correct node
    std::map<ConflictKey, std::vector<Hash32>> holders_;
    std::set<std::pair<ConflictKey, Hash32>> void_;
    std::map<ConflictKey, std::uint64_t> took_effect_;  // by key: the first cut in which it did
    std::uint64_t settled_ = 0;                         // the number of the last cut
    std::set<Hash32> blocks_;                           // looked at
    std::vector<Submission> submissions_;
    RowIndex by_job_;  // of submissions_
};

// S14. Equal prefix, equal state: after every accept by roots. SharedExecutor compares the results
// of nodes that execute the same block themselves, and reports differences here.
class EqualPrefixEqualState final : public Invariant {
public:
    EqualPrefixEqualState()
        : Invariant({.id = "S14",
                     .name = "replicated-state",
                     .meaning = "equal accepted prefix gives equal state on all nodes",
                     .reason = "All nodes must compute the same balances from the same blocks, "
                               "or they refuse each other's next block. The chain splits "
                               "without anybody having attacked it."}) {}

    void on_chain(const Executed& block, const State&) override {
        if (watch().scenario().run.fidelity == Fidelity::kEconomic)
            return;  // there are no replicas
        chain_[block.id] = block.state.state_root;
    }
    void on_accepted(ActorId node, const Vm& vm, const ExecutedPtr& executed) override {
        if (!watch().correct(node)) return;
        const auto known = chain_.find(executed->id);
        expect(known != chain_.end() && known->second == vm.state().state_root,
               [&] {
                   return fmt::format("{} has another state at height {}",
                                      watch().participants().name(node), vm.last_accepted_height());
               },
               {node});
    }
    void on_settled(ActorId node, const DagVm& vm, const CutResult& result) override {
        if (!watch().correct(node)) return;
        const auto known = chain_.find(result.cut->id());
        expect(known != chain_.end() && known->second == vm.state().state_root,
               [&] {
                   return fmt::format("{} has another state after cut {}",
                                      watch().participants().name(node), vm.last_cut_number());
               },
               {node});
    }

private:
    std::map<Hash32, Hash32> chain_;  // block id -> state root
};

// S18. A node that restarts has the state that a node has which did not, and nothing undecided.
class RestartIsNoRestart final : public Invariant {
public:
    RestartIsNoRestart()
        : Invariant({.id = "S18",
                     .name = "restart-is-no-restart",
                     .meaning = "a restarted node has the state of one that went on",
                     .reason = "Nodes restart all the time. One that comes back with another "
                               "state votes wrongly, refuses good blocks or forgets a slash, "
                               "and its owner loses stake for a crash."}) {}

    void on_chain(const Executed& block, const State&) override {
        if (watch().scenario().run.fidelity == Fidelity::kEconomic) return;
        recent_.push_back({block.id, block.state});
        if (recent_.size() > kStatesKept) recent_.pop_front();
    }
    void on_restarted(ActorId node, const Vm& vm) override {
        expect(vm.processing_count() == 0 && vm.preferred() == vm.last_accepted(),
               [&] {
                   return watch().participants().name(node) +
                          " came back with blocks that it had not decided";
               },
               {node});
        for (const auto& [id, state] : recent_) {
            if (id != vm.last_accepted()) continue;
            expect(
                state.state_root == vm.state().state_root &&
                    contents_digest(state) == contents_digest(vm.state()),
                [&] { return watch().participants().name(node) + " came back with another state"; },
                {node});
        }
    }

    void on_dag_restarted(ActorId node, const DagVm& vm) override {
        expect(vm.processing_count() == 0,
               [&] {
                   return watch().participants().name(node) +
                          " came back with vertices that it had not decided";
               },
               {node});
        for (const auto& [id, state] : recent_) {
            if (id != vm.accepted().last_cut()) continue;
            expect(
                contents_digest(state) == contents_digest(vm.state()),
                [&] { return watch().participants().name(node) + " came back with another state"; },
                {node});
        }
    }

private:
    static constexpr std::size_t kStatesKept = 16;
    std::deque<std::pair<Hash32, State>> recent_;  // of the accepted chain
};

// S19. The nonces of an account grow within a lane, and a task ends once and has one result per
// assignment and provider.
class ConsumedOnce final : public Invariant {
public:
    ConsumedOnce()
        : Invariant({.id = "S19",
                     .name = "consumed-once",
                     .meaning = "each operation, job and result is consumed at most once",
                     .reason = "An operation, a job or a result that counts twice pays twice: "
                               "a signed payment could be replayed until the account is empty."}) {}

    void on_chain(const Executed& block, const State&) override {
        for (const OperationPtr& operation : block.block->operations()) look_at(block, *operation);
        for (const VmEvent& event : block.events) {
            if (const auto* e = std::get_if<event::TaskCompleted>(&event)) end_of(block, e->task);
            if (const auto* e = std::get_if<event::TaskFailed>(&event)) end_of(block, e->task);
            if (const auto* e = std::get_if<event::ResultPosted>(&event))
                result_of(block, e->task, e->provider);
        }
    }

private:
    void look_at(const Executed& block, const SignedOperation& operation) {
        std::uint64_t& last = nonces_[operation.sender()].edit(operation.lane());
        expect(operation.nonce() > last, [&] {
            return fmt::format("block {} includes nonce {} of {} after nonce {}",
                               block.state.head.height, operation.nonce(),
                               to_hex(operation.sender().view()), last);
        });
        last = operation.nonce();
    }
    void end_of(const Executed& block, TaskIndex task) {
        if (ended_.size() <= task.value) ended_.resize(task.value + std::size_t{1});
        const bool is_first = !std::exchange(ended_[task.value], std::uint8_t{1});
        expect(is_first, [&] {
            return fmt::format("task {} ended a second time in block {}", task.value,
                               block.state.head.height);
        });
    }
    void result_of(const Executed& block, TaskIndex task, ProviderIndex provider) {
        if (results_.size() <= task.value) results_.resize(task.value + std::size_t{1});
        auto& known = results_[task.value];
        const Result result{block.state.task(task).assignments, provider.value};
        const bool is_new = std::ranges::find(known, result) == known.end();
        expect(is_new, [&] {
            return fmt::format("provider {} posted a second result of task {} in block {}",
                               provider.value, task.value, block.state.head.height);
        });
        if (is_new) known.push_back(result);
    }

    struct Result {
        std::uint32_t assignment = 0;
        std::uint32_t provider = 0;
        friend bool operator==(const Result&, const Result&) = default;
    };
    std::map<Address, Nonces> nonces_;             // the last ones included
    std::vector<std::uint8_t> ended_;              // by task: whether it did
    std::vector<SmallVector<Result, 1>> results_;  // by task
};

}  // namespace

void add_agreement_invariants(Invariants& out) {
    out.push_back(std::make_unique<OneBlockPerHeight>());
    out.push_back(std::make_unique<JobInOneBlock>());
    out.push_back(std::make_unique<EqualPrefixEqualState>());
    out.push_back(std::make_unique<RestartIsNoRestart>());
    out.push_back(std::make_unique<ConsumedOnce>());
}

}  // namespace aivm::sim
