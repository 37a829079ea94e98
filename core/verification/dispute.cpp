#include "core/verification/dispute.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/digest.h"
#include "core/config/limits.h"
#include "core/ledger/ledger.h"
#include "core/verification/bisection.h"
#include "core/verification/optimistic.h"
#include "core/verification/reexecution.h"
#include "core/verification/slashing.h"

namespace aivm {
namespace {

Status check_challengeable(const Transition& t, const Address& sender, const Task& task) {
    if (task.status != TaskStatus::kPosted && task.status != TaskStatus::kChallenged) {
        return t.refuse(ErrorCode::kWrongState, [&] {
            return fmt::format("task {} has no answer to challenge", task.job_id);
        });
    }
    if (task.proven_wrong)
        return fail(ErrorCode::kWrongState, "task " + task.job_id + " is already proven wrong");
    const Height last = task.posted_at + t.config().challenge_window_blocks;
    if (t.block().height <= task.posted_at || t.block().height > last) {
        return t.refuse(ErrorCode::kWindowClosed, [&] {
            return fmt::format("task {} is challengeable in blocks {} to {}", task.job_id,
                               task.posted_at + 1, last);
        });
    }
    if (task.open_disputes.size() + task.closed_disputes.size() >= kDisputesPerTaskMax) {
        return fail(ErrorCode::kLimitReached,
                    fmt::format("{} disputes on one result", kDisputesPerTaskMax));
    }
    for (const DisputeIndex d : task.open_disputes) {
        if (t.read_dispute(d).challenger == sender)
            return fail(ErrorCode::kDuplicate, "this challenge is open");
    }
    return {};
}

// The party to move has dispute_move_blocks for its next move.
void restart_clock(Transition& t, DisputeIndex index) {
    Dispute& dispute = t.edit_dispute(index);
    t.clear_timer(HeightTimer{dispute.deadline, TimerKind::kDisputeDeadline, index.value});
    dispute.deadline = t.block().height + t.policy().dispute_move_blocks;
    t.set_timer(HeightTimer{dispute.deadline, TimerKind::kDisputeDeadline, index.value});
}

// Closes a dispute. When it was the task's last open one, the task's settlement is set.
void close_dispute(Transition& t, DisputeIndex index, bool challenger_won) {
    Dispute& dispute = t.edit_dispute(index);
    AIVM_CHECK(dispute.open());
    t.clear_timer(HeightTimer{dispute.deadline, TimerKind::kDisputeDeadline, index.value});
    dispute.status = challenger_won ? DisputeStatus::kWon : DisputeStatus::kLost;
    dispute.closed_at = t.block().height;
    const TaskIndex task_index = dispute.task;
    Task& task = t.edit_task(task_index);
    task.open_disputes.erase_value(index);
    task.closed_disputes.push_back(index);
    if (challenger_won) {
        task.proven_wrong = true;
    } else {
        task.challenges_lost += 1;
    }
    if (task.open_disputes.empty()) {
        task.settle_at = settlement_height(task, t.config(), t.block().height);
        t.set_timer(HeightTimer{task.settle_at, TimerKind::kSettle, task_index.value});
    }
    t.emit(event::DisputeClosed{task_index, index, challenger_won});
}

// Settles a claim that is in the open by running the model again, or starts the game that finds the
// step to run.
void judge(Transition& t, DisputeIndex index, Answer claim) {
    Dispute& dispute = t.edit_dispute(index);
    dispute.claim = claim;
    dispute.revealed = true;
    t.emit(event::ChallengeRevealed{dispute.task, index});
    const Task& task = t.read_task(dispute.task);
    const Model& model = t.read_model(task.model);
    if (claim == task.provisional) return close_dispute(t, index, false);  // it disputes nothing
    if (plays_bisection(t, task)) {
        begin_bisection(dispute, model, model.row(task.input_row));
        return restart_clock(t, index);
    }
    const Answer truth = run_model(*t.rules().kernels, model, task.input_row);
    const bool won = claim == truth;
    if (won) t.edit_task(dispute.task).truth = truth;
    close_dispute(t, index, won);
}

}  // namespace

Hash32 claim_commitment(Answer claim, const Hash32& salt, const Address& challenger) {
    return keccak256({{&claim, 1}, salt.view(), challenger.view()});
}

Result<Amount> required_challenger_bond(const Policy& policy, const Task& task) {
    const std::size_t open = policy.count_open_challenges ? task.open_disputes.size() : 0;
    const auto doublings = std::min<std::size_t>(task.challenges_lost + open, kBondDoublingsMax);
    const auto bond = policy.challenger_bond.checked_times(std::uint64_t{1} << doublings);
    if (!bond) return fail(ErrorCode::kOverflow, "challenger bond");
    return *bond;
}

Status challenge(Transition& t, const Address& sender, const op::Challenge& c) {
    const auto index = t.state().find_task(c.job_id);
    if (!index) return fail(ErrorCode::kNotFound, "task " + c.job_id);
    AIVM_TRY(check_challengeable(t, sender, t.read_task(*index)));
    if (c.claim.has_value() != t.policy().challenge_in_clear) {
        return fail(ErrorCode::kInvalidArgument, t.policy().challenge_in_clear
                                                     ? "the claim must be in the clear"
                                                     : "the claim must be hidden");
    }
    AIVM_ASSIGN(const Amount bond, required_challenger_bond(t.policy(), t.read_task(*index)));
    AIVM_TRY(ledger::check_balance(t.state(), sender, bond));
    const auto deadline = checked_add(t.block().height, t.policy().challenge_reveal_blocks);
    if (!deadline) return fail(ErrorCode::kOverflow, "reveal deadline");

    ledger::lock(t, sender, ledger::Pot::kChallengeBonds, bond);
    Dispute dispute;
    dispute.task = *index;
    dispute.assignment = t.read_task(*index).assignments;
    dispute.challenger = sender;
    dispute.commitment = c.commitment;
    dispute.bond = bond;
    dispute.opened_at = t.block().height;
    dispute.deadline = *deadline;
    const DisputeIndex opened = t.add_dispute(std::move(dispute));
    Task& task = t.edit_task(*index);
    if (task.open_disputes.empty())
        t.clear_timer(HeightTimer{task.settle_at, TimerKind::kSettle, index->value});
    task.open_disputes.push_back(opened);
    task.status = TaskStatus::kChallenged;
    t.set_timer(HeightTimer{*deadline, TimerKind::kDisputeDeadline, opened.value});
    t.emit(event::ChallengeOpened{*index, opened});
    if (c.claim) judge(t, opened, *c.claim);
    return {};
}

Status reveal_challenge(Transition& t, const Address& sender, const op::ChallengeReveal& r) {
    const auto index = t.state().find_task(r.job_id);
    if (!index) return fail(ErrorCode::kNotFound, "task " + r.job_id);
    const Task& task = t.read_task(*index);
    const auto mine =
        std::find_if(task.open_disputes.begin(), task.open_disputes.end(), [&](DisputeIndex d) {
            return t.read_dispute(d).challenger == sender &&
                   t.read_dispute(d).status == DisputeStatus::kCommitted;
        });
    if (mine == task.open_disputes.end()) {
        return fail(ErrorCode::kWrongState,
                    "no challenge of this sender on task " + r.job_id + " awaits a reveal");
    }
    if (claim_commitment(r.claim, r.salt, sender) != t.read_dispute(*mine).commitment) {
        return fail(ErrorCode::kInvalidArgument, "the claim does not open the commitment");
    }
    judge(t, *mine, r.claim);
    return {};
}

Status move_dispute(Transition& t, const Address& sender, const op::DisputeMove& move) {
    const auto task = t.state().find_task(move.job_id);
    if (!task) return fail(ErrorCode::kNotFound, "task " + move.job_id);
    const auto& open = t.read_task(*task).open_disputes;
    const auto game = std::find_if(open.begin(), open.end(), [&](DisputeIndex d) {
        const Dispute& dispute = t.read_dispute(d);
        return dispute.challenger == move.challenger && dispute.status == DisputeStatus::kPlaying;
    });
    if (game == open.end())
        return fail(ErrorCode::kWrongState, "no such dispute is being played on " + move.job_id);
    const DisputeIndex index = *game;
    AIVM_TRY(check_move(t, sender, move, t.read_dispute(index)));

    Dispute& dispute = t.edit_dispute(index);
    apply_move(dispute, move);
    if (is_narrowed(dispute)) {
        const Model& model = t.read_model(t.read_task(*task).model);
        close_dispute(t, index, !provider_is_right(*t.rules().kernels, model, dispute));
    } else {
        restart_clock(t, index);
    }
    t.emit(event::DisputeMoved{*task, index, move.opens});
    return {};
}

void expire_dispute(Transition& t, DisputeIndex index) {
    const Dispute& dispute = t.read_dispute(index);
    if (!dispute.open() || dispute.deadline > t.block().height) return;
    // In a game the side whose move is due loses; without one, the challenger that did not reveal.
    const bool provider_is_due =
        dispute.status == DisputeStatus::kPlaying && dispute.provider_to_move;
    close_dispute(t, index, provider_is_due);
}

std::optional<Address> pay_out_disputes(Transition& t, TaskIndex index,
                                        std::optional<ProviderIndex> right_provider) {
    auto closed = t.read_task(index).closed_disputes;
    std::sort(closed.begin(), closed.end());
    std::optional<Address> rewarded;
    for (const DisputeIndex d : closed) {
        const Dispute dispute = t.read_dispute(d);
        t.edit_dispute(d).bond = Amount();
        if (dispute.status == DisputeStatus::kWon) {
            ledger::release(t, ledger::Pot::kChallengeBonds, dispute.challenger, dispute.bond);
            if (!rewarded) rewarded = dispute.challenger;
        } else {
            slash_challenger(t, {.task = index,
                                 .challenger = dispute.challenger,
                                 .bond = dispute.bond,
                                 .right_provider = right_provider});
        }
    }
    if (!closed.empty()) t.edit_task(index).closed_disputes.clear();
    return rewarded;
}

}  // namespace aivm
