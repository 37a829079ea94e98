// A35 stale_attester: attests once, and later submits the same quote again.
//
// Stresses the validity time: a machine may have changed hands since. The chain refuses evidence
// that it has seen, so that results are usable at once only until vm.attestation_timeout after the
// one real quote. Observe ttu_mean of its results against that of an honest attester.
#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class StaleAttester final : public sim::ProviderStrategy {
public:
    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        return run_model(view.kernels, view.model, view.task.input_row);
    }
    std::optional<Bytes> evidence(const sim::Device& device, TimestampNs now) override {
        if (!first_) first_ = device.quote(now);
        return first_;
    }

private:
    std::optional<Bytes> first_;
};

std::unique_ptr<sim::ProviderStrategy> make_stale_attester(const Parameters&,
                                                           const sim::StrategyContext&) {
    return std::make_unique<StaleAttester>();
}

}  // namespace

const StrategyRow kStaleAttesterRow{.name = "stale_attester",
                                    .id = "A35",
                                    .doc = "submits the same old quote again and again",
                                    .provider = make_stale_attester};

}  // namespace aivm::scenarios
