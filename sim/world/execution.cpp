#include "sim/world/execution.h"

#include <algorithm>

namespace aivm::sim {

Execution::Execution(const RunContext& context, const OnDifference& on_difference)
    : authority_(context.options.seed),
      no_signatures_(authority_, vendor_address()),
      kernels_(context.options.kernels != nullptr ? *context.options.kernels : default_kernels_,
               on_difference),
      executor_(context.options.paranoid,
                [on_difference](const std::string& message) { on_difference("S14", message); }) {
    const WorldOptions& options = context.options;
    rules_.parameters = context.scenario().vm;
    Policy& policy = rules_.parameters.policy;
    const ChainSettings& chain = context.scenario().chain;
    if (policy.full_proof_operations == 0)
        policy.full_proof_operations = std::max(chain.max_block_ops / 4, std::uint32_t{1});
    if (policy.full_proof_bytes == 0) policy.full_proof_bytes = chain.max_block_bytes / 4;
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

Status Execution::build(const RunContext& context) {
    const Genesis genesis =
        make_genesis_of(context.setting, context.participants, context.options.seed);
    AIVM_ASSIGN(genesis_, make_genesis(genesis, rules_));
    return {};
}

}  // namespace aivm::sim
