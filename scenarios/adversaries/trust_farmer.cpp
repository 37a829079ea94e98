// A33 trust_farmer: earns its score with true answers, and lies as soon as that score lets a
// consumer use its result at once.
//
// Stresses a score that answers can raise (policy trust_from_history): its machine alone is worth
// less than min_trust_score, so a lie without a score is proven before anybody has used it. When
// true answers have raised the score to the minimum, a lie is used in the block that posts it, and
// its value is lost whatever happens to the bond. The proof takes the score away, and it farms
// again. Observe harm_early against vm.result_bond, and n_fraud_posted against
// vm.trust_decay_blocks: points that are lost faster than answers earn them never reach the
// minimum.
#include "core/verification/tee.h"
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class TrustFarmer final : public sim::ProviderStrategy {
public:
    explicit TrustFarmer(const sim::StrategyContext& context) : context_(context) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        return is_usable_at_once(view) ? wrong_answer(view) : true_answer(view);
    }

private:
    // In the next block, which is the first that can carry the result.
    [[nodiscard]] bool is_usable_at_once(const sim::TaskView& view) const {
        const auto self = view.state.find_provider(context_.self.provider_id);
        if (!self) return false;
        const TrustMoment next{
            view.height() + 1,
            view.state.head.timestamp_ns + static_cast<std::uint64_t>(context_.block_interval)};
        return is_freshly_attested(context_.rules, view.state.provider(*self), next);
    }

    sim::StrategyContext context_;
};

std::unique_ptr<sim::ProviderStrategy> make_trust_farmer(const Parameters&,
                                                         const sim::StrategyContext& context) {
    return std::make_unique<TrustFarmer>(context);
}

}  // namespace

const StrategyRow kTrustFarmerRow{
    .name = "trust_farmer",
    .id = "A33",
    .doc = "earns trust with true answers, and lies when a result of its own is used at once",
    .provider = make_trust_farmer};

}  // namespace aivm::scenarios
