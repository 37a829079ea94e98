// The tables of a state beside what is derived from them: counters, indexes, lists and timers.
#include "core/audit/audit.h"
#include "sim/invariants/invariant.h"

namespace aivm::sim {
namespace {

// Heights at which the whole state is audited; in a paranoid run it is after every block. An audit
// looks at every task since genesis: in the economic fidelity, one in 32 would be a fiftieth of a
// run's time.
constexpr Height kAuditEvery = 32;
constexpr Height kAuditEveryEconomic = 64;

class TablesAgree final : public Invariant {
public:
    TablesAgree()
        : Invariant({.id = "R2",
                     .name = "tables-agree",
                     .meaning = "counters, indexes and timers agree with the tables that they "
                                "come from",
                     .reason = "The VM answers from counters and indexes instead of searching "
                               "its tables. If they drift apart, a deadline never fires, a "
                               "bond stays locked, or a limit refuses what is allowed."}) {}

    void on_chain(const Executed& block, const State&) override {
        if (!watch().paranoid() && block.state.head.height % interval() != 0) return;
        // A world made by hand for a test may have no rules.
        if (watch().rules().authorizer == nullptr) return;
        count_check();
        for (const AuditFinding& finding : audit_state(block.state, watch().rules().parameters)) {
            // Money has invariants of its own, which look at every block.
            if (finding.invariant == "structure") report(finding.message);
        }
    }

private:
    [[nodiscard]] Height interval() const {
        const bool economic = watch().scenario().run.fidelity == Fidelity::kEconomic;
        return economic ? kAuditEveryEconomic : kAuditEvery;
    }
};

}  // namespace

void add_structure_invariants(Invariants& out) { out.push_back(std::make_unique<TablesAgree>()); }

}  // namespace aivm::sim
