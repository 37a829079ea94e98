#include "core/verification/optimistic.h"

#include <algorithm>

#include "core/rewards/rewards.h"
#include "core/tasks/seats.h"
#include "core/verification/dispute.h"
#include "core/verification/slashing.h"
#include "core/verification/tee.h"

namespace aivm {
namespace {

// The seat from which this sender may post this result.
Result<std::size_t> check_result(const Transition& t, const Address& sender,
                                 const op::SubmitResult& r, const Task& task,
                                 ProviderIndex provider) {
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
    return *seat;
}

// Frees what the seat holds and slashes its provider.
void slash_seat(Transition& t, TaskIndex index, SlashCause cause,
                const std::optional<Address>& challenger, const std::optional<Address>& requester) {
    const Seat seat = t.read_task(index).seats.front();
    end_seat(t, index, 0, SeatStatus::kSlashed);
    slash_provider(t, {.cause = cause,
                       .task = index,
                       .provider = seat.provider,
                       .locked = seat.locked,
                       .challenger = challenger,
                       .requester = requester});
}

}  // namespace

void slash_silent_provider(Transition& t, TaskIndex index) {
    AIVM_CHECK(t.read_task(index).seats.size() == 1);
    slash_seat(t, index, SlashCause::kTimeout, {}, {});
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
    const Task& task = t.read_task(index);
    AIVM_CHECK(task.seats.size() == 1);
    const ProviderIndex provider = task.seats.front().provider;
    const Address requester = task.requester;
    if (task.proven_wrong) {
        const auto challenger = pay_out_disputes(t, index, std::nullopt);
        slash_seat(t, index, SlashCause::kWrongAnswer, challenger, requester);
        return return_or_fail(t, index);
    }
    pay_out_disputes(t, index, provider);
    end_seat(t, index, 0, SeatStatus::kReleased);
    complete_task(t, index, {&provider, 1});
}

Height settlement_height(const Task& task, const Config& config, Height closed) {
    // An overturned committee still pays its members that were right, and nothing is paid inside
    // the window.
    if (task.proven_wrong && task.mode != VerificationMode::kRedundant) return closed + 1;
    return std::max(task.posted_at + config.challenge_window_blocks + 1, closed + 1);
}

}  // namespace aivm
