// S1, S2, S14, S18 and S19: what all correct nodes have in common, and what happens only once.
#include <fmt/format.h>

#include <deque>
#include <map>
#include <set>
#include <tuple>

#include "core/state/load.h"
#include "sim/invariants/invariant.h"
#include "sim/invariants/short_id.h"

namespace aivm::sim {
namespace {

// S1. At each height all correct nodes accept the block that was accepted first.
class OneBlockPerHeight final : public Invariant {
public:
    OneBlockPerHeight()
        : Invariant({"S1", "agreement", "one accepted block per height over all correct nodes"}) {}

    void on_accepted(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        if (!watch().correct(node)) return;
        const Height height = executed->state.head.height;
        const auto [first, is_new] = accepted_.try_emplace(height, std::pair{executed->id, node});
        expect(is_new || first->second.first == executed->id,
               [&] {
                   return fmt::format("{} accepted block {} at height {}, where {} had accepted {}",
                                      watch().participants().name(node), short_id(executed->id),
                                      height, watch().participants().name(first->second.second),
                                      short_id(first->second.first));
               },
               {node, first->second.second});
    }

private:
    std::map<Height, std::pair<Hash32, ActorId>> accepted_;
};

// S2. On a chain every accepted block is an ancestor of every later one, so a job is submitted by
// one of them alone; and two branches that were both accepted must not share a job.
class JobInOneBlock final : public Invariant {
public:
    JobInOneBlock()
        : Invariant({"S2", "job-in-one-block", "no two accepted blocks submit the same job"}) {}

    void on_chain(const Executed& block, const State&) override { look_at(block); }
    void on_accepted(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        if (watch().correct(node)) look_at(*executed);
    }

private:
    void look_at(const Executed& block) {
        if (!blocks_.insert(block.id).second) return;
        for (const VmEvent& event : block.events) {
            const auto* submitted = std::get_if<event::TaskSubmitted>(&event);
            if (submitted == nullptr) continue;
            const std::string& job = block.state.task(submitted->task).job_id;
            const auto [first, is_new] = block_of_.try_emplace(job, block.id);
            expect(is_new, [&] {
                return fmt::format("accepted blocks {} and {} both submit job {}",
                                   short_id(first->second), short_id(block.id), job);
            });
        }
    }

    std::set<Hash32> blocks_;  // looked at
    std::map<std::string, Hash32, std::less<>> block_of_;
};

// S14. Equal prefix, equal state: after every accept by roots. SharedExecutor compares the results
// of nodes that execute the same block themselves, and reports differences here.
class EqualPrefixEqualState final : public Invariant {
public:
    EqualPrefixEqualState()
        : Invariant({"S14", "replicated-state",
                     "equal accepted prefix gives equal state on all nodes"}) {}

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

private:
    std::map<Hash32, Hash32> chain_;  // block id -> state root
};

// S18. A node that restarts has the state that a node has which did not, and nothing undecided.
class RestartIsNoRestart final : public Invariant {
public:
    RestartIsNoRestart()
        : Invariant({"S18", "restart-is-no-restart",
                     "a restarted node has the state of one that went on"}) {}

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

private:
    static constexpr std::size_t kStatesKept = 16;
    std::deque<std::pair<Hash32, State>> recent_;  // of the accepted chain
};

// S19. The nonces of an account grow within a lane, and a task ends once and has one result per
// assignment and provider.
class ConsumedOnce final : public Invariant {
public:
    ConsumedOnce()
        : Invariant({"S19", "consumed-once",
                     "each operation, job and result is consumed at most once"}) {}

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
        std::uint64_t& last = nonces_[{operation.sender(), operation.lane()}];
        expect(operation.nonce() > last, [&] {
            return fmt::format("block {} includes nonce {} of {} after nonce {}",
                               block.state.head.height, operation.nonce(),
                               to_hex(operation.sender().view()), last);
        });
        last = operation.nonce();
    }
    void end_of(const Executed& block, TaskIndex task) {
        expect(ended_.insert(task.value).second, [&] {
            return fmt::format("task {} ended a second time in block {}", task.value,
                               block.state.head.height);
        });
    }
    void result_of(const Executed& block, TaskIndex task, ProviderIndex provider) {
        const std::uint32_t assignment = block.state.task(task).assignments;
        expect(results_.insert({task.value, assignment, provider.value}).second, [&] {
            return fmt::format("provider {} posted a second result of task {} in block {}",
                               provider.value, task.value, block.state.head.height);
        });
    }

    std::map<std::pair<Address, Lane>, std::uint64_t> nonces_;  // the last one included
    std::set<std::uint32_t> ended_;
    std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> results_;
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
