// The tables of a state beside what is derived from them: counters, indexes, lists and timers.
#include "core/audit/audit.h"
#include "sim/invariants/invariant.h"

namespace aivm::sim {
namespace {

// The audit walks the whole state, so it is made after one accepted block in 32; in a paranoid run
// after every one.
constexpr Height kStructureOneBlockIn = 32;

class TablesAgree final : public Invariant {
public:
    TablesAgree()
        : Invariant({"R2", "tables-agree",
                     "counters, indexes and timers agree with the tables that they come from"}) {}

    void on_chain(const Executed& block, const State&) override {
        if (!watch().paranoid() && block.state.head.height % kStructureOneBlockIn != 0) return;
        // A world made by hand for a test may have no rules.
        if (watch().rules().authorizer == nullptr) return;
        count_check();
        for (const AuditFinding& finding : audit_state(block.state, watch().rules().parameters)) {
            // Money has invariants of its own, which look at every block.
            if (finding.invariant == "structure") report(finding.message);
        }
    }
};

}  // namespace

void add_structure_invariants(Invariants& out) { out.push_back(std::make_unique<TablesAgree>()); }

}  // namespace aivm::sim
