// Branching: a run is continued in several ways from its first successes of rare probes. The
// process is forked there; the child goes on with other streams of choices (BranchedChoices), hands
// its record to the parent and ends, and then the parent goes on. So a branch costs what remains of
// the run, and what it finds can be repeated from the start by the seed and the branch point.
//
// Runs in which the choice source is asked nothing after the first event have no branches: all of
// them would be equal.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>

#include "scenarios/campaign/campaign_record.h"
#include "scenarios/campaign/probes.h"
#include "sim/engine/exploring_choices.h"

namespace aivm::scenarios {

class Branches final : public sim::Probe {
public:
    static constexpr double kRareBelow = 0.3;  // by ProbeRow::target
    static constexpr std::uint32_t kPerProbe = 2;
    static constexpr std::uint32_t kMax = 6;  // per run

    // `choices` answers the run, and `counter` is notified of it; both must outlive this.
    Branches(sim::BranchedChoices& choices, FactCounter& counter)
        : choices_(choices), counter_(counter) {}

    void on_block(const Executed& block, sim::SimTime now) override;
    // Whether this process is a branch, which must end with finish().
    [[nodiscard]] bool is_branch() const { return point_.has_value(); }
    // Hands the record of this branch to the parent, and ends the process.
    [[noreturn]] void finish(RunRecord&& run) const;
    // The first branch that did not end clean; null if there is none.
    [[nodiscard]] const RunRecord* defect() const { return defect_ ? &*defect_ : nullptr; }

private:
    void branch();
    void wait_for(int pid, int pipe, const sim::BranchPoint& point);

    sim::BranchedChoices& choices_;
    FactCounter& counter_;
    std::optional<std::uint64_t> asked_before_;  // when the first block was accepted
    std::set<std::size_t> seen_;                 // probes
    std::uint32_t branches_ = 0;
    std::optional<RunRecord> defect_;
    std::optional<sim::BranchPoint> point_;  // of this process, if it is a branch
    int to_parent_ = -1;
};

}  // namespace aivm::scenarios
