#include "core/verification/dispute.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/mutant.h"
#include "core/base/rule_hash.h"
#include "core/config/limits.h"
#include "core/ledger/ledger.h"
#include "core/verification/bisection.h"
#include "core/verification/game.h"
#include "core/verification/judgement.h"

namespace aivm {
namespace {

Status check_window(const Transition& t, const Task& task) {
    if (task.status != TaskStatus::kPosted && task.status != TaskStatus::kChallenged) {
        return t.refuse(ErrorCode::kWrongState, [&] {
            return fmt::format("task {} has no answer to challenge", task.job_id);
        });
    }
    const Height last =
        task.posted_at + t.config().challenge_window_blocks - (AIVM_MUTANT(window_short) ? 1 : 0);
    if (t.block().height > task.posted_at &&
        t.block().height <= last + (AIVM_MUTANT(window_late) ? 1 : 0))
        return {};
    return t.refuse(ErrorCode::kWindowClosed, [&] {
        return fmt::format("task {} is challengeable in blocks {} to {}", task.job_id,
                           task.posted_at + 1, last);
    });
}

// A committee posts no trace, so its answer can be checked only by running the whole model.
Status check_method(const Transition& t, const Task& task) {
    const std::uint32_t steps = t.read_model(task.model).steps;
    const std::uint32_t most = t.policy().one_step_steps_max;
    if (task.mode != VerificationMode::kRedundant || steps <= most) return {};
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a model of {} steps is not run again (one_step_steps_max is {}), and "
                            "a committee posts no trace",
                            steps, most));
}

// A result that is proven wrong takes no further challenge, also where a game proved it and the
// true answer is not known yet: nothing is left to dispute, and each would keep the job from its
// next provider at no cost, because a true claim loses no bond. Challenges made before are judged.
Status check_challengeable(const Transition& t, const Address& sender, TaskIndex index) {
    const Task& task = t.read_task(index);
    AIVM_TRY(check_window(t, task));
    if (task.proven_wrong || task.truth_known) {
        return fail(ErrorCode::kWrongState,
                    fmt::format("task {} is already {}", task.job_id,
                                task.proven_wrong ? "proven wrong" : "proven right"));
    }
    if (AIVM_MUTANT(F1) && task.disputes.size >= 4)
        return fail(ErrorCode::kLimitReached, "disputes on one result");
    const std::uint32_t most = t.policy().disputes_per_result_max;
    if (most != 0 && task.disputes.size >= most)
        return fail(ErrorCode::kLimitReached, fmt::format("{} disputes on one result", most));
    const auto latest = t.state().find_dispute(index, sender);
    if (latest && t.read_dispute(*latest).open())
        return fail(ErrorCode::kDuplicate, "this challenge is open");
    return check_method(t, task);
}

// A claim is in the open: what is known of the result decides it. Where nothing is, the model is
// run again, or the game begins that finds the step to run.
void take_claim(Transition& t, DisputeIndex index, Answer claim) {
    Dispute& dispute = t.edit_dispute(index);
    dispute.claim = claim;
    dispute.revealed = true;
    const TaskIndex task_index = dispute.task;
    t.emit(event::ChallengeRevealed{task_index, index});
    const Task& task = t.read_task(task_index);
    if (!task.proven_wrong && !task.truth_known) {
        const bool plays = plays_bisection(t, task);
        if (plays && claim != task.provisional) return begin_game(t, index);
        if (plays) return lose_dispute(t, index);  // it disputes nothing
        learn_truth(t, task_index);
    }
    judge_claim(t, index);
}

// The move may have waited behind the proofs of as many blocks.
void extend_clock(Transition& t, DisputeIndex index) {
    Dispute& dispute = t.edit_dispute(index);
    const std::uint64_t full = t.read_head().full_proof_blocks;
    dispute.deadline += full - std::exchange(dispute.full_blocks, full);
    t.set_timer(HeightTimer{dispute.deadline, TimerKind::kDisputeDeadline, index.value});
}

}  // namespace

Hash32 claim_commitment(Answer claim, const Hash32& salt, const Address& challenger) {
    return rule_hash({{&claim, 1}, salt.view(), challenger.view()});
}

Result<Amount> required_challenger_bond(const Policy& policy, const Task& task) {
    std::uint64_t doublings = 0;
    if (policy.challenge_escalation != ChallengeEscalation::kNone || AIVM_MUTANT(F7))
        doublings += task.challenges_lost;
    if (policy.challenge_escalation == ChallengeEscalation::kPerOpen)
        doublings += task.disputes_open;
    doublings = std::min<std::uint64_t>(doublings, kBondDoublingsMax);
    const auto bond = policy.challenger_bond.checked_times(std::uint64_t{1} << doublings);
    if (!bond) return fail(ErrorCode::kOverflow, "challenger bond");
    return *bond;
}

Status challenge(Transition& t, const Address& sender, const op::Challenge& c) {
    const auto index = t.state().find_task(c.job_id);
    if (!index) return fail(ErrorCode::kNotFound, "task " + c.job_id);
    AIVM_TRY(check_challengeable(t, sender, *index));
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
    dispute.full_blocks = t.read_head().full_proof_blocks;
    const DisputeIndex opened = t.add_dispute(std::move(dispute));
    Task& task = t.edit_task(*index);
    if (task.disputes_open == 0)
        t.clear_timer(HeightTimer{task.settle_at, TimerKind::kSettle, index->value});
    task.disputes_open += 1;
    task.status = TaskStatus::kChallenged;
    t.set_timer(HeightTimer{*deadline, TimerKind::kDisputeDeadline, opened.value});
    t.emit(event::ChallengeOpened{*index, opened});
    if (c.claim) take_claim(t, opened, *c.claim);
    return {};
}

Status reveal_challenge(Transition& t, const Address& sender, const op::ChallengeReveal& r) {
    const auto index = t.state().find_task(r.job_id);
    if (!index) return fail(ErrorCode::kNotFound, "task " + r.job_id);
    const auto mine = t.state().find_dispute(*index, sender);
    if (!mine || t.read_dispute(*mine).status != DisputeStatus::kCommitted) {
        return fail(ErrorCode::kWrongState,
                    "no challenge of this sender on task " + r.job_id + " awaits a reveal");
    }
    if (claim_commitment(r.claim, r.salt, sender) != t.read_dispute(*mine).commitment) {
        return fail(ErrorCode::kInvalidArgument, "the claim does not open the commitment");
    }
    take_claim(t, *mine, r.claim);
    return {};
}

void expire_dispute(Transition& t, DisputeIndex index) {
    const Dispute& dispute = t.read_dispute(index);
    if (AIVM_MUTANT(dispute_immortal) || !dispute.open() || dispute.deadline > t.block().height)
        return;
    if (dispute.full_blocks != t.read_head().full_proof_blocks) return extend_clock(t, index);
    // In a game the side whose move is due loses; without one, the challenger that did not reveal.
    if (dispute.status == DisputeStatus::kPlaying && dispute.provider_to_move) {
        prove_wrong(t, dispute.task);
    } else {
        lose_dispute(t, index);
    }
}

}  // namespace aivm
