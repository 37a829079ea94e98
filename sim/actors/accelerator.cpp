#include "sim/actors/accelerator.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

#include "core/base/check.h"
#include "core/base/row_index.h"
#include "core/kernels/access.h"
#include "core/kernels/inference.h"
#include "sim/scenario/compute_cost.h"

namespace aivm::sim {
namespace {

constexpr std::uint32_t kMillion = 1'000'000;
constexpr std::uint32_t kOldModels = 0xFFFF'FE00;  // the actor of their streams, which is none
__extension__ using Wide = unsigned __int128;

// Uniform in [0, n) from 64 uniform bits; the bias is below n / 2^64.
std::uint64_t scaled(std::uint64_t bits, std::uint64_t n) {
    return static_cast<std::uint64_t>(Wide(bits) * n >> 64);
}

bool happens(std::uint64_t bits, std::uint32_t ppm) { return scaled(bits, kMillion) < ppm; }

std::uint64_t blocks_of_task(TaskIndex task, std::uint32_t assignment) {
    return std::uint64_t{task.value} << 32 | std::uint64_t{assignment % 1024} << 22;
}

// --- Floating-point sums of integers ---

// An integer that a floating-point format holds, or one of its special values.
class Rounded {
public:
    // `value` rounded to `precision` significant bits, ties to even; infinite from `limit` on.
    Rounded(std::int64_t value, int precision, std::int64_t limit)
        : precision_(precision), limit_(limit) {
        const std::int64_t magnitude = value < 0 ? -value : value;
        const int width = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(magnitude)));
        const int dropped = std::max(0, width - precision);
        const std::int64_t unit = std::int64_t{1} << dropped;
        std::int64_t kept = magnitude >> dropped;
        const std::int64_t rest = magnitude & (unit - 1);
        const bool up = 2 * rest > unit || (2 * rest == unit && kept % 2 == 1);
        if (dropped > 0 && up) kept += 1;
        value_ = value < 0 ? -(kept << dropped) : kept << dropped;
        if (magnitude != 0 && (kept << dropped) >= limit) infinite_ = value < 0 ? -1 : 1;
    }

    // As IEEE 754 adds: infinities of both signs have no sum.
    Rounded operator+(const Rounded& other) const {
        Rounded sum(value_ + other.value_, precision_, limit_);
        if (infinite_ != 0 || other.infinite_ != 0)
            sum.infinite_ = infinite_ != 0 ? infinite_ : other.infinite_;
        sum.is_number_ = is_number_ && other.is_number_ && infinite_ * other.infinite_ >= 0;
        return sum;
    }

    [[nodiscard]] std::int32_t to_int32() const {
        constexpr std::int64_t kLeast = std::numeric_limits<std::int32_t>::min();
        constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
        if (!is_number_) return 0;
        if (infinite_ != 0) return static_cast<std::int32_t>(infinite_ < 0 ? kLeast : kMost);
        return static_cast<std::int32_t>(std::clamp(value_, kLeast, kMost));
    }

private:
    int precision_;
    std::int64_t limit_;
    std::int64_t value_ = 0;
    int infinite_ = 0;  // -1 or 1
    bool is_number_ = true;
};

struct Format {
    int precision;
    std::int64_t limit;  // the least magnitude that is infinite, once rounded
};

// Of fp32 and bf16, no sum of a layer comes near the limit.
Format format_of(Accumulation accumulation) {
    constexpr std::int64_t kNever = std::int64_t{1} << 62;
    switch (accumulation) {
        case Accumulation::kFp16:
            return {11, 65'536};
        case Accumulation::kBf16:
            return {8, kNever};
        default:
            return {24, kNever};
    }
}

std::int32_t exact_sum(std::int32_t bias, std::span<const std::int32_t> products) {
    auto sum = static_cast<std::uint32_t>(bias);
    for (const std::int32_t product : products) sum += static_cast<std::uint32_t>(product);
    return static_cast<std::int32_t>(sum);
}

Rounded pairwise_sum(const std::vector<Rounded>& terms) {
    std::vector<Rounded> level = terms;
    while (level.size() > 1) {
        std::vector<Rounded> next;
        for (std::size_t i = 0; i + 1 < level.size(); i += 2)
            next.push_back(level[i] + level[i + 1]);
        if (level.size() % 2 == 1) next.push_back(level.back());
        level = std::move(next);
    }
    return level.front();
}

std::int32_t product(std::uint8_t weight, std::uint8_t activation) {
    return static_cast<std::int8_t>(weight) * static_cast<std::int8_t>(activation);
}

}  // namespace

