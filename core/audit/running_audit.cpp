#include "core/audit/running_audit.h"

#include "core/base/check.h"
#include "core/verification/slashing.h"

namespace aivm {
namespace {

__extension__ using Wide = unsigned __int128;

// Sums may wrap while entries are exchanged one by one; at the end they equal those of a full walk.
Wide times(std::uint64_t value, int sign) { return sign > 0 ? Wide{value} : -Wide{value}; }

}  // namespace

void RunningAudit::count(const Provider& p, int sign) {
    sums_.bonds += times(p.bond.nlux(), sign);
    sums_.credits += times(p.credit.nlux(), sign);
}

void RunningAudit::count(const Task& task, int sign, const VmParameters& parameters) {
    sums_.escrows += times(task.escrow.nlux(), sign);
    for (const Seat& seat : task.seats) {
        if (!seat.open()) continue;
        if (seat.provider.value >= exposure_.size())
            exposure_.resize(seat.provider.value + std::size_t{1});
        exposure_[seat.provider.value] +=
            times(slash_exposure(parameters, task, seat).nlux(), sign);
        // Consecutive calls mostly concern one provider: a seat's old contribution, then its new
        // one.
        if (affected_.empty() || affected_.back() != seat.provider.value)
            affected_.push_back(seat.provider.value);
    }
}

void RunningAudit::count(const Dispute& dispute, int sign) {
    sums_.challenge_bonds += times(dispute.bond.nlux(), sign);
    sums_.escrows += times(dispute.share.nlux(), sign);
}

void RunningAudit::walk(const State& state, const VmParameters& parameters) {
    sums_ = {};
    exposure_.assign(state.providers.size(), 0);
    state.accounts.for_each([&](const Address& address, const Account& account) {
        if (address != escrow_address()) sums_.free += account.balance.nlux();
    });
    state.providers.for_each([&](std::size_t i, const Provider& p) {
        count(p, 1);
        affected_.push_back(static_cast<std::uint32_t>(i));
    });
    state.validators.for_each(
        [&](std::size_t, const Validator& v) { sums_.bonds += v.stake.nlux(); });
    state.tasks.for_each([&](std::size_t, const Task& task) { count(task, 1, parameters); });
    state.disputes.for_each([&](std::size_t, const Dispute& d) { count(d, 1); });
    state.model_status.for_each(
        [&](std::size_t, const ModelStatus& m) { sums_.deposits += m.deposit.nlux(); });
}

bool RunningAudit::covered(const State& state, std::uint32_t index) const {
    if (index >= state.providers.size()) return false;
    const Provider& p = state.providers[index];
    return index >= exposure_.size() || Wide{p.bond.nlux()} + p.credit.nlux() >= exposure_[index];
}

bool RunningAudit::sound(const State& state, const Touched& touched) const {
    const Totals& totals = state.head.totals;
    const Wide held =
        sums_.bonds + sums_.escrows + sums_.challenge_bonds + sums_.credits + sums_.deposits;
    bool good = sums_.free + held + totals.burned.nlux() ==
                Wide{totals.genesis.nlux()} + totals.minted.nlux();
    good =
        good && sums_.bonds == totals.bonds.nlux() && sums_.escrows == totals.task_escrows.nlux();
    good = good && sums_.challenge_bonds == totals.challenge_bonds.nlux() &&
           sums_.credits == totals.credits.nlux() && sums_.deposits == totals.model_deposits.nlux();
    good = good && state.balance(escrow_address()).nlux() == held;
    for (const std::uint32_t provider : touched.providers) good = good && covered(state, provider);
    for (const std::uint32_t provider : affected_) good = good && covered(state, provider);
    return good;
}

std::vector<AuditFinding> RunningAudit::follow(const State& parent, const State& state,
                                               const Touched& touched,
                                               const VmParameters& parameters) {
    affected_.clear();
    if (!started_ || parent.head.height != height_ || parent.tasks.size() != tasks_) {
        walk(state, parameters);
    } else {
        // Subtracts the old contribution of every touched entry and adds the new one.
        const auto exchange = [](const auto& before, const auto& after, std::uint32_t i,
                                 auto&& count_one) {
            if (i < before.size()) count_one(before[i], -1);
            count_one(after[i], 1);
        };
        for (const Address& address : touched.accounts) {
            if (address == escrow_address()) continue;
            sums_.free += state.balance(address).nlux();
            sums_.free -= parent.balance(address).nlux();
        }
        for (const std::uint32_t i : touched.providers) {
            exchange(parent.providers, state.providers, i,
                     [&](const Provider& p, int sign) { count(p, sign); });
        }
        for (const std::uint32_t i : touched.tasks) {
            exchange(parent.tasks, state.tasks, i,
                     [&](const Task& t, int sign) { count(t, sign, parameters); });
        }
        for (const std::uint32_t i : touched.disputes) {
            exchange(parent.disputes, state.disputes, i,
                     [&](const Dispute& d, int sign) { count(d, sign); });
        }
        for (const std::uint32_t i : touched.validators) {
            exchange(parent.validators, state.validators, i, [&](const Validator& v, int sign) {
                sums_.bonds += times(v.stake.nlux(), sign);
            });
        }
        for (const std::uint32_t i : touched.models) {
            exchange(parent.model_status, state.model_status, i,
                     [&](const ModelStatus& m, int sign) {
                         sums_.deposits += times(m.deposit.nlux(), sign);
                     });
        }
    }
    started_ = true;
    height_ = state.head.height;
    tasks_ = state.tasks.size();
    if (sound(state, touched)) return {};
    return audit_state(state, parameters);
}

}  // namespace aivm
