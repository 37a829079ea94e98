// flapping: nothing passes from or to the targets in the first half of every period.
#pragma once

#include <fmt/format.h>

#include "core/config/config_json.h"
#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class Flapping final : public TargetMessageFault {
public:
    using TargetMessageFault::TargetMessageFault;
    static std::string describe(const FaultPlan& plan, const std::string& targets,
                                const std::string& when) {
        return fmt::format("links of {} are down and up, {} a turn, {}", targets,
                           print_duration(plan.period_ns), when);
    }

private:
    void apply(MessageInFlight& message) const override {
        const auto period = static_cast<SimTime>(plan().period_ns);
        if ((message.now - begun_at()) % period >= period / 2) return;
        if (hits(message.transmission.from) || hits(message.transmission.to))
            message.fate.blocked = true;
    }
};

}  // namespace aivm::sim
