// A34 tee_key_thief: has a stolen key that signs evidence for hardware that it does not have, and
// invents its answers.
//
// Stresses audits: its evidence verifies, so its lies are usable at once; only re-execution finds
// them. With a share a of results audited, (1 - a) / a corrupt ones pass before the first is caught
// (V62). Observe ttu_mean, n_fraud_missed and unchecked_share against the challengers' rate.
#include "scenarios/adversaries/forged_evidence.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class TeeKeyThief final : public sim::ProviderStrategy {
public:
    explicit TeeKeyThief(const sim::StrategyContext& context) : id_(context.self.provider_id) {}

    std::uint32_t steps_to_compute(const sim::TaskView&) override { return 0; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        return static_cast<Answer>(view.task.input_row);  // as good as any
    }
    std::optional<Bytes> evidence(const sim::Device& device, TimestampNs now) override {
        return forged_evidence(device, id_, now);
    }

private:
    std::string id_;
};

std::unique_ptr<sim::ProviderStrategy> make_tee_key_thief(const Parameters&,
                                                          const sim::StrategyContext& context) {
    return std::make_unique<TeeKeyThief>(context);
}

}  // namespace

const StrategyRow kTeeKeyThiefRow{
    .name = "tee_key_thief",
    .id = "A34",
    .doc = "forges evidence with a stolen key and invents its answers",
    .provider = make_tee_key_thief};

}  // namespace aivm::scenarios
