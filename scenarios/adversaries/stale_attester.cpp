// A35 stale_attester: goes on under the last quote of a machine whose firmware has been revoked.
//
// Stresses the validity time. Until `revoked_at` its machine is what it attests to. From then on
// the vendor signs no quote for it: it submits the last one again, which the chain refuses because
// it has seen it, and while that quote still counts it lies with the probability cheat_ppm. Each
// lie may be used at once, and is worth its value then, whatever happens to the bond: with a share
// a of the results re-executed it pays if the value exceeds a times the slash and the pay (V05).
// The validity limits how long: vm.attestation_timeout less the quote's age at the revocation, and
// the first lie that is proven ends it too. Afterwards it answers truly. Observe harm_early and its
// gain over honest play against the audit rate and the timeout, and the view v_time_to_use.
#include "core/registry/attestation.h"
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class StaleAttester final : public sim::ProviderStrategy {
public:
    StaleAttester(const Parameters& parameters, const sim::StrategyContext& context)
        : context_(context),
          revoked_at_(parameters.get("revoked_at")),
          cheat_ppm_(parameters.ppm("cheat_ppm")) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        const bool lies = view.now >= revoked_at_ && quote_counts(view.state) &&
                          context_.random.bernoulli_ppm(cheat_ppm_);
        return lies ? wrong_answer(view) : true_answer(view);
    }
    // Registers at the start of the run.
    std::optional<Bytes> evidence(const sim::Device& device, TimestampNs now) override {
        if (!last_) started_at_ns_ = now;
        const bool revoked = now - started_at_ns_ >= static_cast<std::uint64_t>(revoked_at_);
        if (!last_ || !revoked) last_ = device.quote(now);
        return last_;
    }

private:
    // In the next block, which has the answer that it sends now.
    [[nodiscard]] bool quote_counts(const State& state) const {
        const auto self = state.find_provider(context_.self.provider_id);
        const TimestampNs next =
            state.head.timestamp_ns + static_cast<std::uint64_t>(context_.block_interval);
        return self && evidence_counts(context_.rules.config, state.provider(*self), next);
    }

    sim::StrategyContext context_;
    sim::SimTime revoked_at_;
    std::uint32_t cheat_ppm_;
    std::optional<Bytes> last_;
    TimestampNs started_at_ns_ = 0;
};

std::unique_ptr<sim::ProviderStrategy> make_stale_attester(const Parameters& parameters,
                                                           const sim::StrategyContext& context) {
    return std::make_unique<StaleAttester>(parameters, context);
}

constexpr std::array kStaleQuoteParameters{
    StrategyParameter{"revoked_at", 0, 1'000'000'000'000'000'000, 0, "ns",
                      "when the firmware of its machine is revoked; one quote is made before that"},
    StrategyParameter{"cheat_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its answers under the stale quote that are wrong on purpose"},
};

}  // namespace

const StrategyRow kStaleAttesterRow{
    .name = "stale_attester",
    .id = "A35",
    .doc = "lies under the last quote of a machine that is revoked, for as long as it counts",
    .parameters = kStaleQuoteParameters,
    .provider = make_stale_attester};

}  // namespace aivm::scenarios
