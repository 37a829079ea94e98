#include "core/reference/reference_chain.h"

#include <algorithm>
#include <cstring>

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/digest.h"

namespace aivm::reference {
namespace {

const Address kEscrow{{'e', 's', 'c', 'r', 'o', 'w'}};

// The table of lanes in the protocol's section on operations.
struct LaneOf {
    Lane operator()(const op::Challenge&) const { return Lane::kProofs; }
    Lane operator()(const op::ChallengeReveal&) const { return Lane::kProofs; }
    Lane operator()(const op::DisputeMove&) const { return Lane::kProofs; }
    Lane operator()(const op::Evidence&) const { return Lane::kProofs; }
    Lane operator()(const op::Commit&) const { return Lane::kWork; }
    Lane operator()(const op::Reveal&) const { return Lane::kWork; }
    Lane operator()(const op::SubmitResult&) const { return Lane::kWork; }
    template <class Other>
    Lane operator()(const Other&) const {
        return Lane::kRest;
    }
};

std::size_t lane_number(const SignedOperation& operation) {
    return static_cast<std::size_t>(std::visit(LaneOf{}, operation.body()));
}

}  // namespace

std::string Reasons::text() const {
    std::string out;
    for (const ErrorCode code : codes_) {
        if (!out.empty()) out += " or ";
        out += error_name(code);
    }
    return out;
}

Money ReferenceChain::balance(const Address& address) const {
    const auto found = world.accounts.find(address);
    return found == world.accounts.end() ? 0 : found->second.balance;
}

void ReferenceChain::begin(const BlockContext& block) {
    world.head.height = block.height;
    world.head.timestamp_ns = block.timestamp_ns;
    world.head.beacon = block.beacon;
    if (block.proposer.value < world.validators.size())
        world.validators[block.proposer.value].beacon_commitment = block.beacon_commitment;
    for (Row i = 0; i < world.providers.size(); ++i) charge_correlated(i);
    for (Row i = 0; i < world.tasks.size(); ++i) {
        const Task& task = world.tasks[i];
        const bool has_answer =
            task.status == TaskStatus::kPosted || task.status == TaskStatus::kChallenged;
        if (has_answer && open_disputes(task) == 0 && task.settle_at == height()) settle(i);
    }
    for (Row i = 0; i < world.tasks.size(); ++i) {
        if (world.tasks[i].status == TaskStatus::kPending && world.tasks[i].draw_at == height())
            draw(i);
    }
}

// The nonce is above the last one of its lane, the sender has signed, and it can pay the fee.
// Nobody can sign for the escrow account.
void ReferenceChain::check_inclusion(const SignedOperation& operation, Money price) {
    const auto account = world.accounts.find(operation.sender());
    const std::uint64_t last =
        account == world.accounts.end() ? 0 : account->second.nonces[lane_number(operation)];
    require(operation.nonce() > last, ErrorCode::kBadNonce);
    require(
        operation.sender() != kEscrow &&
            law_.authorizer->verify(operation.sender(), operation.id(), operation.authorization()),
        ErrorCode::kNotAuthorized);
    require(balance(operation.sender()) >= to_money(operation.inclusion_fee()) + price,
            ErrorCode::kInsufficientFunds);
}

// What an operation of this block burns: never less than the floor, and nothing without one.
Money ReferenceChain::price_of_space() const {
    const Money floor = to_money(policy().space_price_floor);
    return floor == 0 ? 0 : std::max(floor, world.head.space_price);
}

// A block above the target raises the price by at most space_change_bps, and by one nLUX at least;
// one below it lowers it by at most as much.
void ReferenceChain::change_price_of_space() {
    if (policy().space_price_floor.is_zero()) return;
    const Money price = price_of_space();
    const Money target = policy().space_target_operations;
    const Money used = operations_;
    const Money change_bps = policy().space_change_bps;
    if (used > target) {
        const Money over = std::min(used - target, target);
        const Money rise = std::max(price * over * change_bps / (target * 10'000), Money{1});
        world.head.space_price = std::min(price + rise, to_money(kSupplyMax));
    } else {
        const Money fall = price * (target - used) * change_bps / (target * 10'000);
        world.head.space_price = std::max(price - fall, to_money(policy().space_price_floor));
    }
}

void ReferenceChain::pay_inclusion_fee(const SignedOperation& operation, ValidatorIndex proposer) {
    const Address nobody;
    const bool known = proposer.value < world.validators.size();
    add(known ? world.validators[proposer.value].address : nobody,
        to_money(operation.inclusion_fee()));
    world.accounts[operation.sender()].nonces[lane_number(operation)] = operation.nonce();
}

Reasons ReferenceChain::apply(const SignedOperation& operation, ValidatorIndex proposer) {
    reasons_ = {};
    sender_ = operation.sender();
    check_inclusion(operation, price_of_space());
    if (!reasons_.none()) return reasons_;
    // The operation itself is paid from what the fee leaves.
    const Money fee = to_money(operation.inclusion_fee()) + price_of_space();
    add(sender_, -fee);
    std::visit([&](const auto& body) { this->operation(body); }, operation.body());
    if (!reasons_.none()) {
        add(sender_, fee);
        return reasons_;
    }
    pay_inclusion_fee(operation, proposer);
    world.head.burned += price_of_space();
    operations_ += 1;
    if (std::visit(LaneOf{}, operation.body()) == Lane::kProofs) {
        proofs_ += 1;
        proof_bytes_ += operation.size_bytes();
    }
    return reasons_;
}

// Pays the fee and uses up the nonce, so that nobody charges it twice.
void ReferenceChain::charge_void(const SignedOperation& operation, ValidatorIndex proposer) {
    reasons_ = {};
    check_inclusion(operation, 0);
    if (!reasons_.none() || operation.inclusion_fee().is_zero()) return;
    add(operation.sender(), -to_money(operation.inclusion_fee()));
    pay_inclusion_fee(operation, proposer);
}

// A block full of proofs extends the deadline of every move by one block.
void ReferenceChain::count_full_block() {
    if (proofs_ < law_.parameters.full_proof_operations() &&
        proof_bytes_ < law_.parameters.full_proof_bytes()) {
        return;
    }
    world.head.full_proof_blocks += 1;
    for (Dispute& dispute : world.disputes) {
        if (dispute.deadline != 0) dispute.deadline += 1;
    }
}

void ReferenceChain::end(bool sealed) {
    count_full_block();
    change_price_of_space();
    for (Row i = 0; i < world.disputes.size(); ++i) {
        const Dispute& dispute = world.disputes[i];
        if (dispute.deadline != 0 && dispute.deadline <= height()) expire(i);
    }
    for (Row i = 0; i < world.tasks.size(); ++i) close_commits(i);
    for (Row i = 0; i < world.tasks.size(); ++i) close_reveals(i);
    // A timeout runs from the moment at which the task began to wait. Earlier ones come first.
    std::set<std::pair<Money, Row>> timeouts;
    for (Row i = 0; i < world.tasks.size(); ++i) {
        const Task& task = world.tasks[i];
        const bool works =
            task.status == TaskStatus::kAssigned && task.mode != VerificationMode::kRedundant;
        const Money at = Money{task.waiting_since_ns} + config().task_timeout_ns;
        if ((task.status == TaskStatus::kPending || works) && at <= Money{now()})
            timeouts.emplace(at, i);
    }
    for (const auto& [at, task] : timeouts) time_out(task);
    kernel_round();
    if (sealed) commit_open_answers();
    fill_in_derived();
}

// An answer that was posted in the open is committed to by its provider's place in the block:
// keccak(task key || answer).
void ReferenceChain::commit_open_answers() {
    for (Task& task : world.tasks) {
        if (task.mode == VerificationMode::kRedundant) continue;
        for (Seat& seat : task.seats) {
            if (seat.posted_at == 0) continue;
            seat.commitment = keccak256(Writer().fixed(task.task_key).u8(seat.answer).view());
        }
    }
}

// What the VM counts as it goes along.
void ReferenceChain::fill_in_derived() {
    Sums sums;
    for (const Validator& validator : world.validators) sums.bonds += validator.stake;
    for (Row i = 0; i < world.providers.size(); ++i) {
        world.providers[i].duties = duties_of(i);
        sums.bonds += world.providers[i].bond;
        sums.credits += world.providers[i].credit;
    }
    for (Task& task : world.tasks) {
        task.disputes_open = open_disputes(task);
        sums.task_escrows += task.escrow;
        sums.tasks_completed += task.status == TaskStatus::kCompleted ? 1 : 0;
        sums.tasks_failed += task.status == TaskStatus::kFailed ? 1 : 0;
        sums.tasks_waiting += task.status == TaskStatus::kPending ? 1 : 0;
    }
    for (TraceNode& node : world.trace_nodes) node.asking.clear();
    for (Row i = 0; i < world.disputes.size(); ++i) {
        const Dispute& dispute = world.disputes[i];
        sums.challenge_bonds += dispute.bond;
        sums.task_escrows += dispute.share;
        if (dispute.status != DisputeStatus::kPlaying || !dispute.provider_to_move) continue;
        find_node(dispute.task, dispute.assignment, dispute.middle)->asking.push_back(i);
    }
    for (const ModelEntry& model : world.models) sums.model_deposits += model.deposit;
    sums.escrow_account =
        sums.bonds + sums.task_escrows + sums.challenge_bonds + sums.credits + sums.model_deposits;
    world.head.sums = sums;
}

}  // namespace aivm::reference
