#include "core/tasks/fee_policy.h"

#include "core/tasks/admission.h"

namespace aivm {

FeePolicy fee_policy(const State& state, const VmParameters& parameters) {
    const Policy& policy = parameters.policy;
    return {.fee_floor = policy.fee_floor,
            .required_fee = required_fee(state, parameters),
            .fee_burn_bps = policy.fee_burn_bps,
            .lock_fee_bps = policy.lock_fee_bps,
            .model_fee = policy.model_fee,
            .model_deposit = policy.model_deposit};
}

}  // namespace aivm
