// The kernels on a loaded plugin, with what happens when the plugin fails after it was chosen.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "core/kernels/kernels.h"
#include "gpu/backend/plugin.h"
#include "gpu/simd/simd_hasher.h"

namespace aivm::gpu {

// The user asked for the GPU and it stopped working: the run's results cannot be what was asked
// for. Thrown, because no caller below the runner can handle it; the runner ends the run with exit
// code 3.
class GpuFailure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

enum class OnFailure : std::uint8_t {
    kFallBack,  // mode auto: the canonical CPU kernel answers, and the failure is counted
    kThrow,     // mode gpu: GpuFailure
};

// Invalid arguments are refused here, by the canonical rules, so any other return code of the
// plugin is a failure. Writes of a failing plugin are undone. Not thread safe.
class GpuBackend final : public Kernels {
public:
    explicit GpuBackend(Plugin plugin, OnFailure on_failure = OnFailure::kFallBack);

    [[nodiscard]] BackendKind kind() const { return kind_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] bool is_available() const { return plugin_.has_value(); }
    // Unloads the plugin; further kernel calls count as failures. Closing again does nothing.
    void close() { plugin_.reset(); }

    void set_on_failure(OnFailure on_failure) { on_failure_ = on_failure; }
    // Kernel calls that the CPU answered because the plugin failed.
    [[nodiscard]] std::uint64_t fallback_count() const { return fallback_count_; }

    int attestation_apply(const abi::AIVMRoundDescriptor* desc, const abi::AttestationOp* ops,
                          abi::Attestation* table, std::uint32_t* applied,
                          std::uint32_t slot_count) override;
    int provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                         abi::ModelRegistryEntry* table, std::uint32_t* applied,
                         std::uint32_t slot_count) override;
    int anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                     abi::AuditAnchor* table, std::uint32_t* applied,
                     std::uint32_t slot_count) override;
    int epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                         abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) override;
    int inference_step(const InferenceBatch& batch) override;
    int proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                     std::uint32_t op_count) override;

    [[nodiscard]] const BatchHasher& hasher() const override { return hasher_; }
    // In mode gpu the plugin sees every kernel call. In mode auto cached folds on the CPU are
    // faster than whole ones.
    [[nodiscard]] bool wants_whole_tables() const override {
        return on_failure_ == OnFailure::kThrow;
    }

private:
    template <class Launch, class Canonical>
    int run(const char* kernel, std::initializer_list<std::span<std::uint8_t>> outputs,
            Launch launch, Canonical canonical);

    BackendKind kind_;
    std::string path_;
    std::optional<Plugin> plugin_;
    OnFailure on_failure_;
    std::uint64_t fallback_count_ = 0;
    CpuKernels cpu_;
    SimdHasher hasher_;
};

}  // namespace aivm::gpu