std::int32_t sum_of_products(Accumulation accumulation, SumOrder sum_order, std::int32_t bias,
                             std::span<const std::int32_t> products,
                             std::span<const std::uint8_t> order) {
    AIVM_CHECK(!products.empty());
    if (accumulation == Accumulation::kExact) return exact_sum(bias, products);
    const Format format = format_of(accumulation);
    const auto rounded = [&](std::int64_t value) {
        return Rounded(value, format.precision, format.limit);
    };
    std::vector<Rounded> terms;
    for (const std::int32_t one : products) terms.push_back(rounded(one));
    if (sum_order == SumOrder::kPairwise) return (pairwise_sum(terms) + rounded(bias)).to_int32();
    AIVM_CHECK(sum_order == SumOrder::kSequential || order.size() == products.size());
    Rounded sum = rounded(bias);
    for (std::size_t i = 0; i < terms.size(); ++i)
        sum = sum + terms[sum_order == SumOrder::kShuffled ? order[i] : i];
    return sum.to_int32();
}

abi::InferenceWeights stale_weights(const abi::InferenceWeights& newest, std::uint32_t share_ppm,
                                    std::uint64_t seed) {
    std::uint32_t model = 0;
    std::memcpy(&model, newest.model_hash, sizeof model);
    RandomStream random({seed, kOldModels, model});
    abi::InferenceWeights old = newest;
    const auto age = [&](std::uint8_t& weight) {
        const bool differs = happens(random.next_u64(), share_ppm);
        const bool is_greater = random.next_u64() % 2 == 0;
        if (!differs) return;
        const int value = static_cast<std::int8_t>(weight);
        const bool up = value == -128 || (is_greater && value != 127);
        weight = static_cast<std::uint8_t>(value + (up ? 1 : -1));
    };
    for (auto& weight : old.w1) age(weight);
    for (auto& weight : old.w2) age(weight);
    return old;
}

void AcceleratorKernels::begin_task(TaskIndex task, std::uint32_t assignment) {
    task_blocks_ = blocks_of_task(task, assignment);
}

int AcceleratorKernels::inference_step(const InferenceBatch& batch) {
    const int code = target().inference_step(batch);
    if (code != abi::kOk || batch.op_count == 0 || !faults_.changes_answers()) return code;
    const abi::InferenceWeights& weights = device_weights(kernels::load(batch.weights));
    for (std::uint32_t i = 0; i < batch.op_count; ++i) {
        if (kernels::load(batch.results, i).status != abi::kInferenceOk) continue;
        const auto op = kernels::load(batch.ops, i);
        const std::uint8_t* const input = batch.inputs + op.input_offset;
        const std::uint8_t output = output_of(weights, input);
        batch.outputs[op.output_offset] = output;
        kernels::store(batch.results, i,
                       kernels::result_of_inference(op, {input, abi::kInferenceInputs}, output));
    }
    return code;
}

const abi::InferenceWeights& AcceleratorKernels::device_weights(
    const abi::InferenceWeights& newest) {
    if (std::memcmp(&newest_, &newest, sizeof newest) != 0) {
        newest_ = newest;
        stale_ = faults_.stale_weights_ppm == 0
                     ? newest
                     : stale_weights(newest, faults_.stale_weights_ppm, errors_.seed);
    }
    return stale_;
}

