// A plugin for the tests: exports the launchers of one kind over the canonical kernels, with one
// fault built in. TEST_PLUGIN_KIND is the kind; at most one of
// TEST_PLUGIN_{MISSING_LAUNCHER,WRONG_BYTES,NO_DEVICE,FAILS_LATER} is set.
#include <cstring>

#include "core/kernels/kernels.h"

#define JOIN_INNER(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_INNER(a, b, c)
#define LAUNCHER(kernel) JOIN(lux_, TEST_PLUGIN_KIND, _aivm_##kernel)
#define EXPORT extern "C" __attribute__((visibility("default")))

using namespace aivm;

namespace {

CpuKernels cpu;

// The behaviour of this plugin before its work, or instead of it.
int fault([[maybe_unused]] void* output) {
#if defined(TEST_PLUGIN_NO_DEVICE)
    return abi::kNotSupported;
#elif defined(TEST_PLUGIN_FAILS_LATER)
    std::memset(output, 0x5A, 4);  // breaks the rule that a failure writes nothing
    return abi::kDeviceLost;
#else
    return abi::kOk;
#endif
}

}  // namespace

EXPORT int LAUNCHER(attestation_apply)(const void* desc, const void* ops, void* table,
                                       void* applied, std::uint32_t count, void*) {
    if (const int code = fault(table)) return code;
    return cpu.attestation_apply(static_cast<const abi::AIVMRoundDescriptor*>(desc),
                                 static_cast<const abi::AttestationOp*>(ops),
                                 static_cast<abi::Attestation*>(table),
                                 static_cast<std::uint32_t*>(applied), count);
}

EXPORT int LAUNCHER(provenance_apply)(const void* desc, const void* ops, void* table, void* applied,
                                      std::uint32_t count, void*) {
    if (const int code = fault(table)) return code;
    return cpu.provenance_apply(
        static_cast<const abi::AIVMRoundDescriptor*>(desc), static_cast<const abi::ModelOp*>(ops),
        static_cast<abi::ModelRegistryEntry*>(table), static_cast<std::uint32_t*>(applied), count);
}

#if !defined(TEST_PLUGIN_MISSING_LAUNCHER)
EXPORT int LAUNCHER(anchor_apply)(const void* desc, const void* ops, void* table, void* applied,
                                  std::uint32_t count, void*) {
    if (const int code = fault(applied)) return code;
    return cpu.anchor_apply(
        static_cast<const abi::AIVMRoundDescriptor*>(desc), static_cast<const abi::AnchorOp*>(ops),
        static_cast<abi::AuditAnchor*>(table), static_cast<std::uint32_t*>(applied), count);
}
#endif

EXPORT int LAUNCHER(epoch_transition)(const void* desc, void* attestations, void* models,
                                      void* anchors, void* epoch, void* result,
                                      std::uint32_t attestation_count, std::uint32_t model_count,
                                      std::uint32_t anchor_count, void*) {
    if (const int code = fault(result)) return code;
    const EpochTables tables{static_cast<abi::Attestation*>(attestations),
                             static_cast<abi::ModelRegistryEntry*>(models),
                             static_cast<abi::AuditAnchor*>(anchors),
                             attestation_count,
                             model_count,
                             anchor_count};
    return cpu.epoch_transition(static_cast<const abi::AIVMRoundDescriptor*>(desc), tables,
                                static_cast<abi::AIVMEpochState*>(epoch),
                                static_cast<abi::AIVMTransitionResult*>(result));
}

EXPORT int LAUNCHER(inference_step)(const void* weights, const void* ops, const void* inputs,
                                    void* outputs, void* results, std::uint32_t count, void*) {
    if (const int code = fault(results)) return code;
    return cpu.inference_step(
        {static_cast<const abi::InferenceWeights*>(weights),
         static_cast<const abi::InferenceOp*>(ops), static_cast<const std::uint8_t*>(inputs),
         static_cast<std::uint8_t*>(outputs), static_cast<abi::InferenceResult*>(results), count});
}

EXPORT int LAUNCHER(proof_verify)(const void* ops, void* results, std::uint32_t count, void*) {
#if defined(TEST_PLUGIN_FAILS_LATER)
    if (count > 1) return fault(results);  // the probe asks for one
#else
    if (const int code = fault(results)) return code;
#endif
    const int code = cpu.proof_verify(static_cast<const abi::ProofVerifyOp*>(ops),
                                      static_cast<abi::ProofVerifyResult*>(results), count);
#if defined(TEST_PLUGIN_WRONG_BYTES)
    static_cast<std::uint8_t*>(results)[47] ^= 1;
#endif
    return code;
}
