// The published FeePolicy: the fees that a chain declares. A chain whose fee_floor is 0 does not
// start: check_parameters() refuses it, because anybody could fill the queue of tasks for nothing.
// The other fees may be 0, to study what that costs: without fee_burn_bps a task's fee comes back
// to whoever answers its own tasks, and without model_fee and model_deposit the table of models is
// free.
#pragma once

#include "core/base/describe.h"
#include "core/state/state.h"

namespace aivm {

struct FeePolicy {
    Amount fee_floor;            // the least fee of a task while the queue is nearly empty
    Amount required_fee;         // the least fee of a task that is submitted now
    std::uint32_t fee_burn_bps;  // of a task's fee, burned when it is accepted
    std::uint32_t lock_fee_bps;  // of the result bond, part of the required fee
    Amount model_fee;            // burned by the registration of a model and of new weights
    Amount model_deposit;        // held while a model is registered

    static constexpr auto fields() {
        return std::tuple{field<&FeePolicy::fee_floor>(),    field<&FeePolicy::required_fee>(),
                          field<&FeePolicy::fee_burn_bps>(), field<&FeePolicy::lock_fee_bps>(),
                          field<&FeePolicy::model_fee>(),    field<&FeePolicy::model_deposit>()};
    }
};

FeePolicy fee_policy(const State& state, const VmParameters& parameters);

}  // namespace aivm
