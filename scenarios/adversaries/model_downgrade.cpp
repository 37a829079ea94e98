// A02 model_downgrade: serves a quantised copy of the model in place of the model.
//
// Stresses the power of detection: the copy agrees with the model on most inputs when few bits are
// dropped, so most answers pass every check, and each of them saves the difference in computing
// cost. The value of one answer is (1 - p) * saved - p * (slash - saved) for a share p of inputs on
// which the copy differs (V05). Observe the share of results that are wrong, and the net of its
// principals beside that of honest providers when a step costs something (tasks.step_cost).
#include <map>

#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

// The nearest multiple of `unit`, which is a power of two, that an int8 holds.
std::int8_t coarse(std::int8_t weight, int unit) {
    const int nearest = (weight + unit / 2) & -unit;
    return static_cast<std::int8_t>(nearest > 127 ? nearest - unit : nearest);
}

class ModelDowngrade final : public sim::ProviderStrategy {
public:
    explicit ModelDowngrade(const Parameters& parameters)
        : unit_(1 << (8 - parameters.get("kept_bits"))), cost_ppm_(parameters.ppm("cost_ppm")) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override {
        return static_cast<std::uint32_t>((std::uint64_t{view.model.steps} * cost_ppm_ + 999'999) /
                                          1'000'000);
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        return run_model(view.kernels, copy_of(view.model), view.task.input_row);
    }
    std::vector<InferenceTraceStep> trace(const sim::TaskView& view, Answer) override {
        return trace_model(view.kernels, copy_of(view.model), view.task.input_row);
    }

private:
    const Model& copy_of(const Model& model) {
        const auto [copy, is_new] = copies_.try_emplace(model.id, model);
        if (is_new) {
            abi::InferenceWeights& weights = copy->second.weights;
            for (auto& w : weights.w1) w = coarse(w, unit_);
            for (auto& w : weights.w2) w = coarse(w, unit_);
            // it is another model, and has a name of its own
            const Hash32 hash = weights_digest(weights);
            std::copy(hash.bytes.begin(), hash.bytes.end(), weights.model_hash);
        }
        return copy->second;
    }

    int unit_;
    std::uint64_t cost_ppm_;
    std::map<std::string, Model> copies_;  // by the model's id
};

std::unique_ptr<sim::ProviderStrategy> make_model_downgrade(const Parameters& parameters,
                                                            const sim::StrategyContext&) {
    return std::make_unique<ModelDowngrade>(parameters);
}

constexpr std::array kDowngradeParameters{
    StrategyParameter{"kept_bits", 1, 8, 4, "bits",
                      "bits kept of every weight; 8 is the model itself"},
    StrategyParameter{"cost_ppm", 0, 1'000'000, 250'000, "ppm",
                      "share of the model's steps that it computes for an answer"},
};

}  // namespace

const StrategyRow kModelDowngradeRow{.name = "model_downgrade",
                                     .id = "A02",
                                     .doc = "serves a coarser copy of the model",
                                     .parameters = kDowngradeParameters,
                                     .provider = make_model_downgrade};

}  // namespace aivm::scenarios
