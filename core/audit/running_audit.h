// The audit of money along a chain: the sums that audit.h computes by walking a whole state,
// updated from the entries that each block touched. Its cost per block depends on the changes, not
// on the size of the state.
#pragma once

#include <vector>

#include "core/audit/audit.h"
#include "core/state/transition.h"

namespace aivm {

class RunningAudit {
public:
    // The findings E1, E2, E3 and E16 of `state`, worded as by audit_state. `parent` is the state
    // before the block and `touched` the entries that the block changed; if `parent` is not the
    // state of the last call, the whole state is walked. If the sums show a violation, the whole
    // state is walked to describe it.
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
        Wide deposits = 0;
    };

    void walk(const State& state, const VmParameters& parameters);
    // Subtracts (sign -1) or adds (+1) the contribution of an entry.
    void count(const Provider& provider, int sign);
    void count(const Task& task, int sign, const VmParameters& parameters);
    void count(const Dispute& dispute, int sign);
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
