#include "core/vm/offer.h"

#include "core/tasks/admission.h"
#include "core/verification/dispute.h"

namespace aivm {
namespace {

// A kind that is not named here locks and pays nothing.
struct CostOfBody {
    const State& state;
    const VmParameters& parameters;

    template <class Body>
    Result<Amount> operator()(const Body&) const {
        return Amount();
    }
    Result<Amount> operator()(const op::SubmitTask& s) const { return s.fee; }
    Result<Amount> operator()(const op::RegisterProvider& r) const { return r.bond; }
    Result<Amount> operator()(const op::Challenge& c) const {
        const auto task = state.find_task(c.job_id);
        if (!task) return parameters.policy.challenger_bond;
        return required_challenger_bond(parameters.policy, state.task(*task));
    }
};

}  // namespace

Result<Amount> cost_of(const State& state, const VmParameters& parameters,
                       const SignedOperation& operation) {
    AIVM_ASSIGN(const Amount locked, std::visit(CostOfBody{state, parameters}, operation.body()));
    const auto sum = operation.inclusion_fee().checked_plus(locked);
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
        AIVM_TRY(check_submission(state, rules.parameters, *task));
    AIVM_ASSIGN(offer.cost, cost_of(state, rules.parameters, operation));
    offer.fitness = fitness_of(state, rules, operation);
    offer.height = state.head.height;
    return offer;
}

}  // namespace aivm
