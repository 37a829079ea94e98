// A40 shield_challenger: a provider that posts wrong answers, and challengers of the same owner
// that challenge them first and never reveal a claim, so that nobody else can challenge them well.
//
// Stresses parallel disputes: one challenger must neither take the place of another nor raise its
// price. The shields hear of the wrong answer when their provider sends it, and their challenges
// wait in the queue when it is posted, so that they stand first in the next block. A revealed false
// claim would make the chain re-run the model; unrevealed ones are open for
// challenge_reveal_blocks and are then lost, and half of each bond returns to the provider while
// its answer stands. By default that keeps nobody out. Under disputes_per_result_max = d, d of
// them leave no place; under challenge_escalation = "per_lost", k of them raise the bond of the
// next challenger to 2^k times challenger_bond; under "per_open" they pay 2^k - 1 bonds themselves.
// Observe n_fraud_missed and attacker_net beside tasks.value_at_risk.
#include <set>

#include "core/verification/dispute.h"
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class ShieldChallenger final : public sim::ChallengerStrategy {
public:
    explicit ShieldChallenger(sim::StrategyContext context) : context_(std::move(context)) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView&) override {
        return std::nullopt;
    }
    std::optional<Answer> claim(const sim::TaskView&) override { return std::nullopt; }

    std::vector<OperationBody> on_pending(const sim::NodeView& node,
                                          const SignedOperation& seen) override {
        const auto* result = std::get_if<op::SubmitResult>(&seen.body());
        if (result == nullptr || !context_.is_accomplice(seen.sender())) return {};
        const auto task = node.state().find_task(result->job_id);
        if (!task || !is_wrong(node.state(), *task, result->answer)) return {};
        // A result that is sent again is shielded once.
        if (!shielded_.emplace(*task, node.state().task(*task).assignments).second) return {};
        return {shield_for(*result)};
    }

private:
    static bool is_wrong(const State& state, TaskIndex index, Answer answer) {
        const Task& task = state.task(index);
        CpuKernels kernels;
        return run_model(kernels, state.model(task.model), task.input_row) != answer;
    }

    op::Challenge shield_for(const op::SubmitResult& result) const {
        const auto false_claim = static_cast<Answer>(result.answer + 1);
        op::Challenge shield;
        shield.job_id = result.job_id;
        shield.commitment = claim_commitment(false_claim, Hash32(), context_.self.address);
        if (context_.rules.policy.challenge_in_clear) shield.claim = false_claim;
        return shield;
    }

    sim::StrategyContext context_;
    std::set<std::pair<TaskIndex, std::uint32_t>> shielded_;  // results: task and assignment
};

std::unique_ptr<sim::ProviderStrategy> make_shielded_provider(const Parameters& parameters,
                                                              const sim::StrategyContext& context) {
    return std::make_unique<CheatingProvider>(parameters.ppm("cheat_ppm"), context.random);
}

std::unique_ptr<sim::ChallengerStrategy> make_shield_challenger(
    const Parameters&, const sim::StrategyContext& context) {
    return std::make_unique<ShieldChallenger>(context);
}

constexpr std::array kShieldParameters{kCheat};

}  // namespace

const StrategyRow kShieldChallengerRow{
    .name = "shield_challenger",
    .id = "A40",
    .doc = "challenges its own wrong answers with false claims, to keep others out",
    .parameters = kShieldParameters,
    .provider = make_shielded_provider,
    .challenger = make_shield_challenger,
    .watches_pending = true};

}  // namespace aivm::scenarios
