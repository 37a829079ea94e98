// L1 and L6: what must eventually happen, and what must not happen before.
#include <fmt/format.h>

#include <algorithm>

#include "sim/invariants/invariant.h"

namespace aivm::sim {
namespace {

// L1. A run that ends by its time limit has left some of its work undecided.
class WorkGetsDone final : public Invariant {
public:
    WorkGetsDone()
        : Invariant({"L1", "work-is-accepted",
                     "submitted work is accepted and becomes final within the run", true}) {}

    void on_chain(const Executed& block, const State&) override {
        const Totals& totals = block.state.head.totals;
        final_ = totals.tasks_completed + totals.tasks_failed;
    }
    void at_end() override {
        const std::uint64_t wanted = watch().tasks_due();
        expect(final_ >= wanted, [&] {
            return fmt::format("{} of {} tasks were not final after {} s", wanted - final_, wanted,
                               watch().now() / kSecond);
        });
    }

private:
    std::uint64_t final_ = 0;
};

// L6. Validators that are cut off with less than half of the stake finalise nothing by their own
// polls; in the end all validators agree.
class MinorityStandsStill final : public Invariant {
public:
    MinorityStandsStill()
        : Invariant({"L6", "minority-stands-still",
                     "a minority partition finalises nothing; all converge after it", true}) {}

    void on_faults_changed() override { changed_at_ = watch().now(); }
    void before_accept(ActorId node, const Vm&, const ExecutedPtr&, AcceptedBy by) override {
        if (by != AcceptedBy::kPolls || !watch().cut_off(node)) return;
        // Answers that were in flight when the links went down may still finish a poll that was
        // under way.
        const SimTime grace =
            kInFlight + static_cast<SimTime>(watch().scenario().chain.poll_timeout_ns);
        expect(watch().now() <= changed_at_ + grace,
               [&] {
                   return watch().participants().name(node) +
                          " finalised a block by polls while cut off";
               },
               {node});
    }
    void at_end() override {
        Height lowest = ~Height{0};
        Height highest = 0;
        for (ActorId node = 0; node < watch().scenario().chain.validators; ++node) {
            const Vm* vm = watch().vm(node);
            if (vm == nullptr) continue;
            lowest = std::min(lowest, vm->last_accepted_height());
            highest = std::max(highest, vm->last_accepted_height());
        }
        // The last block or two are always still in flight to some validator.
        expect(highest == 0 || highest - lowest <= kTipSpread, [&] {
            return fmt::format("validators ended at heights {} to {} and did not converge", lowest,
                               highest);
        });
    }

private:
    static constexpr SimTime kInFlight = 5 * kSecond;
    static constexpr Height kTipSpread = 3;
    SimTime changed_at_ = 0;
};

}  // namespace

void add_liveness_invariants(Invariants& out) {
    out.push_back(std::make_unique<WorkGetsDone>());
    out.push_back(std::make_unique<MinorityStandsStill>());
}

}  // namespace aivm::sim
