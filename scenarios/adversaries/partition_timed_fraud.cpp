// A21 partition_timed_fraud: posts when checkers are cut off.
//
// Stresses the window against the distribution of outages: the provider works honestly until the
// checkers are cut off, which it knows because it cuts them off, and lies as long as the outage
// lasts; answers that are ready shortly before are held back for it. A window longer than the
// outage still catches it (V37). Observe n_fraud_missed against the window.
#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class PartitionTimedFraud final : public sim::ProviderStrategy {
public:
    explicit PartitionTimedFraud(const Parameters& parameters)
        : from_(parameters.get("from")),
          until_(parameters.get("until")),
          hold_(parameters.get("hold")) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    bool waits(const sim::TaskView& view) override {
        return view.now < from_ && view.now >= from_ - hold_;
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        const Answer truth = run_model(view.kernels, view.model, view.task.input_row);
        return view.now >= from_ && view.now < until_ ? static_cast<Answer>(truth + 1) : truth;
    }

private:
    sim::SimTime from_;
    sim::SimTime until_;
    sim::SimTime hold_;
};

std::unique_ptr<sim::ProviderStrategy> make_partition_timed_fraud(const Parameters& parameters,
                                                                  const sim::StrategyContext&) {
    return std::make_unique<PartitionTimedFraud>(parameters);
}

constexpr std::int64_t kAnyTimeNs = 1'000'000'000'000'000'000;
constexpr std::array kOutageParameters{
    StrategyParameter{"from", 0, kAnyTimeNs, 0, "ns",
                      "start of the time in which the checkers are cut off"},
    StrategyParameter{"until", 0, kAnyTimeNs, kAnyTimeNs, "ns", "end of that time"},
    StrategyParameter{"hold", 0, kAnyTimeNs, 20'000'000'000, "ns",
                      "answers that are ready less than this before the start are held back"},
};

}  // namespace

const StrategyRow kPartitionTimedFraudRow{.name = "partition_timed_fraud",
                                          .id = "A21",
                                          .doc = "lies while the checkers are cut off",
                                          .parameters = kOutageParameters,
                                          .provider = make_partition_timed_fraud};

}  // namespace aivm::scenarios
