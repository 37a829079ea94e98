// The table of sim/scenario/compute_cost.h, measured again on this machine: nanoseconds per call by
// kernel and batch size, canonical and batched, beside the table's own. Uses the sim layer.
//
// The rows named "for the source" are the initialisers of kCpuScalarNs and kCpuSimdNs. With --quick
// it is a test: a time of the table that is off by more than a factor of 20 has another unit or
// another kernel.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "bench/epoch_tables.h"
#include "gpu/simd/simd_kernels.h"
#include "sim/scenario/compute_cost.h"

namespace aivm::bench {
namespace {

using sim::DeviceClass;
using sim::KernelKind;

constexpr double kFactorMax = 20;

// Buffers for one call of each kernel with `batch` operations. Repeating a call writes the same
// bytes again.
class Calls {
public:
    explicit Calls(std::uint32_t batch)
        : batch_(batch),
          attestations_(2 * std::size_t{batch}),
          models_(2 * std::size_t{batch}),
          anchors_(2 * std::size_t{batch}),
          model_ops_(batch),
          anchor_ops_(batch),
          inference_ops_(batch),
          inputs_(32 * std::size_t{batch}, 9),
          outputs_(batch),
          results_(batch),
          proofs_(batch),
          verdicts_(batch) {
        round_.attestation_op_count = round_.model_op_count = round_.anchor_op_count = batch;
        for (std::uint32_t i = 0; i < batch; ++i) {
            attestation_ops_.push_back(renewal(attestation(i), 0));
            std::memcpy(model_ops_[i].model_root, &i, 4);
            model_ops_[i].model_root[31] = model_ops_[i].weight_hash[0] = 1;
            anchor_ops_[i].commit_root[0] = anchor_ops_[i].parent_root[0] = 1;
            anchor_ops_[i].height = i + 1;
            inference_ops_[i].mode = inference_ops_[i].output_capacity = 1;
            inference_ops_[i].input_len = 32;
            inference_ops_[i].input_offset = 32 * i;
            inference_ops_[i].output_offset = i;
            slots_.push_back(attestation(i));
        }
        std::memset(weights_.w1, 3, sizeof weights_.w1);
        std::memset(weights_.w2, 5, sizeof weights_.w2);
        weights_.shift1 = weights_.shift2 = 4;
        fold_models_.resize(batch);
        fold_anchors_.resize(batch);
        for (abi::ModelRegistryEntry& slot : fold_models_) slot.occupied = 1;
        for (abi::AuditAnchor& slot : fold_anchors_) slot.occupied = 1;
    }

