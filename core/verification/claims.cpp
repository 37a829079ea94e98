#include "core/verification/claims.h"

#include <algorithm>
#include <utility>

#include "core/base/mutant.h"
#include "core/ledger/ledger.h"
#include "core/tasks/seats.h"
#include "core/verification/slashing.h"

namespace aivm {
namespace {

using ledger::Pot;

// The challenger's share of the slash of one result, on its way to a claim.
class WaitingShare {
public:
    WaitingShare(Transition& t, TaskIndex task) : t_(t), task_(task) {}

    // The next claim in order of commitment. The claims on one result follow each other, and the
    // first of them holds the share.
    void reach(DisputeIndex index) {
        Dispute& dispute = t_.edit_dispute(index);
        if (dispute.assignment != assignment_) burn_rest();
        assignment_ = dispute.assignment;
        const Amount share = std::exchange(dispute.share, Amount());
        if (!AIVM_MUTANT(waiting_share_lost)) amount_ += share;
    }
    // Pays the share to this challenger, unless an earlier claim has received it.
    void pay(const Address& challenger) {
        if (amount_.is_zero()) return;
        const Amount paid = std::exchange(amount_, Amount());
        ledger::release(t_, Pot::kTaskEscrows, challenger, paid);
        t_.emit(event::ShareSettled{task_, assignment_, challenger, paid, Amount()});
    }
    void burn_rest() {
        if (amount_.is_zero()) return;
        const Amount burned = std::exchange(amount_, Amount());
        ledger::burn(t_, Pot::kTaskEscrows, burned);
        t_.emit(event::ShareSettled{task_, assignment_, Address(), Amount(), burned});
    }

private:
    Transition& t_;
    TaskIndex task_;
    std::uint32_t assignment_ = 0;
    Amount amount_;
};

void return_bond(Transition& t, DisputeIndex index) {
    Dispute& dispute = t.edit_dispute(index);
    const Amount bond = std::exchange(dispute.bond, Amount());
    ledger::release(t, Pot::kChallengeBonds, dispute.challenger, bond);
}

void take_bond(Transition& t, DisputeIndex index, std::optional<ProviderIndex> right_provider) {
    Dispute& dispute = t.edit_dispute(index);
    const ChallengerSlash slash{.task = dispute.task,
                                .challenger = dispute.challenger,
                                .bond = std::exchange(dispute.bond, Amount()),
                                .right_provider = right_provider};
    slash_challenger(t, slash);
}

void close_claim(Transition& t, DisputeIndex index, DisputeStatus status) {
    Dispute& dispute = t.edit_dispute(index);
    AIVM_CHECK(dispute.status == DisputeStatus::kWaiting);
    dispute.status = status;
    dispute.closed_at = t.block().height;
    if (status == DisputeStatus::kReturned) {
        t.emit(event::ClaimReturned{dispute.task, index});
    } else {
        t.emit(event::DisputeClosed{dispute.task, index, status == DisputeStatus::kWon});
    }
}

DisputeList take_claims(Transition& t, TaskIndex task) {
    if (t.read_task(task).claims.empty()) return {};
    return std::exchange(t.edit_task(task).claims, {});
}

void release_claims(Transition& t, TaskIndex task) {
    WaitingShare share(t, task);
    t.state().for_each_dispute(take_claims(t, task), [&](DisputeIndex i, const Dispute& d) {
        const bool won_by_step = d.won_by_step;
        const Address challenger = d.challenger;
        share.reach(i);
        if (won_by_step) share.pay(challenger);
        return_bond(t, i);
        close_claim(t, i, DisputeStatus::kReturned);
    });
    share.burn_rest();
}

}  // namespace

PaidOut pay_out_disputes(Transition& t, TaskIndex index,
                         std::optional<ProviderIndex> right_provider) {
    if (t.read_task(index).disputes.empty()) return {};
    const DisputeList disputes = std::exchange(t.edit_task(index).disputes, {});
    PaidOut out;
    t.state().for_each_dispute(disputes, [&](DisputeIndex i, const Dispute& d) {
        const Address challenger = d.challenger;
        switch (d.status) {
            case DisputeStatus::kWon:
                if (!AIVM_MUTANT(win_keeps_bond)) return_bond(t, i);
                if (!out.rewarded) out.rewarded = challenger;
                out.won.push_back(challenger);
                break;
            case DisputeStatus::kWaiting:
                t.append_dispute(&Task::claims, i);
                if (!out.first_waiting) out.first_waiting = i;
                break;
            default:
                AIVM_CHECK(d.status == DisputeStatus::kLost);
                take_bond(t, i, right_provider);
                break;
        }
    });
    return out;
}

void split_share(Transition& t, TaskIndex index, std::span<const Address> challengers,
                 Amount share) {
    AIVM_CHECK(!challengers.empty());
    const std::uint32_t assignment = t.read_task(index).assignments;
    constexpr std::size_t kMost = 63;
    const Amount each(share.nlux() >> std::min(challengers.size() - 1, kMost));
    for (const Address& challenger : challengers) {
        if (each.is_zero()) break;
        ledger::release(t, Pot::kTaskEscrows, challenger, each);
        share -= each;
        t.emit(event::ShareSettled{index, assignment, challenger, each, Amount()});
    }
    if (share.is_zero()) return;
    ledger::burn(t, Pot::kTaskEscrows, share);
    t.emit(event::ShareSettled{index, assignment, Address(), Amount(), share});
}

void settle_claims(Transition& t, TaskIndex task, Answer answer) {
    WaitingShare share(t, task);
    t.state().for_each_dispute(take_claims(t, task), [&](DisputeIndex i, const Dispute& d) {
        const bool is_true = d.claim == answer;
        const Address challenger = d.challenger;
        share.reach(i);
        if (is_true) {
            share.pay(challenger);
            return_bond(t, i);
        } else {
            take_bond(t, i, std::nullopt);  // the provider that it accused was wrong too
        }
        close_claim(t, i, is_true ? DisputeStatus::kWon : DisputeStatus::kLost);
    });
    share.burn_rest();
}

void end_assignment(Transition& t, TaskIndex task) {
    return_or_fail(t, task);
    if (t.read_task(task).terminal()) release_claims(t, task);
}

void fail_job(Transition& t, TaskIndex task) {
    fail_task(t, task);
    release_claims(t, task);
}

}  // namespace aivm
