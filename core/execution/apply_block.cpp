#include "core/execution/apply_block.h"

#include <fmt/format.h>

#include "core/execution/kernel_round.h"
#include "core/registry/kernel_operations.h"
#include "core/registry/providers.h"
#include "core/rewards/rewards.h"
#include "core/tasks/admission.h"
#include "core/verification/dispute.h"
#include "core/verification/equivocation.h"
#include "core/verification/redundant.h"
#include "core/verification/task_life.h"

namespace aivm {
namespace {

// One overload for every kind of operation: (transition, sender, body) -> Status.
struct Apply {
    Transition& t;
    const Address& sender;

    Status operator()(const op::RegisterProvider& b) const {
        return register_provider(t, sender, b);
    }
    Status operator()(const op::DeregisterProvider& b) const {
        return deregister_provider(t, sender, b);
    }
    Status operator()(const op::WithdrawBond& b) const { return withdraw_bond(t, sender, b); }
    Status operator()(const op::RegisterModel& b) const { return register_model(t, sender, b); }
    Status operator()(const op::SubmitTask& b) const { return submit_task(t, sender, b); }
    Status operator()(const op::Commit& b) const { return commit_result(t, sender, b); }
    Status operator()(const op::Reveal& b) const { return reveal_result(t, sender, b); }
    Status operator()(const op::SubmitResult& b) const { return submit_result(t, sender, b); }
    Status operator()(const op::Challenge& b) const { return challenge(t, sender, b); }
    Status operator()(const op::ChallengeReveal& b) const { return reveal_challenge(t, sender, b); }
    Status operator()(const op::DisputeMove& b) const { return move_dispute(t, sender, b); }
    Status operator()(const op::ClaimRewards& b) const { return claim_rewards(t, sender, b); }
    Status operator()(const op::Attest& b) const { return attest(t, sender, b); }
    Status operator()(const op::ModelUpdate& b) const { return update_model(t, sender, b); }
    Status operator()(const op::Evidence& b) const { return prove_equivocation(t, b); }
};

void run_start_timer(Transition& t, const HeightTimer& timer, DrawSeeds& seeds) {
    if (timer.kind == TimerKind::kSettle) settle(t, TaskIndex{timer.id});
    if (timer.kind == TimerKind::kDraw) draw(t, TaskIndex{timer.id}, seeds);
}

void run_end_timer(Transition& t, const HeightTimer& timer) {
    if (timer.kind == TimerKind::kDisputeDeadline) expire_dispute(t, DisputeIndex{timer.id});
    if (timer.kind == TimerKind::kCommitEnd) close_commits(t, TaskIndex{timer.id});
    if (timer.kind == TimerKind::kRevealEnd) close_reveals(t, TaskIndex{timer.id});
}

}  // namespace

void start_block(Transition& t) {
    ChainHead& head = t.edit_head();
    AIVM_CHECK(t.block().height == head.height + 1 && t.block().timestamp_ns >= head.timestamp_ns);
    head.height = t.block().height;
    head.timestamp_ns = t.block().timestamp_ns;
    head.beacon = t.block().beacon;
    if (t.block().proposer.value < t.state().validators.size()) {
        t.edit_validator(t.block().proposer).beacon_commitment = t.block().beacon_commitment;
    }
    DrawSeeds seeds(t);
    while (const auto timer = t.take_due_timer(TimerKind::kSettle, TimerKind::kDraw))
        run_start_timer(t, *timer, seeds);
}

Status apply_operation(Transition& t, const SignedOperation& operation) {
    const Address& sender = operation.sender();
    if (operation.nonce() <= t.state().nonce(sender)) {
        return fail(ErrorCode::kBadNonce,
                    fmt::format("{} after {}", operation.nonce(), t.state().nonce(sender)));
    }
    if (sender == escrow_address() ||
        !t.rules().authorizer->verify(sender, operation.id(), operation.authorization())) {
        return fail(
            ErrorCode::kNotAuthorized,
            fmt::format("{} of {}", operation_name(operation.body()), to_hex(sender.view())));
    }
    AIVM_TRY(std::visit(Apply{t, sender}, operation.body()));
    t.edit_account(sender).nonce = operation.nonce();
    return {};
}

Status end_block(Transition& t) {
    while (const auto timer =
               t.take_due_timer(TimerKind::kDisputeDeadline, TimerKind::kRevealEnd)) {
        run_end_timer(t, *timer);
    }
    for (const TimeTimer& timer : t.take_due_timeouts()) time_out(t, TaskIndex{timer.task});
    return run_kernel_round(t);
}

}  // namespace aivm
