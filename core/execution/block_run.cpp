#include "core/execution/block_run.h"

#include <fmt/format.h>

#include "core/base/mutant.h"
#include "core/execution/kernel_round.h"
#include "core/execution/space_price.h"
#include "core/ledger/ledger.h"
#include "core/registry/kernel_operations.h"
#include "core/registry/providers.h"
#include "core/registry/validators.h"
#include "core/rewards/rewards.h"
#include "core/tasks/admission.h"
#include "core/verification/dispute.h"
#include "core/verification/equivocation.h"
#include "core/verification/game.h"
#include "core/verification/redundant.h"
#include "core/verification/slashing.h"
#include "core/verification/task_life.h"

namespace aivm {
namespace {

// Calls the rule of each kind of operation.
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
    Status operator()(const op::Evidence& b) const { return prove_equivocation(t, sender, b); }
    Status operator()(const op::AddBond& b) const { return add_bond(t, sender, b); }
    Status operator()(const op::RetireModel& b) const { return retire_model(t, sender, b); }
    Status operator()(const op::JoinValidators& b) const { return join_validators(t, sender, b); }
    Status operator()(const op::WithdrawStake&) const { return withdraw_stake(t, sender); }
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

Status check_authorized(const SignedOperation& operation, const Rules& rules) {
    const Address& sender = operation.sender();
    if (sender != escrow_address() &&
        rules.authorizer->verify(sender, operation.id(), operation.authorization())) {
        return {};
    }
    return fail(ErrorCode::kNotAuthorized,
                fmt::format("{} of {}", operation_name(operation.body()), to_hex(sender.view())));
}

BlockRun::BlockRun(const State& parent, const BlockContext& block, const Rules& rules,
                   Refusals refusals)
    : t_(parent, block, rules) {
    AIVM_CHECK(block.height == parent.head.height + 1);
    AIVM_CHECK(block.timestamp_ns >= parent.head.timestamp_ns);
    if (refusals != Refusals::kExplained) t_.leave_refusals_unexplained();
    ChainHead& head = t_.edit_head();
    head.height = block.height;
    head.timestamp_ns = block.timestamp_ns;
    head.beacon = block.beacon;
    if (block.proposer.value < t_.state().validators.size())
        t_.edit_validator(block.proposer).beacon_commitment = block.beacon_commitment;
    charge_correlated_penalties(t_);
    DrawSeeds seeds(t_);
    while (const auto timer = t_.take_due_timer(TimerKind::kSettle, TimerKind::kDraw))
        run_start_timer(t_, *timer, seeds);
}

void BlockRun::prepare(std::span<const OperationPtr> operations) { prepare_keys(t_, operations); }

Status BlockRun::check_nonce(const SignedOperation& operation) const {
    const std::uint64_t last = t_.state().nonce(operation.sender(), operation.lane());
    if (operation.nonce() > last || (AIVM_MUTANT(nonce_again) && operation.nonce() == last))
        return {};
    return t_.refuse(ErrorCode::kBadNonce,
                     [&] { return fmt::format("{} after {}", operation.nonce(), last); });
}

// The trial of a vertex has no proposer: there, fees go to an address that nobody owns.
const Address& BlockRun::payee(ValidatorIndex proposer) const {
    static const Address kNobody;
    const auto& validators = t_.state().validators;
    return proposer.value < validators.size() ? validators[proposer.value].address : kNobody;
}

// What the operation pays is taken first, so that its rules see the balance without it.
Status BlockRun::apply(const SignedOperation& operation, ValidatorIndex proposer) {
    const Address& sender = operation.sender();
    const Amount fee = operation.inclusion_fee();
    const Amount price = space_price(t_.read_head(), t_.policy());
    AIVM_TRY(check_nonce(operation));
    AIVM_TRY(check_authorized(operation, t_.rules()));
    const auto due = fee.checked_plus(price);
    if (!due) return fail(ErrorCode::kInsufficientFunds, "more than there is");
    if (!due->is_zero()) AIVM_TRY(ledger::check_balance(t_.state(), sender, *due));
    const std::size_t touched = t_.touched_accounts();
    ledger::take_fee(t_, sender, *due);
    if (Status status = std::visit(Apply{t_, sender}, operation.body()); !status) {
        ledger::give_fee(t_, sender, *due);
        t_.untouch_accounts(touched);
        return status;
    }
    ledger::give_fee(t_, payee(proposer), fee);
    ledger::give_fee(t_, sender, price);
    ledger::burn_from(t_, sender, price);
    operations_ += 1;
    static_cast<void>(AIVM_MUTANT(control_neutral));  // a place that every run comes to
    if (AIVM_MUTANT(D29)) ledger::give_fee(t_, payee(proposer), fee);
    t_.edit_account(sender).nonces.edit(operation.lane()) = operation.nonce();
    count_proof(operation);
    return {};
}

void BlockRun::count_proof(const SignedOperation& operation) {
    if (operation.lane() != Lane::kProofs) return;
    proofs_ += 1;
    proof_bytes_ += operation.size_bytes();
}

void BlockRun::charge_void(const SignedOperation& operation, ValidatorIndex proposer) {
    const Amount fee = operation.inclusion_fee();
    if (fee.is_zero() || !check_nonce(operation) || !check_authorized(operation, t_.rules()) ||
        !ledger::check_balance(t_.state(), operation.sender(), fee)) {
        return;
    }
    ledger::take_fee(t_, operation.sender(), fee);
    ledger::give_fee(t_, payee(proposer), fee);
    t_.edit_account(operation.sender()).nonces.edit(operation.lane()) = operation.nonce();
}

Status BlockRun::run_end_of_block() {
    const VmParameters& parameters = t_.parameters();
    if (proofs_ >= parameters.full_proof_operations() ||
        proof_bytes_ >= parameters.full_proof_bytes()) {
        t_.edit_head().full_proof_blocks += 1;
    }
    if (!t_.policy().space_price_floor.is_zero()) {
        t_.edit_head().space_price =
            next_space_price(space_price(t_.read_head(), t_.policy()), operations_, t_.policy());
    }
    while (const auto timer =
               t_.take_due_timer(TimerKind::kDisputeDeadline, TimerKind::kRevealEnd)) {
        run_end_timer(t_, *timer);
    }
    for (const TimeTimer& timer : t_.take_due_timeouts()) time_out(t_, TaskIndex{timer.task});
    return run_kernel_round(t_);
}

Result<Transition::Finished> BlockRun::finish() && {
    AIVM_TRY(run_end_of_block());
    return std::move(t_).finish();
}

Result<Transition::Finished> BlockRun::finish_unsealed() && {
    AIVM_TRY(run_end_of_block());
    return std::move(t_).finish_unsealed();
}

}  // namespace aivm
