// The audit of money along a chain: the sums that audit.h computes by walking a whole state,
// updated from the entries that each block touched. The cost of a block depends on its changes, not
// on the size of the state.
#pragma once

#include <vector>

#include "core/audit/audit.h"
#include "core/state/transition.h"

namespace aivm {

class RunningAudit {
public:
    // Findings E1, E2, E3 and E16 of `state`, in the words of audit_state. `parent` is the state
    // before the block and `touched` the entries in which the two differ; a parent that is not the
    // state of the last call starts a new walk over all of it. When the sums show an error, the
    // whole state is walked again to name it.
    std::vector<AuditFinding> follow(const State& parent, const State& state,
                                     const Touched& touched, const VmParameters& parameters);

private:
    __extension__ using Wide = unsigned __int128;
    struct Sums {
        Wide free = 0;
        Wide bonds = 0;
        Wide escrows = 0;
        Wide challenge_bonds = 0;
        Wide credits = 0;
    };

    void walk(const State& state, const VmParameters& parameters);
    // Subtracts (sign -1) or adds (+1) the contribution of an entry.
    void count(const Provider& provider, int sign);
    void count(const Task& task, int sign, const VmParameters& parameters);
    [[nodiscard]] bool sound(const State& state, const Touched& touched) const;
    [[nodiscard]] bool covered(const State& state, std::uint32_t provider) const;

    Sums sums_;
    std::vector<Wide> exposure_;           // by provider
    std::vector<std::uint32_t> affected_;  // providers whose exposure this block changed
    Height height_ = 0;
    std::size_t tasks_ = 0;
    bool started_ = false;
};

}  // namespace aivm
