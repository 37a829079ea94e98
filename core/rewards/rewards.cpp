#include "core/rewards/rewards.h"

#include <algorithm>
#include <array>

#include "core/base/mutant.h"
#include "core/ledger/ledger.h"
#include "core/registry/earned_trust.h"

namespace aivm {
namespace {

struct Tier {
    std::uint64_t below_ms;
    std::uint64_t percent;
};
constexpr std::array<Tier, 4> kTiers{
    {{100, 100}, {1'000, 150}, {10'000, 200}, {~std::uint64_t{0}, 300}}};

// The time that the schedule reads: the model's registered time or, as a policy under study, the
// provider's own report. Reports of a committee's members may differ, so it is paid by the
// registered time.
std::uint64_t billed_time_ms(const Transition& t, const Task& task) {
    const bool one_says = task.mode != VerificationMode::kRedundant && !task.seats.empty();
    if ((!t.policy().self_reported_compute && !AIVM_MUTANT(D38)) || !one_says)
        return t.read_model(task.model).compute_time_ms;
    return task.seats.front().compute_time_ms;
}

}  // namespace

Amount scheduled_reward(const VmParameters& parameters, std::uint64_t compute_time_ms) {
    if (parameters.policy.reward_schedule == RewardSchedule::kFlat)
        return parameters.config.base_reward;
    const auto tier = std::find_if(kTiers.begin(), kTiers.end() - 1, [&](const Tier& candidate) {
        return compute_time_ms < candidate.below_ms;
    });
    const auto hundredfold = parameters.config.base_reward.checked_times(tier->percent);
    return hundredfold ? Amount(hundredfold->nlux() / 100) : parameters.config.base_reward;
}

void complete_task(Transition& t, TaskIndex index, std::span<const ProviderIndex> winners) {
    AIVM_CHECK(!winners.empty());
    Task& task = t.edit_task(index);
    AIVM_CHECK(!task.terminal());
    const Amount fee = task.escrow;  // without the part that was burned at admission
    const Amount burned = admission_burn(t.policy(), task.fee);
    task.escrow = Amount();
    task.status = TaskStatus::kCompleted;
    task.final_at = t.block().height;

    Amount reward = scheduled_reward(t.parameters(), billed_time_ms(t, t.read_task(index)));
    if (t.policy().mint_cap == MintCap::kPerBurn && !AIVM_MUTANT(D38b))
        reward = std::min(reward, burned);

    const Amount fee_each = Amount(fee.nlux() / winners.size());
    const Amount mint_each = Amount(reward.nlux() / winners.size());
    Amount minted;
    Amount paid;
    for (const ProviderIndex winner : winners) {
        ledger::move(t, ledger::Pot::kTaskEscrows, ledger::Pot::kCredits, fee_each);
        const Amount fresh = ledger::mint(t, ledger::Pot::kCredits, mint_each);
        Provider& provider = t.edit_provider(winner);
        provider.credit += AIVM_MUTANT(credit_unpaid) ? fee_each : fee_each + fresh;
        provider.rewards_total = provider.rewards_total.saturating_plus(fee_each + fresh);
        if (AIVM_MUTANT(F3)) AIVM_CHECK(provider.rewards_total.nlux() >> 34 == 0);
        count_up(provider.tasks_completed);
        earn_trust(t.policy(), provider, t.block().height);
        minted += fresh;
        paid += fee_each + fresh;
        t.emit(event::ProviderPaid{index, winner, fee_each + fresh});
    }
    const Amount fee_paid = Amount(fee_each.nlux() * winners.size());
    const Task& done = t.read_task(index);
    if (!AIVM_MUTANT(remainder_kept))
        ledger::release(t, ledger::Pot::kTaskEscrows, done.requester, fee - fee_paid);
    t.edit_head().totals.tasks_completed += 1;
    t.add_receipt({index, done.task_key, done.status, done.provisional, paid, burned, minted,
                   t.block().height,
                   AIVM_MUTANT(F9) ? AnchorTarget::kQChain : t.read_head().anchor_target});
    t.emit(event::TaskCompleted{index, done.provisional, burned, minted});
}

Status claim_rewards(Transition& t, const Address& sender, const op::ClaimRewards& claim) {
    const auto index = t.state().find_provider(claim.provider_id);
    if (!index) return fail(ErrorCode::kProviderNotFound, claim.provider_id);
    const Provider& provider = t.read_provider(*index);
    if (!AIVM_MUTANT(D37_anyone) && provider.owner != sender)
        return fail(ErrorCode::kNotAuthorized, claim.provider_id);
    if (provider.credit.is_zero())
        return fail(ErrorCode::kInsufficientFunds, claim.provider_id + " has no credit");
    const Amount amount = provider.credit;
    const Address wallet = provider.wallet;
    t.edit_provider(*index).credit = Amount();
    if (!AIVM_MUTANT(D37)) ledger::release(t, ledger::Pot::kCredits, wallet, amount);
    t.emit(event::RewardsClaimed{*index, amount});
    return {};
}

Hash32 receipt_root(const State& state) {
    if (AIVM_MUTANT(D31)) return state.state_root;
    return state.receipt_tree.root(state.receipts);
}

}  // namespace aivm
