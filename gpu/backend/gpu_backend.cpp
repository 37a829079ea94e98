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

}  // namespace

GpuBackend::GpuBackend(Plugin plugin, OnFailure on_failure)
    : kind_(plugin.kind()),
      path_(plugin.path()),
      plugin_(std::move(plugin)),
      on_failure_(on_failure) {}

template <class Launch, class Canonical>
int GpuBackend::run(const char* kernel, std::initializer_list<std::span<std::uint8_t>> outputs,
                    Launch launch, Canonical canonical) {
    std::string reason = "it is closed";
    if (plugin_) {
        const Backup backup(outputs);
        const int code = launch(plugin_->launchers());
        if (code == abi::kOk) return code;
        backup.restore();
        reason = fmt::format("it returned code {}", code);
    }
    if (on_failure_ == OnFailure::kThrow) {
        throw GpuFailure(fmt::format("{} backend {} failed in {}: {}; run with mode auto or cpu",
                                     name(kind_), path_, kernel, reason));
    }
    ++fallback_count_;
    return canonical();
}

int GpuBackend::attestation_apply(const abi::AIVMRoundDescriptor* desc,
                                  const abi::AttestationOp* ops, abi::Attestation* table,
                                  std::uint32_t* applied, std::uint32_t slot_count) {
    if (!desc || !ops || !table || !applied || slot_count == 0) return abi::kInvalidArgument;
    return run(
        "attestation_apply", {output(table, slot_count), output(applied)},
        [&](const Launchers& gpu) {
            return gpu.attestation_apply(desc, ops, table, applied, slot_count, nullptr);
        },
        [&] { return cpu_.attestation_apply(desc, ops, table, applied, slot_count); });
}

int GpuBackend::provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                                 abi::ModelRegistryEntry* table, std::uint32_t* applied,
                                 std::uint32_t slot_count) {
    if (!desc || !ops || !table || !applied || slot_count == 0) return abi::kInvalidArgument;
    return run(
        "provenance_apply", {output(table, slot_count), output(applied)},
        [&](const Launchers& gpu) {
            return gpu.provenance_apply(desc, ops, table, applied, slot_count, nullptr);
        },
        [&] { return cpu_.provenance_apply(desc, ops, table, applied, slot_count); });
}

int GpuBackend::anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                             abi::AuditAnchor* table, std::uint32_t* applied,
                             std::uint32_t slot_count) {
    if (!desc || !ops || !applied || (!table && slot_count != 0)) return abi::kInvalidArgument;
    return run(
        "anchor_apply", {output(table, slot_count), output(applied)},
        [&](const Launchers& gpu) {
            return gpu.anchor_apply(desc, ops, table, applied, slot_count, nullptr);
        },
        [&] { return cpu_.anchor_apply(desc, ops, table, applied, slot_count); });
}

int GpuBackend::epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                                 abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) {
    if (!desc || !epoch || !result || !kernels::are_present(tables)) return abi::kInvalidArgument;
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
        },
        [&] { return cpu_.epoch_transition(desc, tables, epoch, result); });
}

int GpuBackend::inference_step(const InferenceBatch& batch) {
    if (batch.op_count == 0) return abi::kOk;
    if (!kernels::is_valid(batch)) return abi::kInvalidArgument;
    return run(
        "inference_step",
        {output(batch.outputs, batch.op_count), output(batch.results, batch.op_count)},
        [&](const Launchers& gpu) {
            return gpu.inference_step(batch.weights, batch.ops, batch.inputs, batch.outputs,
                                      batch.results, batch.op_count, nullptr);
        },
        [&] { return cpu_.inference_step(batch); });
}

int GpuBackend::proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                             std::uint32_t op_count) {
    if (op_count == 0) return abi::kOk;
    if (!ops || !results) return abi::kInvalidArgument;
    return run(
        "proof_verify", {output(results, op_count)},
        [&](const Launchers& gpu) { return gpu.proof_verify(ops, results, op_count, nullptr); },
        [&] { return cpu_.proof_verify(ops, results, op_count); });
}

}  // namespace aivm::gpu
