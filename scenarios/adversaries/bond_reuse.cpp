// A26 bond_reuse: collects as many tasks as the VM assigns to it, and then posts wrong answers to
// all of them at once, so that one bond backs them all.
//
// Stresses per-result locking: each result locks a part of the bond that backs no other result, so
// it never holds more results than its bond has slots (V52, V53), and every one of them is
// slashed in full. Observe n_fraud_posted, slash_escape, and max_value_uncovered when
// vm.result_bond is small beside tasks.value_at_risk.
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class BondReuse final : public sim::ProviderStrategy {
public:
    BondReuse(const Parameters& parameters, sim::StrategyContext context)
        : context_(std::move(context)),
          burst_(static_cast<std::uint32_t>(parameters.get("burst"))) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }

    bool waits(const sim::TaskView& view) override {
        const auto index = view.state.find_provider(context_.self.provider_id);
        if (!index) return true;
        const Provider& self = view.state.provider(*index);
        const bool gets_more =
            self.open_tasks < std::min(burst_, context_.rules.config.max_tasks_per_provider) &&
            self.unlocked() >= context_.rules.result_bond();
        bursting_ = bursting_ ? self.open_tasks > 0 : !gets_more;
        return !bursting_ && !is_late(view);
    }
    std::optional<Answer> answer(const sim::TaskView& view) override { return wrong_answer(view); }

private:
    // Silence is slashed too: well before the timeout it posts what it has.
    [[nodiscard]] bool is_late(const sim::TaskView& view) const {
        const TimestampNs waited = view.state.head.timestamp_ns - view.task.waiting_since_ns;
        return waited > context_.rules.config.task_timeout_ns / 2;
    }

    sim::StrategyContext context_;
    std::uint32_t burst_;
    bool bursting_ = false;
};

std::unique_ptr<sim::ProviderStrategy> make_bond_reuse(const Parameters& parameters,
                                                       const sim::StrategyContext& context) {
    return std::make_unique<BondReuse>(parameters, context);
}

constexpr std::array kReuseParameters{
    StrategyParameter{"burst", 1, 10'000, 10, "tasks",
                      "tasks collected before it answers all of them"},
};

}  // namespace

const StrategyRow kBondReuseRow{.name = "bond_reuse",
                                .id = "A26",
                                .doc = "collects tasks and answers all of them wrongly at once",
                                .parameters = kReuseParameters,
                                .provider = make_bond_reuse};

}  // namespace aivm::scenarios
