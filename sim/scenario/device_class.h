// The classes of devices that scenarios name for providers and challengers: how long a device of
// each takes is in compute_cost.h, what a device does wrong is in AcceleratorFaults.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace aivm::sim {

// kNone: not modelled; the scenario's own times per step apply.
enum class DeviceClass : std::uint8_t {
    kNone,
    kCpuScalar,
    kCpuSimd,
    kA100,
    kH100,
    kH200,
    kRtx4090,
    kMi250x,
};
constexpr auto enum_words(DeviceClass) {
    return std::to_array<std::string_view>(
        {"none", "cpu_scalar", "cpu_simd", "a100", "h100", "h200", "rtx_4090", "mi250x"});
}

// The arithmetic in which a device sums the products of a layer. Every product of two int8 values
// is exact in all of them; a sum is rounded to nearest, ties to even, after every addition.
enum class Accumulation : std::uint8_t {
    kExact,  // integers modulo 2^32, as the protocol says
    kFp32,   // 24 bits of precision
    kFp16,   // 11 bits, and infinity from 65,520 on
    kBf16,   // 8 bits
};
constexpr auto enum_words(Accumulation) {
    return std::to_array<std::string_view>({"exact", "fp32", "fp16", "bf16"});
}

// The order in which it sums them; with exact sums the order changes nothing.
enum class SumOrder : std::uint8_t {
    kSequential,  // the bias, then the products by index
    kPairwise,    // neighbours, then neighbouring sums, as a tree; the bias last
    kShuffled,    // drawn for every step, as of threads that add to one sum when they are ready
};
constexpr auto enum_words(SumOrder) {
    return std::to_array<std::string_view>({"sequential", "pairwise", "shuffled"});
}

// What the device of a provider or challenger does wrong, whatever its strategy. Chances are per
// inference step (bit flips) or per task (resets, throttling).
struct AcceleratorFaults {
    std::uint32_t bit_flips_ppm = 0;  // of a step: one bit of its output is flipped
    Accumulation accumulation = Accumulation::kExact;
    SumOrder sum_order = SumOrder::kSequential;
    // Share of the weights in which the version of the model that it still runs differs from the
    // newest, each by one unit. All devices with a share of the same size run the same old version.
    std::uint32_t stale_weights_ppm = 0;
    std::uint32_t resets_ppm = 0;  // of a task: the device loses what it computed and starts again
    std::uint64_t reset_time_ns = 10'000'000'000;
    std::uint32_t throttling_ppm = 0;  // of a task: it is computed at the throttled speed
    std::uint64_t throttled_speed_ppm = 500'000;

    [[nodiscard]] bool changes_answers() const {
        return bit_flips_ppm > 0 || accumulation != Accumulation::kExact || stale_weights_ppm > 0;
    }
    [[nodiscard]] bool changes_times() const { return resets_ppm > 0 || throttling_ppm > 0; }

    friend bool operator==(const AcceleratorFaults&, const AcceleratorFaults&) = default;
};

}  // namespace aivm::sim
