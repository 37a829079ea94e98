// slow_node: every message from or to a target takes longer. Of several such faults of one node the
// slowest counts.
#pragma once

#include <fmt/format.h>

#include <algorithm>

#include "core/config/config_json.h"
#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class SlowNode final : public TargetMessageFault {
public:
    using TargetMessageFault::TargetMessageFault;
    static std::string describe(const FaultPlan& plan, const std::string& targets,
                                const std::string& when) {
        return fmt::format("messages of {} take {} longer {}", targets,
                           print_duration(plan.delay_ns), when);
    }

private:
    void apply(MessageInFlight& message) const override {
        const auto delay = static_cast<SimTime>(plan().delay_ns);
        if (hits(message.transmission.from))
            message.fate.sender_delay = std::max(message.fate.sender_delay, delay);
        if (hits(message.transmission.to))
            message.fate.receiver_delay = std::max(message.fate.receiver_delay, delay);
    }
};

}  // namespace aivm::sim