std::uint8_t AcceleratorKernels::output_of(const abi::InferenceWeights& weights,
                                           const std::uint8_t* input) const {
    const std::uint64_t blocks = blocks_of(input);
    Order order{};
    std::array<std::uint8_t, abi::kInferenceHidden> second{};  // of the second layer
    if (faults_.sum_order == SumOrder::kShuffled) {
        order = draw_order(blocks);
        std::ranges::copy_if(order, second.begin(),
                             [](std::uint8_t at) { return at < abi::kInferenceHidden; });
    }
    std::array<std::int32_t, abi::kInferenceInputs> products{};
    std::array<std::int32_t, abi::kInferenceHidden> hidden{};
    for (std::size_t i = 0; i < abi::kInferenceHidden; ++i) {
        for (std::size_t k = 0; k < abi::kInferenceInputs; ++k)
            products[k] = product(weights.w1[i * abi::kInferenceInputs + k], input[k]);
        const std::int32_t sum = sum_of_products(faults_.accumulation, faults_.sum_order,
                                                 weights.b1[i], products, order);
        const std::int8_t activation =
            kernels::requantise(static_cast<std::uint32_t>(sum), weights.shift1);
        hidden[i] = product(weights.w2[i], static_cast<std::uint8_t>(activation));
    }
    const std::int32_t sum =
        sum_of_products(faults_.accumulation, faults_.sum_order, weights.b2, hidden, second);
    auto output = static_cast<std::uint8_t>(
        kernels::requantise(static_cast<std::uint32_t>(sum), weights.shift2));
    const auto bits = random_block(errors_, blocks);
    if (happens(bits[0], faults_.bit_flips_ppm))
        output ^= static_cast<std::uint8_t>(1U << scaled(bits[1], 8));
    return output;
}

std::uint64_t AcceleratorKernels::blocks_of(const std::uint8_t* input) const {
    return task_blocks_ | (table_hash({input, abi::kInferenceInputs}) >> 45 << 3);
}

// Fisher and Yates, from 16 random bits per exchange: the bias is below 1 in 1,000.
AcceleratorKernels::Order AcceleratorKernels::draw_order(std::uint64_t blocks) const {
    std::array<std::uint64_t, 28> words{};  // of the seven blocks after the first
    for (std::uint64_t i = 0; i < 7; ++i)
        std::ranges::copy(random_block(errors_, blocks + 1 + i), words.begin() + 4 * i);
    Order order{};
    std::iota(order.begin(), order.end(), std::uint8_t{0});
    for (std::size_t i = order.size() - 1; i > 0; --i) {
        const std::uint64_t bits = words[i / 4] >> (16 * (i % 4)) & 0xFFFF;
        std::swap(order[i], order[bits * (i + 1) >> 16]);
    }
    return order;
}

std::uint64_t ActorDevice::step_time_ns(std::uint64_t without_class, std::uint32_t tasks) const {
    if (device == DeviceClass::kNone) return without_class;
    return kernel_time_ns(device, KernelKind::kInferenceStep, step_operations * tasks);
}

Kernels& ActorDevice::kernels_for(TaskIndex index, const Task& task, Kernels& exact) const {
    if (kernels == nullptr) return exact;
    kernels->begin_task(index, task.assignments);
    return *kernels;
}

SimTime time_on_device(const AcceleratorFaults& faults, const StreamName& times, TaskIndex task,
                       std::uint32_t assignment, SimTime work) {
    if (!faults.changes_times()) return work;
    AIVM_CHECK(work >= 0);
    const auto bits = random_block(times, blocks_of_task(task, assignment));
    Wide time = static_cast<std::uint64_t>(work);
    if (happens(bits[0], faults.throttling_ppm))
        time = time * kMillion / faults.throttled_speed_ppm;
    if (happens(bits[1], faults.resets_ppm)) {
        const Wide lost = time * scaled(bits[2], kMillion) / kMillion;
        time += lost + faults.reset_time_ns;
    }
    return static_cast<SimTime>(std::min<Wide>(time, kEndOfTime / 4));
}

}  // namespace aivm::sim
