#include "sim/invariants/state_audit.h"

namespace aivm::sim {
namespace {

// A walk looks at every task since genesis: in the economic fidelity, one block in 32 would be a
// fiftieth of a run's time.
constexpr Height kWalkEvery = 32;
constexpr Height kWalkEveryEconomic = 64;

bool is_walked(const Watch& watch, Height height) {
    const bool economic = watch.scenario().run.fidelity == Fidelity::kEconomic;
    return watch.paranoid() || height % (economic ? kWalkEveryEconomic : kWalkEvery) == 0;
}

// A world made by hand for a test may have no rules.
const VmParameters& parameters_of(const Watch& watch) {
    return watch.rules().authorizer != nullptr ? watch.rules().parameters : watch.scenario().vm;
}

}  // namespace

const std::vector<AuditFinding>& StateAudit::of(const Watch& watch, const Executed& block,
                                                const State& parent) {
    if (block_ == block.id) return findings_;
    block_ = block.id;
    const VmParameters& parameters = parameters_of(watch);
    findings_ = money_.follow(parent, block.state, block.touched, parameters);
    walked_ = is_walked(watch, block.state.head.height);
    if (walked_) findings_ = audit_state(block.state, parameters);
    return findings_;
}

const std::vector<AuditFinding>& StateAudit::at_end(const Watch& watch) {
    const ExecutedPtr tip = watch.last_blocks().tip;
    if (tip == nullptr || (walked_ && block_ == tip->id)) return findings_;
    block_ = tip->id;
    walked_ = true;
    findings_ = audit_state(tip->state, parameters_of(watch));
    return findings_;
}

}  // namespace aivm::sim
