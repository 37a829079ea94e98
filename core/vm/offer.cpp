#include "core/vm/offer.h"

#include "core/base/mutant.h"
#include "core/execution/space_price.h"
#include "core/tasks/admission.h"
#include "core/verification/dispute.h"

namespace aivm {
namespace {

// A kind that is not named here locks and pays nothing.
Result<Amount> locked_by(const State& state, const VmParameters& parameters,
                         const OperationBody& body) {
    if (const auto* task = std::get_if<op::SubmitTask>(&body)) return task->fee;
    if (const auto* provider = std::get_if<op::RegisterProvider>(&body)) return provider->bond;
    if (const auto* added = std::get_if<op::AddBond>(&body)) return added->amount;
    if (const auto* joiner = std::get_if<op::JoinValidators>(&body)) return joiner->stake;
    const Policy& policy = parameters.policy;
    if (std::holds_alternative<op::RegisterModel>(body))
        return policy.model_fee.checked_plus(policy.model_deposit).value_or(Amount(~0ULL));
    const auto* update = std::get_if<op::ModelUpdate>(&body);
    if (update != nullptr && !update->weights.empty()) return policy.model_fee;
    const auto* challenge = std::get_if<op::Challenge>(&body);
    if (challenge == nullptr) return Amount();
    if (policy.challenge_escalation == ChallengeEscalation::kNone) return policy.challenger_bond;
    const auto task = state.find_task(challenge->job_id);
    if (!task) return policy.challenger_bond;
    return required_challenger_bond(policy, state.task(*task));
}

}  // namespace

Result<Amount> cost_of(const State& state, const VmParameters& parameters,
                       const SignedOperation& operation) {
    const auto priced =
        operation.inclusion_fee().checked_plus(space_price(state.head, parameters.policy));
    if (!priced) return fail(ErrorCode::kInsufficientFunds, "more than there is");
    const Amount fee = *priced;
    if (operation.lane() == Lane::kWork) return fee;
    AIVM_ASSIGN(const Amount locked, locked_by(state, parameters, operation.body()));
    const auto sum = fee.checked_plus(locked);
    if (AIVM_MUTANT(F2)) return Amount();
    if (!sum) return fail(ErrorCode::kInsufficientFunds, "more than there is");
    return *sum;
}

Result<Mempool::Offer> offer_of(const State& state, const Rules& rules,
                                const SignedOperation& operation) {
    const Account* account = state.accounts.find(operation.sender());
    Mempool::Offer offer;
    if (account != nullptr) {
        offer.balance = account->balance;
        offer.nonces = account->nonces;
    }
    if (operation.nonce() <= offer.nonces.of(operation.lane())) return fail(ErrorCode::kBadNonce);
    if (const auto* task = std::get_if<op::SubmitTask>(&operation.body()))
        AIVM_TRY(check_submission(state, rules.parameters, operation.sender(), *task));
    AIVM_ASSIGN(offer.cost, cost_of(state, rules.parameters, operation));
    offer.fitness = fitness_of(state, rules, operation);
    offer.height = state.head.height;
    return offer;
}

void note_changes(Mempool& queue, const Executed& block) {
    if (queue.waits_for_changes()) {
        for (const std::uint32_t task : block.touched.tasks)
            queue.note_changed(block.state.tasks[task].job_id);
    }
    for (const VmEvent& e : block.events) {
        const auto* returned = std::get_if<event::TaskReturned>(&e);
        if (returned != nullptr) queue.note_returned(block.state.task(returned->task).job_id);
    }
}

}  // namespace aivm
