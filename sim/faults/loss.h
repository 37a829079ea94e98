// loss: messages from or to the targets are lost at the rate of the plan.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class Loss final : public RandomMessageFault {
public:
    using RandomMessageFault::RandomMessageFault;
    static std::string describe(const FaultPlan& plan, const std::string& targets,
                                const std::string& when) {
        return fmt::format("{} ppm of the messages of {} are lost {}", plan.rate_ppm, targets,
                           when);
    }

private:
    [[nodiscard]] ChoiceKind choice() const override { return ChoiceKind::kFaultLoss; }
    void hit(Fate& fate) const override { fate.lost = true; }
};

}  // namespace aivm::sim
