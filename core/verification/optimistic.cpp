#include "core/verification/optimistic.h"

#include <algorithm>

#include "core/base/mutant.h"
#include "core/rewards/rewards.h"
#include "core/tasks/seats.h"
#include "core/verification/audits.h"
#include "core/verification/claims.h"
#include "core/verification/slashing.h"
#include "core/verification/tee.h"

namespace aivm {
namespace {

// The seat from which this sender may post this result.
Result<std::size_t> check_result(const Transition& t, const Address& sender,
                                 const op::SubmitResult& r, const Task& task,
                                 ProviderIndex provider) {
    if (!AIVM_MUTANT(D30) && t.read_provider(provider).owner != sender)
        return fail(ErrorCode::kNotAuthorized, r.provider_id);
    if (task.status != TaskStatus::kAssigned)
        return fail(ErrorCode::kWrongState, "task " + r.job_id);
    const auto seat = find_seat(task, provider);
    if (!seat || task.seats[*seat].status != SeatStatus::kSelected) {
        return fail(ErrorCode::kNotAuthorized,
                    r.provider_id + " is not assigned to task " + r.job_id);
    }
    const bool traced = t.read_model(task.model).steps > 1;
    if (traced == r.trace_root.is_zero()) {
        return fail(ErrorCode::kInvalidArgument,
                    "a trace root goes with models of several steps, and only with them");
    }
    if (!checked_add(t.block().height, t.config().challenge_window_blocks + 1)) {
        return fail(ErrorCode::kOverflow, "challenge window");
    }
    return *seat;
}

// Frees what the seat holds and slashes its provider. `slash` says why and who receives what.
// Returns the share that waits.
Amount slash_seat(Transition& t, TaskIndex index, ProviderSlash slash) {
    const Seat seat = t.read_task(index).seats.front();
    end_seat(t, index, 0, SeatStatus::kSlashed);
    slash.task = index;
    slash.provider = seat.provider;
    slash.locked = seat.locked;
    return slash_provider(t, slash);
}

// The answer was proven wrong.
void slash_wrong_provider(Transition& t, TaskIndex index) {
    const PaidOut paid = pay_out_disputes(t, index, std::nullopt);
    ProviderSlash slash;
    slash.cause = SlashCause::kWrongAnswer;
    slash.challenger = paid.rewarded;
    slash.requester = t.read_task(index).requester;
    slash.share_waits = paid.first_waiting.has_value();
    if (t.policy().claim_reward == ClaimReward::kHalving && paid.won.size() > 1) {
        slash.challenger.reset();
        slash.share_waits = true;
        return split_share(t, index, paid.won, slash_seat(t, index, slash));
    }
    const Amount waiting = slash_seat(t, index, slash);
    if (paid.first_waiting) t.edit_dispute(*paid.first_waiting).share = waiting;
}

}  // namespace

void slash_silent_provider(Transition& t, TaskIndex index) {
    AIVM_CHECK(t.read_task(index).seats.size() == 1);
    ProviderSlash slash;
    slash.cause = SlashCause::kTimeout;
    slash_seat(t, index, slash);
}

Status post_result(Transition& t, const Address& sender, const op::SubmitResult& r, TaskIndex index,
                   ProviderIndex provider) {
    AIVM_ASSIGN(const std::size_t seat, check_result(t, sender, r, t.read_task(index), provider));
    mark_answered(t, index, seat, SeatStatus::kPosted);
    t.end_timeout();
    Task& task = t.edit_task(index);
    Seat& s = task.seats[seat];
    s.answer = r.answer;
    s.trace_root = r.trace_root;
    s.compute_time_ms = r.compute_time_ms;
    s.posted_at = t.block().height;
    task.status = TaskStatus::kPosted;
    task.provisional = r.answer;
    task.posted_at = t.block().height;
    task.settle_at = settlement_height(task, t.config(), t.block().height);
    t.set_timer(HeightTimer{task.settle_at, TimerKind::kSettle, index.value});
    t.emit(event::ResultPosted{index, provider, r.answer});
    if (may_use_early(t, task, provider)) {
        task.usable_at = t.block().height;
        t.emit(event::UsableEarly{index, provider});
    }
    return {};
}

void settle_result(Transition& t, TaskIndex index) {
    audit_by_chance(t, index);
    const Task& task = t.read_task(index);
    AIVM_CHECK(task.seats.size() == 1);
    if (task.proven_wrong) {
        slash_wrong_provider(t, index);
        return end_assignment(t, index);
    }
    const ProviderIndex provider = task.seats.front().provider;
    const Answer answer = task.provisional;
    pay_out_disputes(t, index, provider);
    end_seat(t, index, 0, SeatStatus::kReleased);
    settle_claims(t, index, answer);
    complete_task(t, index, {&provider, 1});
}

Height settlement_height(const Task& task, const Config& config, Height closed) {
    // An overturned committee still pays its members that were right, and nothing is paid inside
    // the window.
    if (task.proven_wrong && task.mode != VerificationMode::kRedundant) return closed + 1;
    if (AIVM_MUTANT(D36)) return closed + 1;
    return std::max(task.posted_at + config.challenge_window_blocks + 1, closed + 1);
}

}  // namespace aivm
