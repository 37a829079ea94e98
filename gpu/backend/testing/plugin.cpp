// A plugin for the tests: exports the launchers of one kind over the canonical kernels, with one
// fault built in. TEST_PLUGIN_KIND is the kind; at most one of these is defined:
//   TEST_PLUGIN_MISSING_LAUNCHER   lacks anchor_apply
//   TEST_PLUGIN_NO_DEVICE          returns 3 from every launcher
//   TEST_PLUGIN_OTHER_ABI          reads and writes proofs in another layout
//   TEST_PLUGIN_CRASHES            reads address 8 in proof_verify
//   TEST_PLUGIN_CRASHES_ON_LOAD    aborts in a constructor
//   TEST_PLUGIN_HANGS              never returns from proof_verify
//   TEST_PLUGIN_EXITS              ends the process in proof_verify
//   TEST_PLUGIN_LIES               sets a wrong bit in the state root, and in nothing else
//   TEST_PLUGIN_NAMED              exports a device name
//   TEST_PLUGIN_FAILS_LATER        works until AIVM_TEST_PLUGIN_FAILS is set in the environment, or
//                                  for the first AIVM_TEST_PLUGIN_FAILS_AFTER calls in a process
// Each also writes a line into the file AIVM_TEST_PLUGIN_LOG, if it is set, whenever it is loaded.
#include <fcntl.h>
#include <unistd.h>
#include <cstdlib>
#include <cstring>

#include "core/kernels/kernels.h"

#define JOIN_INNER(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_INNER(a, b, c)
#define LAUNCHER(kernel) JOIN(lux_, TEST_PLUGIN_KIND, _aivm_##kernel)
#define EXPORT extern "C" __attribute__((visibility("default")))

using namespace aivm;

namespace {

CpuKernels cpu;

__attribute__((constructor)) void log_load() {
    const char* path = std::getenv("AIVM_TEST_PLUGIN_LOG");
    const int file = path == nullptr ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (file < 0) return;
    const bool written = write(file, "loaded\n", 7) == 7;
    if (close(file) != 0 || !written) std::abort();
}

#if defined(TEST_PLUGIN_FAILS_LATER)
bool fails_now() {
    if (std::getenv("AIVM_TEST_PLUGIN_FAILS") != nullptr) return true;
    static int calls = 0;
    const char* after = std::getenv("AIVM_TEST_PLUGIN_FAILS_AFTER");
    return after != nullptr && ++calls > std::atoi(after);
}
#endif

// The built-in fault of the launchers: kOk, or the code to return at once.
int fault([[maybe_unused]] void* output) {
#if defined(TEST_PLUGIN_NO_DEVICE)
    return abi::kNotSupported;
#elif defined(TEST_PLUGIN_FAILS_LATER)
    if (!fails_now()) return abi::kOk;
    std::memset(output, 0x5A, 4);  // breaks the rule that a failure writes nothing
    return abi::kDeviceLost;
#else
    return abi::kOk;
#endif
}

// The built-in fault of proof_verify, the first kernel that the loader calls.
void misbehave() {
#if defined(TEST_PLUGIN_CRASHES)
    *reinterpret_cast<volatile int*>(8) = 0;
#elif defined(TEST_PLUGIN_HANGS)
    for (;;) pause();
#elif defined(TEST_PLUGIN_EXITS)
    _exit(0);
#endif
}

#if defined(TEST_PLUGIN_CRASHES_ON_LOAD)
__attribute__((constructor)) void crash() { std::abort(); }
#endif

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
    auto* state = static_cast<abi::AIVMEpochState*>(epoch);
    const int code =
        cpu.epoch_transition(static_cast<const abi::AIVMRoundDescriptor*>(desc), tables, state,
                             static_cast<abi::AIVMTransitionResult*>(result));
#if defined(TEST_PLUGIN_LIES)
    state->aivm_state_root[31] ^= 1;
#endif
    return code;
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
    misbehave();
    if (const int code = fault(results)) return code;
#if defined(TEST_PLUGIN_OTHER_ABI)
    abi::ProofVerifyOp shifted{};  // as if its ABI had another field at the front
    std::memcpy(&shifted, static_cast<const std::uint8_t*>(ops) + 8, sizeof shifted - 8);
    ops = &shifted;
    count = 1;
#endif
    return cpu.proof_verify(static_cast<const abi::ProofVerifyOp*>(ops),
                            static_cast<abi::ProofVerifyResult*>(results), count);
}

#if defined(TEST_PLUGIN_NAMED)
EXPORT const char* LAUNCHER(device_name)() { return "Test Device 9000"; }
#endif
