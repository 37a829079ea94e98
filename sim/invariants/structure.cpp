// The tables of a state beside what is derived from them: counters, indexes, lists and timers.
#include "sim/invariants/state_audit.h"

namespace aivm::sim {
namespace {

// The rules about money that an audit checks report their own findings (money.cpp).
class TablesAgree final : public Invariant {
public:
    explicit TablesAgree(std::shared_ptr<StateAudit> audit)
        : Invariant({.id = "R2",
                     .name = "tables-agree",
                     .meaning = "counters, indexes and timers agree with the tables that they "
                                "come from",
                     .reason = "The VM answers from counters and indexes instead of searching "
                               "its tables. If they drift apart, a deadline never fires, a "
                               "bond stays locked, or a limit refuses what is allowed."}),
          audit_(std::move(audit)) {}

    void on_chain(const Executed& block, const State& parent) override {
        const auto& findings = audit_->of(watch(), block, parent);
        if (audit_->walked()) count_check();
        report_own(findings);
    }
    void at_end() override {
        if (watch().last_blocks().tip == nullptr) return;
        count_check();
        report_own(audit_->at_end(watch()));
    }

private:
    void report_own(const std::vector<AuditFinding>& findings) {
        for (const AuditFinding& finding : findings) {
            if (finding.invariant == info().id) report(finding.message);
        }
    }

    std::shared_ptr<StateAudit> audit_;
};

}  // namespace

void add_structure_invariants(Invariants& out, const std::shared_ptr<StateAudit>& audit) {
    out.push_back(std::make_unique<TablesAgree>(audit));
}

}  // namespace aivm::sim
