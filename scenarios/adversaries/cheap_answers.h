// Answers that cost less than the model's, and how often they pass for it. Shared by strategies
// that save computing. What they are worth is estimated on the first rows of the model's features,
// once per model and before the run, which costs nothing here.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/verification/reexecution.h"
#include "scenarios/adversaries/worth.h"
#include "sim/actors/strategy.h"

namespace aivm::scenarios {

constexpr std::uint32_t kSampleRows = 256;

inline std::vector<std::uint32_t> sample_rows(const Model& model, std::uint32_t rows) {
    std::vector<std::uint32_t> out(std::min(rows, model.row_count()));
    std::iota(out.begin(), out.end(), 0U);
    return out;
}

// Requires part <= whole; 0 of nothing.
constexpr std::uint32_t share_ppm(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<std::uint32_t>(part * kCertain / whole);
}

// The most common answer of a model, and the share of inputs to which it is wrong.
struct CommonAnswer {
    Answer answer = 0;
    std::uint32_t wrong_ppm = 0;
};

inline CommonAnswer most_common_answer(Kernels& kernels, const Model& model, std::uint32_t rows) {
    std::array<std::uint32_t, 256> seen{};
    const std::vector<std::uint32_t> sample = sample_rows(model, rows);
    for (const Answer answer : run_model_on(kernels, model, sample)) ++seen[answer];
    const auto most = std::ranges::max_element(seen);
    return {static_cast<Answer>(most - seen.begin()),
            share_ppm(sample.size() - *most, sample.size())};
}

// A copy of the model with this many bits kept of every weight, of those that an int8 has.
Model coarse_copy(const Model& model, unsigned kept_bits);

// The computing that an answer of the copy costs, in steps of the model: the share of the bits
// kept, because reading the weights is what takes time; rounded up to whole steps.
constexpr std::uint32_t coarse_steps(std::uint32_t steps, unsigned kept_bits) {
    return static_cast<std::uint32_t>((std::uint64_t{steps} * kept_bits + 7) / 8);
}

// What an answer of such a copy is worth to an owner that these rules and prices apply to.
CheapAnswer answer_of_copy(const sim::StrategyContext& context, const sim::TaskView& view,
                           const Model& copy, unsigned kept_bits);

}  // namespace aivm::scenarios
