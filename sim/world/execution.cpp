#include "sim/world/execution.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/state/load.h"

namespace aivm::sim {

namespace {

// The default backend is compared with the canonical kernels in every full run. In the economic
// fidelity, whose subject it is not, one call in eight is compared, others with each seed.
CheckedKernels::Share compared_calls(const RunContext& context) {
    const bool all = context.options.kernels != nullptr || context.options.paranoid ||
                     context.scenario().run.fidelity == Fidelity::kFull;
    return all ? CheckedKernels::Share{} : CheckedKernels::Share{8, context.options.seed};
}

}  // namespace

Execution::Execution(const RunContext& context, const OnDifference& on_difference)
    : validators_(context.scenario().chain.validators),
      alone_one_in_(context.scenario().run.alone_one_in),
      execute_(context.options.execute ? context.options.execute : ExecuteBlock(execute_block)),
      authority_(context.options.seed),
      no_signatures_(authority_, vendor_address()),
      kernels_(context.options.kernels != nullptr ? *context.options.kernels : default_kernels_,
               on_difference, compared_calls(context)),
      executor_(
          {.paranoid = context.options.paranoid,
           .execute = execute_,
           .on_difference =
               [on_difference](const std::string& message) { on_difference("S14", message); }}),
      cuts_([on_difference](const std::string& message) { on_difference("S14", message); }) {
    const WorldOptions& options = context.options;
    rules_.parameters = context.scenario().vm;
    Policy& policy = rules_.parameters.policy;
    const ChainSettings& chain = context.scenario().chain;
    if (policy.full_proof_operations == 0)
        policy.full_proof_operations = std::max(chain.max_block_ops / 4, std::uint32_t{1});
    if (policy.full_proof_bytes == 0) policy.full_proof_bytes = chain.max_block_bytes / 4;
    const bool of_dag =
        context.scenario().run.fidelity == Fidelity::kFull && engine_row(chain.consensus).of_dag;
    if (of_dag) {
        DagPolicy& dag = rules_.parameters.dag.emplace();
        dag.cut_interval_ns = chain.block_interval_ns;
        dag.conflict_key = chain.conflict_key;
    }
    rules_.kernels = &kernels_;
    if (!options.invariants)
        rules_.kernels = options.kernels != nullptr ? options.kernels : &default_kernels_;
    rules_.authorizer = &authority_;
    rules_.vendor_root = vendor_address();
    const auto attests_cpu = [](const ActorGroup& group) {
        return cpu_type(group.hardware).has_value();
    };
    if (std::ranges::any_of(context.scenario().actors, attests_cpu))
        rules_.parameters.quote_measurements = {approved_measurement()};
    if (context.scenario().run.fidelity == Fidelity::kEconomic) {
        rules_.authorizer = &no_signatures_;
        rules_.kernels = &caching_.emplace(*rules_.kernels);
    }
}

// Counted from the last validator: the only builder of a sequencer is the first one.
bool Execution::executes_alone(ActorId validator) const {
    return (validators_ - 1 - validator) % alone_one_in_ == 0;
}

Executor& Execution::executor_of(ActorId validator) {
    if (executes_alone(validator)) return executor_.separate();
    return executor_;
}

CutExecutor& Execution::cut_executor_of(ActorId validator) {
    if (executes_alone(validator)) return cuts_.separate();
    return cuts_;
}

void Execution::note_reversed(std::string_view what, Height height,
                              const Result<Commutation>& found) {
    if (found && found->orders > 0) ++blocks_reversed_;
    if (!reversed_difference_.empty() || (found && found->differences.empty())) return;
    reversed_difference_ = fmt::format("{} {} in reversed order: {}", what, height,
                                       found ? found->differences.front() : found.error().text());
}

std::optional<ReplayDifference> Execution::reversed_difference() const {
    if (reversed_difference_.empty()) return std::nullopt;
    return ReplayDifference{"R3", reversed_difference_};
}

std::optional<ReplayDifference> Execution::replay_cuts(const DagVm& vm) {
    Rules rules = rules_;
    rules.kernels = &default_kernels_;
    State state = genesis_->state;
    std::set<Hash32> settled;
    for (std::uint64_t number = 1; number <= vm.last_cut_number(); ++number) {
        const auto next = replay_cut(vm, state, number, settled, rules);
        if (!next) {
            return ReplayDifference{"S14", fmt::format("cut {} cannot be executed again: {}",
                                                       number, next.error().text())};
        }
        ++blocks_replayed_;
        note_reversed("slice", number, check_reversed(state, **next, rules));
        state = (*next)->executed->state;
    }
    if (state.state_root != vm.state().state_root ||
        contents_digest(state) != contents_digest(vm.state())) {
        return ReplayDifference{
            "S14", fmt::format("the {} accepted cuts executed again give another state",
                               vm.last_cut_number())};
    }
    return reversed_difference();
}

// Its slice: the ancestors that no cut before it has settled. Everything comes from the bytes.
Result<CutResultPtr> Execution::replay_cut(const DagVm& vm, const State& below,
                                           std::uint64_t number, std::set<Hash32>& settled,
                                           const Rules& rules) const {
    AIVM_ASSIGN(const Hash32 id, vm.accepted().cut_at(number));
    AIVM_ASSIGN(const VertexPtr stored, vm.get_vertex(id));
    AIVM_ASSIGN(const VertexPtr cut, Vertex::decode(stored->encode()));
    std::vector<VertexPtr> slice;
    std::vector<Hash32> open = cut->parents();
    while (!open.empty()) {
        const Hash32 at = open.back();
        open.pop_back();
        if (at == vm.accepted().genesis_id() || !settled.insert(at).second) continue;
        AIVM_ASSIGN(const VertexPtr held, vm.get_vertex(at));
        if (held->is_cut()) continue;
        AIVM_ASSIGN(const VertexPtr vertex, Vertex::decode(held->encode()));
        slice.push_back(vertex);
        open.insert(open.end(), vertex->parents().begin(), vertex->parents().end());
    }
    settled.insert(id);
    return execute_cut(below, cut, std::move(slice), rules);
}

Result<ExecutedPtr> Execution::replay_block(const Vm& vm, const Executed& parent,
                                            const Rules& rules) const {
    AIVM_ASSIGN(const Hash32 id, vm.block_id_at_height(parent.state.head.height + 1));
    AIVM_ASSIGN(const BlockPtr block, vm.get_block(id));
    if (block->id() != id) return fail(ErrorCode::kStorage, "another block is stored under its id");
    if (block->parent() != parent.id)
        return fail(ErrorCode::kBadParent, "not a child of the block below it");
    // A copy through bytes, because a VM keeps its newest block in memory.
    AIVM_ASSIGN(const BlockPtr decoded, Block::decode(block->encode()));
    return execute_(parent.state, decoded, rules);
}

std::optional<ReplayDifference> Execution::replay(const Vm& vm) {
    Rules rules = rules_;
    rules.kernels = &default_kernels_;
    ExecutedPtr tip = genesis_;
    for (Height height = 1; height <= vm.last_accepted_height(); ++height) {
        const Result<ExecutedPtr> next = replay_block(vm, *tip, rules);
        if (!next) {
            return ReplayDifference{
                "S14", fmt::format("block {} of the accepted chain cannot be executed again: {}",
                                   height, next.error().text())};
        }
        ++blocks_replayed_;
        note_reversed("block", height, check_reversed(tip->state, **next, rules));
        tip = *next;
    }
    if (tip->state.state_root != vm.state().state_root ||
        contents_digest(tip->state) != contents_digest(vm.state())) {
        return ReplayDifference{
            "S14", fmt::format("the accepted chain of {} blocks executed again gives another state",
                               vm.last_accepted_height())};
    }
    return reversed_difference();
}

Status Execution::build(const RunContext& context) {
    const Genesis genesis =
        make_genesis_of(context.setting, context.participants, context.options.seed);
    AIVM_ASSIGN(genesis_, make_genesis(genesis, rules_));
    return {};
}

}  // namespace aivm::sim
