// duplicate: messages from or to the targets arrive twice at the rate of the plan.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class Duplicate final : public RandomMessageFault {
public:
    using RandomMessageFault::RandomMessageFault;
    static std::string describe(const FaultPlan& plan, const std::string& targets,
                                const std::string& when) {
        return fmt::format("{} ppm of the messages of {} arrive twice {}", plan.rate_ppm, targets,
                           when);
    }

private:
    [[nodiscard]] ChoiceKind choice() const override { return ChoiceKind::kFaultDuplicate; }
    void hit(Fate& fate) const override { fate.duplicated = true; }
};

}  // namespace aivm::sim
