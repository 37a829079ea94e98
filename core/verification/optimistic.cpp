#include "core/verification/optimistic.h"

#include <algorithm>

#include "core/base/digest.h"
#include "core/ledger/ledger.h"
#include "core/rewards/rewards.h"
#include "core/tasks/seats.h"
#include "core/verification/dispute.h"
#include "core/verification/redundant.h"
#include "core/verification/slashing.h"
#include "core/verification/tee.h"

namespace aivm {
namespace {

Status check_result(const Transition& t, const Address& sender, const op::SubmitResult& r,
                    TaskIndex index, ProviderIndex provider) {
    const Task& task = t.read_task(index);
    if (t.read_provider(provider).owner != sender)
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
    return {};
}

// The provider was wrong: its bond goes, the requester gets the fee back or another provider.
void settle_wrong(Transition& t, TaskIndex index, const std::optional<Address>& challenger) {
    const Seat seat = t.read_task(index).seats.front();
    const Address requester = t.read_task(index).requester;
    end_seat(t, index, 0, SeatStatus::kSlashed);
    slash_provider(t, {.cause = SlashCause::kWrongAnswer,
                       .task = index,
                       .provider = seat.provider,
                       .due = seat.locked.bps(t.policy().slash_bps),
                       .challenger = challenger,
                       .requester = requester});
    return_or_fail(t, index);
}

}  // namespace

Height settlement_height(const Task& task, const Config& config, Height closed) {
    // An overturned committee still pays those who were right, and nothing is paid inside the
    // window.
    if (task.proven_wrong && task.mode != VerificationMode::kRedundant) return closed + 1;
    return std::max(task.posted_at + config.challenge_window_blocks + 1, closed + 1);
}

Status submit_result(Transition& t, const Address& sender, const op::SubmitResult& r) {
    const auto index = t.state().find_task(r.job_id);
    if (!index) return fail(ErrorCode::kNotFound, "task " + r.job_id);
    const auto provider = t.state().find_provider(r.provider_id);
    if (!provider) return fail(ErrorCode::kProviderNotFound, r.provider_id);
    if (t.read_task(*index).mode == VerificationMode::kRedundant)
        return answer_in_the_open(t, sender, r);
    AIVM_TRY(check_result(t, sender, r, *index, *provider));

    const std::size_t seat = *find_seat(t.read_task(*index), *provider);
    mark_answered(t, *index, seat, SeatStatus::kPosted);
    Task& task = t.edit_task(*index);
    t.end_timeout();
    Seat& s = task.seats[seat];
    s.answer = r.answer;
    s.trace_root = r.trace_root;
    s.compute_time_ms = r.compute_time_ms;
    s.posted_at = t.block().height;
    task.status = TaskStatus::kPosted;
    task.provisional = r.answer;
    task.posted_at = t.block().height;
    task.settle_at = settlement_height(task, t.config(), t.block().height);
    t.set_timer(HeightTimer{task.settle_at, TimerKind::kSettle, index->value});
    t.emit(event::ResultPosted{*index, *provider, r.answer});
    grant_early_use(t, *index, *provider);
    return {};
}

void settle(Transition& t, TaskIndex index) {
    const Task& task = t.read_task(index);
    if (task.mode == VerificationMode::kRedundant) return settle_committee(t, index);
    AIVM_CHECK(!task.terminal() && task.open_disputes.empty() && task.seats.size() == 1);
    const ProviderIndex provider = task.seats.front().provider;
    const bool wrong = task.proven_wrong;
    const auto winner = pay_out_disputes(t, index, wrong ? std::nullopt : std::optional(provider));
    if (wrong) {
        settle_wrong(t, index, winner);
        return;
    }
    end_seat(t, index, 0, SeatStatus::kReleased);
    complete_task(t, index, {&provider, 1});
}

}  // namespace aivm
