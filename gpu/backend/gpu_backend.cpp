#include "gpu/backend/gpu_backend.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstring>
#include <vector>

#include "core/kernels/inference.h"
#include "core/kernels/rules.h"

namespace aivm::gpu {
namespace {

template <class T>
std::span<std::uint8_t> output(T* values, std::size_t count = 1) {
    return {reinterpret_cast<std::uint8_t*>(values), count * sizeof(T)};
}

// The contents of output buffers, to be put back when a plugin fails half way.
class Backup {
public:
    explicit Backup(std::initializer_list<std::span<std::uint8_t>> buffers) : buffers_(buffers) {
        for (const auto buffer : buffers_) kept_.insert(kept_.end(), buffer.begin(), buffer.end());
    }
    void restore() const {
        auto from = kept_.begin();
        for (const auto buffer : buffers_) {
            std::copy_n(from, buffer.size(), buffer.begin());
            from += static_cast<std::ptrdiff_t>(buffer.size());
        }
    }

private:
    std::vector<std::span<std::uint8_t>> buffers_;
    std::vector<std::uint8_t> kept_;
};

Status invalid_argument() {
    return fail(ErrorCode::kInvalidArgument, "a null pointer, an empty table or a bad offset");
}

std::string_view meaning_of(int code) {
    switch (code) {
        case abi::kInvalidArgument:
            return "invalid argument";
        case abi::kOutOfMemory:
            return "out of memory";
        case abi::kNotSupported:
            return "not supported";
        case abi::kDeviceLost:
            return "device lost";
        default:
            return "internal error";
    }
}

}  // namespace

Status GpuBackend::check_available() const {
    if (plugin_) return {};
    return fail(ErrorCode::kGpuNotAvailable,
                path_.empty() ? "no plugin is loaded" : fmt::format("{} is closed", path_));
}

template <class Launch>
Status GpuBackend::run(const char* kernel, std::initializer_list<std::span<std::uint8_t>> outputs,
                       Launch launch) {
    const Backup backup(outputs);
    const int code = launch(plugin_->launchers());
    if (code == abi::kOk) return {};
    backup.restore();
    return fail(ErrorCode::kGpuNotAvailable, fmt::format("{} failed in {} with code {} ({})", path_,
                                                         kernel, code, meaning_of(code)));
}

Status GpuBackend::attestation_apply(const abi::AIVMRoundDescriptor* desc,
                                     const abi::AttestationOp* ops, abi::Attestation* table,
                                     std::uint32_t* applied, std::uint32_t slot_count) {
    AIVM_TRY(check_available());
    if (!desc || !ops || !table || !applied || slot_count == 0) return invalid_argument();
    return run("attestation_apply", {output(table, slot_count), output(applied)},
               [&](const Launchers& gpu) {
                   return gpu.attestation_apply(desc, ops, table, applied, slot_count, nullptr);
               });
}

Status GpuBackend::provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                                    abi::ModelRegistryEntry* table, std::uint32_t* applied,
                                    std::uint32_t slot_count) {
    AIVM_TRY(check_available());
    if (!desc || !ops || !table || !applied || slot_count == 0) return invalid_argument();
    return run("provenance_apply", {output(table, slot_count), output(applied)},
               [&](const Launchers& gpu) {
                   return gpu.provenance_apply(desc, ops, table, applied, slot_count, nullptr);
               });
}

Status GpuBackend::anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                                abi::AuditAnchor* table, std::uint32_t* applied,
                                std::uint32_t slot_count) {
    AIVM_TRY(check_available());
    if (!desc || !ops || !applied || (!table && slot_count != 0)) return invalid_argument();
    return run("anchor_apply", {output(table, slot_count), output(applied)},
               [&](const Launchers& gpu) {
                   return gpu.anchor_apply(desc, ops, table, applied, slot_count, nullptr);
               });
}

Status GpuBackend::epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                                    abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) {
    AIVM_TRY(check_available());
    if (!desc || !epoch || !result || !kernels::are_present(tables)) return invalid_argument();
    // The launcher's signature is not const-correct: no kernel writes models or anchors.
    auto* models = const_cast<abi::ModelRegistryEntry*>(tables.models);
    auto* anchors = const_cast<abi::AuditAnchor*>(tables.anchors);
    return run(
        "epoch_transition",
        {output(tables.attestations, tables.attestation_count), output(epoch), output(result)},
        [&](const Launchers& gpu) {
            return gpu.epoch_transition(desc, tables.attestations, models, anchors, epoch, result,
                                        tables.attestation_count, tables.model_count,
                                        tables.anchor_count, nullptr);
        });
}

Status GpuBackend::inference_step(const InferenceBatch& batch) {
    AIVM_TRY(check_available());
    if (batch.op_count == 0) return {};
    if (!kernels::is_valid(batch)) return invalid_argument();
    return run("inference_step",
               {output(batch.outputs, batch.op_count), output(batch.results, batch.op_count)},
               [&](const Launchers& gpu) {
                   return gpu.inference_step(batch.weights, batch.ops, batch.inputs, batch.outputs,
                                             batch.results, batch.op_count, nullptr);
               });
}

Status GpuBackend::proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                                std::uint32_t op_count) {
    AIVM_TRY(check_available());
    if (op_count == 0) return {};
    if (!ops || !results) return invalid_argument();
    return run("proof_verify", {output(results, op_count)}, [&](const Launchers& gpu) {
        return gpu.proof_verify(ops, results, op_count, nullptr);
    });
}

}  // namespace aivm::gpu
