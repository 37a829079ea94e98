// random_operations: a client that sends operations of every kind at random, most of them refused.
//
// Stresses the rules that refuse: operations on others' tasks, providers and models, at the wrong
// time, with wrong amounts, commitments, proofs and evidence. The reference model predicts which of
// them are allowed (invariant R1), so that "allowed although the rules do not allow it" is a
// violation as much as a wrong amount. It has no plan. As a requester it submits no tasks of the
// workload. As a provider it does its work, and in between sends commitments, reveals and results
// for its own seats at random, and evidence of hardware that no vendor signed.
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/random_body.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

// A provider sends operations of all kinds this often, and else those of its role.
constexpr std::uint64_t kAnyOneIn = 8;

class RandomRequester final : public sim::RequesterStrategy {
public:
    RandomRequester(const Parameters& parameters, sim::StrategyContext context)
        : context_(std::move(context)),
          per_block_(static_cast<std::uint64_t>(parameters.get("per_block"))) {}

    bool takes_part() const override { return false; }
    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        RandomBody body(context_.random, view.state(), context_);
        std::vector<OperationBody> out;
        for (std::uint64_t i = 0; i < per_block_; ++i) out.push_back(body.any());
        return out;
    }
    Amount inclusion_fee(const State& state, const OperationBody&) override {
        return RandomBody(context_.random, state, context_).inclusion_fee();
    }

private:
    sim::StrategyContext context_;
    std::uint64_t per_block_;
};

class RandomProvider final : public sim::ProviderStrategy {
public:
    RandomProvider(const Parameters& parameters, sim::StrategyContext context)
        : context_(std::move(context)),
          per_block_(static_cast<std::uint64_t>(parameters.get("per_block"))) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override { return true_answer(view); }
    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        RandomBody body(context_.random, view.state(), context_);
        std::vector<OperationBody> out;
        for (std::uint64_t i = 0; i < per_block_; ++i)
            out.push_back(context_.random.below(kAnyOneIn) == 0 ? body.any() : body.of_provider());
        return out;
    }

private:
    sim::StrategyContext context_;
    std::uint64_t per_block_;
};

std::unique_ptr<sim::RequesterStrategy> make_random_requester(const Parameters& parameters,
                                                              const sim::StrategyContext& context) {
    return std::make_unique<RandomRequester>(parameters, context);
}
std::unique_ptr<sim::ProviderStrategy> make_random_provider(const Parameters& parameters,
                                                            const sim::StrategyContext& context) {
    return std::make_unique<RandomProvider>(parameters, context);
}

constexpr std::array kRandomOperationsParameters{
    StrategyParameter{"per_block", 1, 1'000, 4, "operations", "sent after every block"},
};

}  // namespace

const StrategyRow kRandomOperationsRow{
    .name = "random_operations",
    .doc = "sends operations of every kind at random, to test the rules that refuse",
    .parameters = kRandomOperationsParameters,
    .provider = make_random_provider,
    .requester = make_random_requester,
    .only_attacks = true};

}  // namespace aivm::scenarios
