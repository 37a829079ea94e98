// Virtual time that a device takes for one call of a kernel, by kernel, batch size and class of
// device. Providers and challengers whose group names a device compute by it.
//
// CPUs: measured by bench/compute_cost_bench.cpp, which prints the table again. GPUs: computed from
// parameters with named sources (COMPUTE_COST.md); none was measured.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/describe.h"
#include "sim/scenario/device_class.h"

namespace aivm::sim {

enum class KernelKind : std::uint8_t {
    kAttestationApply,
    kProvenanceApply,
    kAnchorApply,
    kEpochTransition,
    kInferenceStep,
    kProofVerify,
};
constexpr auto enum_words(KernelKind) {
    return std::to_array<std::string_view>({"attestation_apply", "provenance_apply", "anchor_apply",
                                            "epoch_transition", "inference_step", "proof_verify"});
}

// The batch sizes of the measured table.
inline constexpr std::array<std::uint64_t, 4> kMeasuredBatches{1, 16, 256, 4096};

struct DeviceClassInfo {
    DeviceClass device = DeviceClass::kNone;
    std::string_view doc;
    std::string_view source;
};

// Every class but kNone.
std::span<const DeviceClassInfo> device_classes();

// Nanoseconds for one call with `batch` operations; an epoch transition folds that many slots of
// each of its three tables, and the tables of the others have twice as many slots as the batch has
// operations.
// Between two measured sizes the time is interpolated, beyond the last it is proportional. Rises
// with `batch`. Requires a class other than kNone and 0 < batch < 2^48.
std::uint64_t kernel_time_ns(DeviceClass device, KernelKind kernel, std::uint64_t batch);

}  // namespace aivm::sim
