// E1, E2, E3, E7, E8 and E16: the rules about money, checked on the accepted chain, block by block.
#include <fmt/format.h>

#include <algorithm>

#include "sim/invariants/state_audit.h"

namespace aivm::sim {
namespace {

// One rule of the audit of states. Several findings may break it: all are reported.
class Audited : public Invariant {
public:
    Audited(const InvariantInfo& info, std::shared_ptr<StateAudit> audit)
        : Invariant(info), audit_(std::move(audit)) {}

    void on_chain(const Executed& block, const State& parent) override {
        count_check();
        report_own(audit_->of(watch(), block, parent), block.state);
    }
    void at_end() override {
        const ExecutedPtr tip = watch().last_blocks().tip;
        if (tip == nullptr) return;
        count_check();
        report_own(audit_->at_end(watch()), tip->state);
    }

protected:
    [[nodiscard]] std::vector<ActorId> actors_of(const State& state,
                                                 std::optional<ProviderIndex> provider) const {
        if (!provider) return {};
        const auto agent = watch().participants().find(state.provider(*provider).owner);
        return agent ? std::vector<ActorId>{*agent} : std::vector<ActorId>{};
    }

private:
    void report_own(const std::vector<AuditFinding>& findings, const State& state) {
        for (const AuditFinding& finding : findings) {
            if (finding.invariant == info().id)
                report(finding.message, actors_of(state, finding.provider));
        }
    }

    std::shared_ptr<StateAudit> audit_;
};

// E3. The audit sees states, and a provider that leaves in the very block that slashes it owes
// nothing in any of them: the slash itself shows it.
class BondOutlivesObligation final : public Audited {
public:
    using Audited::Audited;

    void on_chain(const Executed& block, const State& parent) override {
        Audited::on_chain(block, parent);
        for (const VmEvent& e : block.events) {
            const auto* slash = std::get_if<event::Slashed>(&e);
            if (slash == nullptr || slash_cause(slash->cause).victim != SlashVictim::kProvider ||
                slash->taken == slash->due)
                continue;
            const Provider& provider = block.state.provider(slash->provider);
            if (provider.status != ProviderStatus::kLeft) continue;
            return report(fmt::format("{} withdrew its bond in block {}, whose slash of {} nLUX "
                                      "took {} nLUX",
                                      provider.id, block.state.head.height, slash->due.nlux(),
                                      slash->taken.nlux()),
                          actors_of(block.state, slash->provider));
        }
    }
};

// E7. A block must not change a task that was terminal before it.
class TerminalTasksStay final : public Invariant {
public:
    TerminalTasksStay()
        : Invariant({.id = "E7",
                     .name = "terminal-is-final",
                     .meaning = "a completed or failed task or result never changes again",
                     .reason = "Requesters use an answer, and providers spend a payment, "
                               "because it is final. A later change takes back what they rely "
                               "on, or pays for one task twice."}) {}

    void on_chain(const Executed& block, const State& parent) override {
        for (const std::uint32_t index : block.touched.tasks) {
            const TaskIndex task{index};
            if (task.value >= parent.tasks.size()) continue;
            expect(!parent.task(task).terminal(), [&] {
                return fmt::format(
                    "task {} changed in block {} although it was final since block {}", task.value,
                    block.state.head.height, parent.task(task).final_at);
            });
        }
    }
};

// E8. A payment requires that in the parent's state the window is over and no dispute is open. Of a
// committee whose answer was proven wrong, the members with the true answer are paid.
class PaidAfterWindow final : public Invariant {
public:
    PaidAfterWindow()
        : Invariant({.id = "E8",
                     .name = "pay-after-window",
                     .meaning = "a provider is paid only after the window, with no dispute open",
                     .reason = "The window is the only time in which a wrong result can be "
                               "challenged. A payment before its end reaches a cheater before "
                               "anybody could object, and the requester has paid for a wrong "
                               "answer."}) {}

    void on_chain(const Executed& block, const State& parent) override {
        for (const VmEvent& e : block.events) {
            const auto* paid = std::get_if<event::ProviderPaid>(&e);
            if (paid == nullptr) continue;
            const Task& task = parent.task(paid->task);
            const Height earliest =
                task.posted_at + watch().scenario().vm.config.challenge_window_blocks;
            const bool right = !task.proven_wrong || task.mode == VerificationMode::kRedundant;
            expect(task.posted_at != 0 && block.state.head.height > earliest &&
                       task.disputes_open == 0 && right,
                   [&] {
                       return fmt::format(
                           "task {} was paid in block {}, before its window to block {} had closed "
                           "without a dispute",
                           paid->task.value, block.state.head.height, earliest);
                   });
        }
    }
};

}  // namespace

void add_money_invariants(Invariants& out, const std::shared_ptr<StateAudit>& audit) {
    const auto add = [&](const InvariantInfo& info) {
        out.push_back(std::make_unique<Audited>(info, audit));
    };
    add({.id = "E1",
         .name = "conservation",
         .meaning = "money only moves: balances, pots and burned sum to genesis "
                    "plus minted",
         .reason = "Money that appears or vanishes makes every balance a lie: "
                   "somebody is paid from nothing, or an owner loses what nobody "
                   "took."});
    add({.id = "E2",
         .name = "escrow-balances",
         .meaning = "the escrow account holds exactly the bonds, escrows, challenge "
                    "bonds and credits",
         .reason = "The escrow account pays every refund, reward and withdrawal. "
                   "With too little in it the last to withdraw gets nothing; with "
                   "too much somebody's money is locked for ever."});
    out.push_back(std::make_unique<BondOutlivesObligation>(
        InvariantInfo{.id = "E3",
                      .name = "bond-outlives-obligation",
                      .meaning = "whoever can still be slashed still has the bond",
                      .reason = "A slash that finds no bond costs the cheater nothing. A "
                                "provider that withdraws in time could post wrong results for "
                                "free, and requesters would bear the loss."},
        audit));
    out.push_back(std::make_unique<TerminalTasksStay>());
    out.push_back(std::make_unique<PaidAfterWindow>());
    add({.id = "E16",
         .name = "slash-coverage",
         .meaning = "each provider's bond covers all that its open obligations "
                    "could still cost",
         .reason = "A bond that is smaller than the sum of the possible slashes "
                   "covers only the first of them. From then on each further lie "
                   "is free, and the requesters of those tasks are unprotected."});
}

}  // namespace aivm::sim
