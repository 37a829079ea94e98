// reorder: messages from or to the targets are held back at the rate of the plan, for up to the
// link's reorder_delay.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class Reorder final : public RandomMessageFault {
public:
    using RandomMessageFault::RandomMessageFault;
    static std::string describe(const FaultPlan& plan, const std::string& targets,
                                const std::string& when) {
        return fmt::format("{} ppm of the messages of {} are held back {}", plan.rate_ppm, targets,
                           when);
    }

private:
    [[nodiscard]] ChoiceKind choice() const override { return ChoiceKind::kFaultReorder; }
    void hit(Fate& fate) const override { fate.reordered = true; }
};

}  // namespace aivm::sim
