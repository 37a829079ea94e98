// AIVM_EXPORT_LAUNCHERS(kind, device): defines the six C functions that a plugin exports. `device`
// is an expression of type aivm::gpu::Device& (usually a function-local static); it is evaluated
// under the plugin's lock, and once per call. Use it once, in one file of a plugin, at namespace
// scope. No exception leaves a launcher.
#pragma once

#include <cstdint>
#include <mutex>
#include <new>

#include "gpu/kernels/device_kernels.h"
#include "gpu/simd/simd_hasher.h"

namespace aivm::gpu::plugin {

// Runs `call` with kernels on the plugin's device, one call at a time.
template <class DeviceOf, class Call>
int guarded(DeviceOf device_of, Call call) noexcept {
    static std::mutex mutex;  // one per plugin: instantiated inside its shared object only
    try {
        const std::lock_guard lock(mutex);
        static const SimdHasher hasher;
        DeviceKernels kernels(device_of(), hasher);
        return call(kernels);
    } catch (const std::bad_alloc&) {
        return abi::kOutOfMemory;
    } catch (...) {
        return abi::kInternal;
    }
}

}  // namespace aivm::gpu::plugin

// clang-format off
#define AIVM_LAUNCHER(kind, kernel) \
    extern "C" __attribute__((visibility("default"))) int lux_##kind##_aivm_##kernel

#define AIVM_EXPORT_APPLY(kind, kernel, device, Op, Entry)                                       \
    AIVM_LAUNCHER(kind, kernel)(const void* desc, const void* ops, void* table, void* applied,   \
                                std::uint32_t slot_count, void* /*stream*/) {                    \
        using namespace aivm;                                                                    \
        return gpu::plugin::guarded([]() -> gpu::Device& { return device; },                     \
                                    [&](gpu::DeviceKernels& kernels) {                           \
            return kernels.kernel(static_cast<const abi::AIVMRoundDescriptor*>(desc),            \
                                  static_cast<const abi::Op*>(ops),                              \
                                  static_cast<abi::Entry*>(table),                               \
                                  static_cast<std::uint32_t*>(applied), slot_count);             \
        });                                                                                      \
    }

#define AIVM_EXPORT_LAUNCHERS(kind, device)                                                      \
    AIVM_EXPORT_APPLY(kind, attestation_apply, device, AttestationOp, Attestation)               \
    AIVM_EXPORT_APPLY(kind, provenance_apply, device, ModelOp, ModelRegistryEntry)               \
    AIVM_EXPORT_APPLY(kind, anchor_apply, device, AnchorOp, AuditAnchor)                         \
    AIVM_LAUNCHER(kind, epoch_transition)(                                                       \
        const void* desc, void* attestations, void* models, void* anchors, void* epoch,          \
        void* result, std::uint32_t attestation_count, std::uint32_t model_count,                \
        std::uint32_t anchor_count, void* /*stream*/) {                                          \
        using namespace aivm;                                                                    \
        return gpu::plugin::guarded([]() -> gpu::Device& { return device; },                     \
                                    [&](gpu::DeviceKernels& kernels) {                           \
            return kernels.epoch_transition(                                                     \
                static_cast<const abi::AIVMRoundDescriptor*>(desc),                              \
                {static_cast<abi::Attestation*>(attestations),                                   \
                 static_cast<const abi::ModelRegistryEntry*>(models),                            \
                 static_cast<const abi::AuditAnchor*>(anchors), attestation_count, model_count,  \
                 anchor_count},                                                                  \
                static_cast<abi::AIVMEpochState*>(epoch),                                        \
                static_cast<abi::AIVMTransitionResult*>(result));                                \
        });                                                                                      \
    }                                                                                            \
    AIVM_LAUNCHER(kind, inference_step)(const void* weights, const void* ops,                    \
                                        const void* inputs, void* outputs, void* results,        \
                                        std::uint32_t op_count, void* /*stream*/) {              \
        using namespace aivm;                                                                    \
        return gpu::plugin::guarded([]() -> gpu::Device& { return device; },                     \
                                    [&](gpu::DeviceKernels& kernels) {                           \
            return kernels.inference_step({static_cast<const abi::InferenceWeights*>(weights),   \
                                           static_cast<const abi::InferenceOp*>(ops),            \
                                           static_cast<const std::uint8_t*>(inputs),             \
                                           static_cast<std::uint8_t*>(outputs),                  \
                                           static_cast<abi::InferenceResult*>(results),          \
                                           op_count});                                           \
        });                                                                                      \
    }                                                                                            \
    AIVM_LAUNCHER(kind, proof_verify)(const void* ops, void* results, std::uint32_t op_count,    \
                                      void* /*stream*/) {                                        \
        using namespace aivm;                                                                    \
        return gpu::plugin::guarded([]() -> gpu::Device& { return device; },                     \
                                    [&](gpu::DeviceKernels& kernels) {                           \
            return kernels.proof_verify(static_cast<const abi::ProofVerifyOp*>(ops),             \
                                        static_cast<abi::ProofVerifyResult*>(results),           \
                                        op_count);                                               \
        });                                                                                      \
    }
// clang-format on
