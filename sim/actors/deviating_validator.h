// A validator that deviates for a time: it follows its own strategy, and another one while a
// byzantine fault hits it (sim/faults/byzantine.h). Both are made before the run, and neither is
// lost in a crash of the machine.
#pragma once

#include <memory>
#include <vector>

#include "sim/actors/forwarding_strategy.h"
#include "sim/scenario/fault.h"

namespace aivm::sim {

class DeviatingValidator final : public ForwardingStrategy {
public:
    struct Deviation {
        const FaultPlan* plan = nullptr;  // identifies it, and outlives this
        std::unique_ptr<ValidatorStrategy> strategy;
    };
    // One deviation for each fault that may hit it. They do not run the identity twice.
    DeviatingValidator(std::unique_ptr<ValidatorStrategy> own, std::vector<Deviation> deviations);

    // The fault begins or ends. Of several the one that began last is followed.
    void begin(const FaultPlan& plan);
    void end(const FaultPlan& plan);

    // Asked once, before the run.
    bool runs_twice() override { return own_->runs_twice(); }

private:
    ValidatorStrategy& inner() override {
        return in_force_.empty() ? *own_ : *in_force_.back()->strategy;
    }

    std::unique_ptr<ValidatorStrategy> own_;
    std::vector<Deviation> deviations_;
    std::vector<const Deviation*> in_force_;  // in the order in which they began
};

}  // namespace aivm::sim
