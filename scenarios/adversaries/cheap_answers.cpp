#include "scenarios/adversaries/cheap_answers.h"

namespace aivm::scenarios {
namespace {

// The nearest multiple of `unit`, which is a power of two, that an int8 holds.
std::int8_t coarse(std::int8_t weight, int unit) {
    const int nearest = (weight + unit / 2) & -unit;
    return static_cast<std::int8_t>(nearest > 127 ? nearest - unit : nearest);
}

}  // namespace

Model coarse_copy(const Model& model, unsigned kept_bits) {
    const int unit = 1 << (8 - kept_bits);
    Model copy = model;
    abi::InferenceWeights& weights = copy.weights;
    for (auto& w : weights.w1) w = coarse(w, unit);
    for (auto& w : weights.w2) w = coarse(w, unit);
    // it is another model, and has a name of its own
    const Hash32 hash = weights_digest(weights);
    std::copy(hash.bytes.begin(), hash.bytes.end(), weights.model_hash);
    return copy;
}

CheapAnswer answer_of_copy(const sim::StrategyContext& context, const sim::TaskView& view,
                           const Model& copy, unsigned kept_bits) {
    const std::vector<std::uint32_t> sample = sample_rows(view.model, kSampleRows);
    const std::vector<Answer> right = run_model_on(view.kernels, view.model, sample);
    const std::vector<Answer> cheap = run_model_on(view.kernels, copy, sample);
    std::uint64_t wrong = 0;
    std::uint64_t provable = 0;
    for (std::size_t i = 0; i < sample.size(); ++i) {
        wrong += cheap[i] == right[i] ? 0 : 1;
        provable += answers_agree(context.rules.policy, cheap[i], right[i]) ? 0 : 1;
    }
    const std::uint32_t steps = view.model.steps;
    CheapAnswer out;
    out.saved = as_signed(context.step_cost) * (steps - coarse_steps(steps, kept_bits));
    out.lie_value = as_signed(context.lie_value);
    out.at_stake =
        as_signed(slash_of(context.rules)) + as_signed(pay_of(context.rules, view.task.fee));
    out.wrong_ppm = share_ppm(wrong, sample.size());
    out.provable_ppm = share_ppm(provable, sample.size());
    return out;
}

}  // namespace aivm::scenarios
