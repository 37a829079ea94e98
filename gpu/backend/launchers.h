// The C functions that a plugin exports, as published: host pointers in, 0 or an abi::ReturnCode
// out. Each uploads, runs and downloads; the last argument is a stream handle, null here.
#pragma once

#include <cstdint>

namespace aivm::gpu {

using ApplyLauncher = int (*)(const void* desc, const void* ops, void* table, void* applied,
                              std::uint32_t slot_count, void* stream);
using EpochLauncher = int (*)(const void* desc, void* attestations, void* models, void* anchors,
                              void* epoch, void* result, std::uint32_t attestation_count,
                              std::uint32_t model_count, std::uint32_t anchor_count, void* stream);
using InferenceLauncher = int (*)(const void* weights, const void* ops, const void* inputs,
                                  void* outputs, void* results, std::uint32_t op_count,
                                  void* stream);
using ProofLauncher = int (*)(const void* ops, void* results, std::uint32_t op_count, void* stream);

// The symbol of each is lux_<kind>_aivm_<member>.
struct Launchers {
    ApplyLauncher attestation_apply = nullptr;
    ApplyLauncher provenance_apply = nullptr;
    ApplyLauncher anchor_apply = nullptr;
    EpochLauncher epoch_transition = nullptr;
    InferenceLauncher inference_step = nullptr;
    ProofLauncher proof_verify = nullptr;
};

}  // namespace aivm::gpu
