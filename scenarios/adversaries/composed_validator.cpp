// composed_validator: a proposer made of primitive actions, none of which is on by default.
//
// It can pass its turn where the draw does not favour its own owner's providers, and leave
// operations of others out of its blocks. The search for profitable deviations (aivmsim profit)
// combines these actions.
#include "scenarios/adversaries/composed.h"
#include "scenarios/adversaries/next_draw.h"

namespace aivm::scenarios {
namespace {

bool is_answer(const OperationBody& body) {
    return std::holds_alternative<op::SubmitResult>(body) ||
           std::holds_alternative<op::Commit>(body) || std::holds_alternative<op::Reveal>(body);
}

class ComposedValidator final : public sim::ValidatorStrategy {
public:
    ComposedValidator(const Parameters& parameters, sim::StrategyContext context)
        : context_(std::move(context)),
          passes_turns_(parameters.get("passes_turns") != 0),
          omits_proofs_(parameters.get("omits_proofs") != 0),
          omits_answers_(parameters.get("omits_answers") != 0) {}

    bool builds(const State& parent, const Hash32& beacon) override {
        if (!passes_turns_) return true;
        const NextDraw next = next_draw(context_, parent, beacon);
        return next.seats == 0 || next.ours > 0;
    }
    bool includes(const SignedOperation& operation) override {
        if (context_.is_accomplice(operation.sender())) return true;
        if (omits_proofs_ && sim::is_fraud_proof(operation.body())) return false;
        return !omits_answers_ || !is_answer(operation.body());
    }

private:
    sim::StrategyContext context_;
    bool passes_turns_;
    bool omits_proofs_;
    bool omits_answers_;
};

std::unique_ptr<sim::ValidatorStrategy> make_composed_validator(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<ComposedValidator>(parameters, context);
}

constexpr std::array kComposedValidatorParameters{
    action_switch("passes_turns", "1: passes its turn where the draw favours none of its owner's"),
    action_switch("omits_proofs", "1: leaves the fraud proofs of others out of its blocks"),
    action_switch("omits_answers", "1: leaves the answers of others out of its blocks"),
};

}  // namespace

const StrategyRow kComposedValidatorRow{
    .name = "composed_validator",
    .doc = "a proposer made of primitive actions, for the search for profit",
    .parameters = kComposedValidatorParameters,
    .validator = make_composed_validator};

}  // namespace aivm::scenarios
