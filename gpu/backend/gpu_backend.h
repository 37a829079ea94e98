// A handle to a loaded plugin with the published methods. The zero value is usable: it has no
// plugin, and every method fails with kGpuNotAvailable.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "core/kernels/kernels.h"
#include "gpu/backend/plugin.h"

namespace aivm::gpu {

// The user asked for the GPU and it stopped working: the run's results cannot be what was asked
// for. Thrown, because no caller below the runner can handle it; the runner ends the run with exit
// code 3.
class GpuFailure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Invalid arguments are refused here, by the canonical rules (kInvalidArgument), so any other
// return code of the plugin is a failure (kGpuNotAvailable). Whatever a failing plugin wrote is
// undone. Not thread safe.
class GpuBackend {
public:
    GpuBackend() = default;
    explicit GpuBackend(Plugin plugin)
        : kind_(plugin.kind()), path_(plugin.path()), plugin_(std::move(plugin)) {}

    [[nodiscard]] bool is_available() const { return plugin_.has_value(); }
    // kNone and "" for the zero value; what was loaded otherwise, also after close().
    [[nodiscard]] BackendKind kind() const { return kind_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    // Unloads the plugin. Closing again does nothing.
    void close() { plugin_.reset(); }

    Status attestation_apply(const abi::AIVMRoundDescriptor* desc, const abi::AttestationOp* ops,
                             abi::Attestation* table, std::uint32_t* applied,
                             std::uint32_t slot_count);
    Status provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                            abi::ModelRegistryEntry* table, std::uint32_t* applied,
                            std::uint32_t slot_count);
    Status anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                        abi::AuditAnchor* table, std::uint32_t* applied, std::uint32_t slot_count);
    Status epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                            abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result);
    Status inference_step(const InferenceBatch& batch);
    Status proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                        std::uint32_t op_count);

private:
    template <class Launch>
    Status run(const char* kernel, std::initializer_list<std::span<std::uint8_t>> outputs,
               Launch launch);
    [[nodiscard]] Status check_available() const;

    BackendKind kind_ = BackendKind::kNone;
    std::string path_;
    std::optional<Plugin> plugin_;
};

}  // namespace aivm::gpu
