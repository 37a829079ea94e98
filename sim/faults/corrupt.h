// corrupt: bits of messages from or to the targets are flipped at the rate of the plan.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class Corrupt final : public RandomMessageFault {
public:
    using RandomMessageFault::RandomMessageFault;
    static std::string describe(const FaultPlan& plan, const std::string& targets,
                                const std::string& when) {
        return fmt::format("{} ppm of the messages of {} are corrupted {}", plan.rate_ppm, targets,
                           when);
    }

private:
    [[nodiscard]] ChoiceKind choice() const override { return ChoiceKind::kFaultCorrupt; }
    void hit(Fate& fate) const override { fate.corrupted = true; }
};

}  // namespace aivm::sim