    int call(Kernels& kernels, KernelKind kind) {
        switch (kind) {
            case KernelKind::kAttestationApply:
                return kernels.attestation_apply(&round_, attestation_ops_.data(),
                                                 attestations_.data(), &applied_, 2 * batch_);
            case KernelKind::kProvenanceApply:
                return kernels.provenance_apply(&round_, model_ops_.data(), models_.data(),
                                                &applied_, 2 * batch_);
            case KernelKind::kAnchorApply:
                for (std::uint32_t i = 0; i < batch_; ++i) anchors_[i].occupied = 0;
                return kernels.anchor_apply(&round_, anchor_ops_.data(), anchors_.data(), &applied_,
                                            2 * batch_);
            case KernelKind::kEpochTransition:
                return kernels.epoch_transition(&round_,
                                                {slots_.data(), fold_models_.data(),
                                                 fold_anchors_.data(), batch_, batch_, batch_},
                                                &epoch_, &transition_);
            case KernelKind::kInferenceStep:
                return kernels.inference_step({&weights_, inference_ops_.data(), inputs_.data(),
                                               outputs_.data(), results_.data(), batch_});
            case KernelKind::kProofVerify:
                return kernels.proof_verify(proofs_.data(), verdicts_.data(), batch_);
        }
        return -1;
    }

private:
    std::uint32_t batch_;
    std::uint32_t applied_ = 0;
    abi::AIVMRoundDescriptor round_{};
    std::vector<abi::Attestation> attestations_, slots_;
    std::vector<abi::ModelRegistryEntry> models_, fold_models_;
    std::vector<abi::AuditAnchor> anchors_, fold_anchors_;
    std::vector<abi::AttestationOp> attestation_ops_;
    std::vector<abi::ModelOp> model_ops_;
    std::vector<abi::AnchorOp> anchor_ops_;
    abi::AIVMEpochState epoch_{};
    abi::AIVMTransitionResult transition_{};
    abi::InferenceWeights weights_{};
    std::vector<abi::InferenceOp> inference_ops_;
    std::vector<std::uint8_t> inputs_, outputs_;
    std::vector<abi::InferenceResult> results_;
    std::vector<abi::ProofVerifyOp> proofs_;
    std::vector<abi::ProofVerifyResult> verdicts_;
};

// Of this thread on a CPU: what other programs take does not count.
double cpu_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// Nanoseconds per call: the least of `rounds` averages, each over at least 0.2 ms.
double measure(Kernels& kernels, KernelKind kind, std::uint32_t batch, int rounds) {
    constexpr double kRoundNs = 200'000;
    Calls calls(batch);
    double best = 0;
    for (int round = 0; round < rounds; ++round) {
        std::uint64_t count = 0;
        double passed = 0;
        const double begin = cpu_ns();
        do {
            for (int i = 0; i < 8; ++i, ++count) {
                if (calls.call(kernels, kind) != 0) return -1;
            }
            passed = cpu_ns() - begin;
        } while (passed < kRoundNs);
        const double each = passed / static_cast<double>(count);
        if (round == 0 || each < best) best = each;
    }
    return best;
}

struct Path {
    DeviceClass device;
    std::unique_ptr<Kernels> kernels;
};

std::vector<Path> paths() {
    std::vector<Path> out;
    out.push_back({DeviceClass::kCpuScalar, std::make_unique<CpuKernels>()});
    out.push_back({DeviceClass::kCpuSimd,
                   std::make_unique<gpu::SimdKernels>(gpu::best_width(), gpu::EpochCaching::kOff)});
    return out;
}

// Whether every time of the table is within the factor of the measured one.
bool print_measured(Path& path, bool quick) {
    bool all_close = true;
    fmt::print("\n{}, ns per call: measured here / table\n{:<18}", word(path.device), "batch");
    for (const std::uint64_t batch : sim::kMeasuredBatches) fmt::print("{:>24}", batch);
    std::string source;
    for (std::size_t k = 0; k < enum_count<KernelKind>; ++k) {
        const auto kind = static_cast<KernelKind>(k);
        fmt::print("\n{:<18}", word(kind));
        source += "    {";
        for (const std::uint64_t batch : sim::kMeasuredBatches) {
            const double here =
                measure(*path.kernels, kind, static_cast<std::uint32_t>(batch), quick ? 2 : 20);
            const auto table = static_cast<double>(kernel_time_ns(path.device, kind, batch));
            fmt::print("{:>24}", fmt::format("{:.0f} / {:.0f}", here, table));
            source += fmt::format("{:.0f}, ", here);
            all_close =
                all_close && here > 0 && table < here * kFactorMax && here < table * kFactorMax;
        }
        source.resize(source.size() - 2);
        source += "},\n";
    }
    fmt::print("\nfor the source:\n{}", source);
    return all_close;
}

void print_classes() {
    fmt::print("\ninference_step by class of device, ns per operation\n{:<12}", "batch");
    constexpr std::uint64_t kBatches[] = {1, 16, 256, 4096, 100'000, 1'000'000};
    for (const std::uint64_t batch : kBatches) fmt::print("{:>12}", batch);
    for (const sim::DeviceClassInfo& info : sim::device_classes()) {
        fmt::print("\n{:<12}", word(info.device));
        for (const std::uint64_t batch : kBatches) {
            const auto ns = kernel_time_ns(info.device, KernelKind::kInferenceStep, batch);
            fmt::print("{:>12.2f}", static_cast<double>(ns) / static_cast<double>(batch));
        }
    }
    fmt::print("\n");
}

int run(bool quick) {
    bool all_close = true;
    for (Path& path : paths()) all_close = print_measured(path, quick) && all_close;
    print_classes();
    if (all_close) return 0;
    fmt::print("\nthe table is off by more than a factor of {}\n", kFactorMax);
    return 1;
}

}  // namespace
}  // namespace aivm::bench

int main(int argc, char** argv) {
    return aivm::bench::run(argc > 1 && std::string_view(argv[1]) == "--quick");
}
