#include "sim/scenario/compute_cost.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"
#include "core/kernels/abi.h"

namespace aivm::sim {
namespace {

constexpr std::size_t kKernels = enum_count<KernelKind>;
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
__extension__ using Wide = unsigned __int128;

// --- Measured ---

using MeasuredTimes = std::array<std::array<std::uint64_t, kMeasuredBatches.size()>, kKernels>;

// Nanoseconds by kernel and batch size, of one core's own time: AMD EPYC of 2022 (Zen 4) with
// AVX-512, g++ 12 -O3, the least of 20 averages.
constexpr MeasuredTimes kCpuScalarNs{{
    {95, 590, 8'256, 156'548},
    {92, 526, 7'185, 123'362},
    {81, 307, 3'981, 63'820},
    {3'067, 38'342, 608'736, 9'788'438},
    {1'368, 20'679, 330'047, 5'353'430},
    {678, 10'053, 158'616, 2'596'538},
}};
constexpr MeasuredTimes kCpuSimdNs{{
    {96, 591, 8'284, 157'489},
    {91, 507, 7'204, 122'784},
    {85, 306, 3'982, 63'383},
    {1'704, 10'372, 138'231, 2'219'200},
    {1'390, 5'577, 85'072, 1'389'155},
    {680, 2'811, 42'963, 701'247},
}};

std::uint64_t measured_ns(const MeasuredTimes& times, KernelKind kernel, std::uint64_t batch) {
    const auto& row = times[static_cast<std::size_t>(kernel)];
    const auto upper = std::ranges::lower_bound(kMeasuredBatches, batch);
    if (upper == kMeasuredBatches.end())
        return static_cast<std::uint64_t>(Wide(row.back()) * batch / kMeasuredBatches.back());
    const auto at = static_cast<std::size_t>(upper - kMeasuredBatches.begin());
    if (*upper == batch) return row[at];
    const std::uint64_t begin = kMeasuredBatches[at - 1];
    const std::uint64_t rise = row[at] - row[at - 1];
    return row[at - 1] + rise * (batch - begin) / (*upper - begin);
}

// --- Computed ---

// What one operation of a kernel asks of a device.
struct KernelWork {
    std::uint64_t bytes;         // copied to the device and back
    std::uint64_t instructions;  // 32-bit integer ones, of one thread
    std::uint64_t host_ns;       // on the host, one after the other
};

// One Keccak-f[1600]: 5,112 operations on 64-bit words (gpu/kernels/fold_cost_test.cpp), each two
// 32-bit instructions.
constexpr std::uint64_t kPermutation = 2 * 5'112;
// An inference multiplies 528 pairs; each is fetched, extended, multiplied and added.
constexpr std::uint64_t kInferenceProducts = 4 * (abi::kInferenceInputs + 1) * 16;
// Probing a table and writing a slot; no hashing.
constexpr std::uint64_t kTableWork = 400;
// One step of the three folds side by side, on the host (gpu/README.md).
constexpr std::uint64_t kFoldStepNs = 450;

constexpr std::array<KernelWork, kKernels> kWork{{
    {sizeof(abi::AttestationOp) + 4 * sizeof(abi::Attestation), kTableWork, 0},
    {sizeof(abi::ModelOp) + 4 * sizeof(abi::ModelRegistryEntry), kTableWork, 0},
    {sizeof(abi::AnchorOp) + 4 * sizeof(abi::AuditAnchor), kTableWork, 0},
    // Leaves of two, two and one permutations; their digests come back beside the attestations.
    {2 * sizeof(abi::Attestation) + sizeof(abi::ModelRegistryEntry) + sizeof(abi::AuditAnchor) +
         3 * 32,
     5 * kPermutation, kFoldStepNs},
    // Both commitments take one permutation, the attestation root two.
    {sizeof(abi::InferenceOp) + abi::kInferenceInputs + 1 + sizeof(abi::InferenceResult),
     kInferenceProducts + 4 * kPermutation, 0},
    {sizeof(abi::ProofVerifyOp) + sizeof(abi::ProofVerifyResult), 2 * kPermutation, 0},
}};

struct GpuParameters {
    DeviceClass device;
    std::uint64_t lanes;      // that execute one 32-bit integer instruction per cycle
    std::uint64_t clock_hz;   // boost
    std::uint64_t bus_bytes;  // per second and direction, host to device
    std::uint64_t call_ns;    // two copies and a launch, started and waited for
};

// An assumption, the same for all: three asynchronous calls of a few microseconds each, and one
// synchronisation.
constexpr std::uint64_t kCallNs = 20'000;
constexpr std::uint64_t kPcie4 = 31'500'000'000;  // 16 lanes
constexpr std::uint64_t kPcie5 = 63'000'000'000;

constexpr std::array kGpus{
    GpuParameters{DeviceClass::kA100, 108 * 64, 1'410'000'000, kPcie4, kCallNs},
    GpuParameters{DeviceClass::kH100, 132 * 64, 1'980'000'000, kPcie5, kCallNs},
    GpuParameters{DeviceClass::kH200, 132 * 64, 1'980'000'000, kPcie5, kCallNs},
    GpuParameters{DeviceClass::kRtx4090, 128 * 64, 2'520'000'000, kPcie4, kCallNs},
    GpuParameters{DeviceClass::kMi250x, 110 * 64, 1'700'000'000, kPcie4, kCallNs},
};

std::uint64_t computed_ns(const GpuParameters& gpu, KernelKind kernel, std::uint64_t batch) {
    const KernelWork& work = kWork[static_cast<std::size_t>(kernel)];
    const Wide copies = Wide(work.bytes) * batch * kNsPerSecond / gpu.bus_bytes;
    // A thread issues one instruction per cycle at best, however few threads there are.
    const Wide rounds = std::max<Wide>(1, (Wide(batch) + gpu.lanes - 1) / gpu.lanes);
    const Wide compute = rounds * work.instructions * kNsPerSecond / gpu.clock_hz;
    return gpu.call_ns + work.host_ns * batch + static_cast<std::uint64_t>(copies + compute);
}

constexpr std::array kClasses{
    DeviceClassInfo{DeviceClass::kCpuScalar, "one CPU core, the canonical kernels",
                    "bench/compute_cost_bench.cpp"},
    DeviceClassInfo{DeviceClass::kCpuSimd, "one CPU core with AVX-512, batched hashing",
                    "bench/compute_cost_bench.cpp"},
    DeviceClassInfo{DeviceClass::kA100, "NVIDIA A100: 108 multiprocessors, 1.41 GHz, PCIe 4",
                    "NVIDIA A100 Tensor Core GPU Architecture, 2020"},
    DeviceClassInfo{DeviceClass::kH100, "NVIDIA H100 SXM5: 132 multiprocessors, 1.98 GHz, PCIe 5",
                    "NVIDIA H100 Tensor Core GPU Architecture, 2022"},
    DeviceClassInfo{DeviceClass::kH200,
                    "NVIDIA H200 SXM: the multiprocessors of the H100 with more memory, PCIe 5",
                    "NVIDIA H200 Tensor Core GPU datasheet, 2023"},
    DeviceClassInfo{DeviceClass::kRtx4090, "NVIDIA RTX 4090: 128 multiprocessors, 2.52 GHz, PCIe 4",
                    "NVIDIA Ada GPU Architecture, 2022"},
    DeviceClassInfo{DeviceClass::kMi250x,
                    "AMD MI250X, one of its two dies: 110 compute units, 1.7 GHz, PCIe 4",
                    "AMD CDNA 2 Architecture, 2021"},
};
static_assert(kClasses.size() + 1 == enum_count<DeviceClass>);

}  // namespace

std::span<const DeviceClassInfo> device_classes() { return kClasses; }

std::uint64_t kernel_time_ns(DeviceClass device, KernelKind kernel, std::uint64_t batch) {
    AIVM_CHECK(batch > 0 && batch < std::uint64_t{1} << 48);
    if (device == DeviceClass::kCpuScalar) return measured_ns(kCpuScalarNs, kernel, batch);
    if (device == DeviceClass::kCpuSimd) return measured_ns(kCpuSimdNs, kernel, batch);
    const auto gpu = std::ranges::find(kGpus, device, &GpuParameters::device);
    AIVM_CHECK(gpu != kGpus.end());
    return computed_ns(*gpu, kernel, batch);
}

}  // namespace aivm::sim
