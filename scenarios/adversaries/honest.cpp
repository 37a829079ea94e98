// The baselines: a provider that computes, a challenger that checks everything, a requester that
// asks for its share, a validator that includes everything.
#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class HonestProvider final : public sim::ProviderStrategy {
public:
    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        return run_model(view.kernels, view.model, view.task.input_row);
    }
};

class AlwaysCheck final : public sim::ChallengerStrategy {
public:
    explicit AlwaysCheck(const Policy& policy) : policy_(policy) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        return view.model.steps;
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        const Answer truth = run_model(view.kernels, view.model, view.task.input_row);
        if (answers_agree(policy_, view.task.provisional, truth)) return std::nullopt;
        return truth;
    }

private:
    Policy policy_;
};

class HonestRequester final : public sim::RequesterStrategy {};

class HonestValidator final : public sim::ValidatorStrategy {
public:
    bool includes(const SignedOperation&) override { return true; }
};

std::unique_ptr<sim::ProviderStrategy> make_honest_provider(const Parameters&,
                                                            const sim::StrategyContext&) {
    return std::make_unique<HonestProvider>();
}

std::unique_ptr<sim::ChallengerStrategy> make_always_check(const Parameters&,
                                                           const sim::StrategyContext& context) {
    return std::make_unique<AlwaysCheck>(context.rules.policy);
}

class AbsentRequester final : public sim::RequesterStrategy {
public:
    bool takes_part() const override { return false; }
};

std::unique_ptr<sim::RequesterStrategy> make_absent_requester(const Parameters&,
                                                              const sim::StrategyContext&) {
    return std::make_unique<AbsentRequester>();
}

std::unique_ptr<sim::RequesterStrategy> make_honest_requester(const Parameters&,
                                                              const sim::StrategyContext&) {
    return std::make_unique<HonestRequester>();
}

std::unique_ptr<sim::ValidatorStrategy> make_honest_validator(const Parameters&,
                                                              const sim::StrategyContext&) {
    return std::make_unique<HonestValidator>();
}

}  // namespace

const StrategyRow kHonestRow{
    .name = "honest",
    .honest = true,
    .doc =
        "computes and answers correctly; checks every answer; submits its share; "
        "includes everything",
    .provider = make_honest_provider,
    .challenger = make_always_check,
    .requester = make_honest_requester,
    .validator = make_honest_validator};

const StrategyRow kAbsentRow{.name = "absent",
                             .honest = true,
                             .doc = "submits nothing and has no share of the workload",
                             .requester = make_absent_requester};

const StrategyRow kAlwaysCheckRow{
    .name = "always_check",
    .honest = true,
    .doc = "re-executes every posted result and challenges the wrong ones",
    .challenger = make_always_check};

const StrategyRow kSybilRow{
    .name = "sybil",
    .id = "A09",
    .doc = "works honestly under several identities, to be drawn more often",
    .provider = make_honest_provider,
    .splits = true};

}  // namespace aivm::scenarios
