// The audit of states (core/audit) beside the accepted chain, computed once for all the invariants
// that report its findings.
#pragma once

#include <vector>

#include "core/audit/running_audit.h"
#include "sim/invariants/invariant.h"

namespace aivm::sim {

class StateAudit {
public:
    // Everything that is wrong with the state after the block. The sums of money are followed
    // through every block; at every 32nd height (economic fidelity: 64th), and at all of them in a
    // paranoid run, the whole state is walked. Repeated calls for one block cost nothing.
    const std::vector<AuditFinding>& of(const Watch& watch, const Executed& block,
                                        const State& parent);
    // Everything that is wrong with the last accepted state of the run, which is walked once.
    const std::vector<AuditFinding>& at_end(const Watch& watch);
    // Whether the findings returned last come from a walk over the whole state.
    [[nodiscard]] bool walked() const { return walked_; }

private:
    Hash32 block_;
    bool walked_ = false;
    RunningAudit money_;
    std::vector<AuditFinding> findings_;
};

}  // namespace aivm::sim
