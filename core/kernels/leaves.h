// The messages that are hashed when the tables are folded into roots: the leaf messages and the
// final message. Integers are little-endian; a table's root is acc = keccak(acc || keccak(leaf))
// over its occupied slots in index order, from 32 zero bytes.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/kernels/abi.h"

namespace aivm::kernels {

using AttestationLeaf =
    std::array<std::uint8_t, 144>;  // slot bytes [0,136), expired flag u32, slot index u32
using ModelLeaf = std::array<std::uint8_t, 140>;   // root, weights, licence, owner, version,
                                                   // parameters, modality, index
using AnchorLeaf = std::array<std::uint8_t, 116>;  // slot bytes [0,112), slot index u32

// The slot as it is after expiry has been marked: the expired flag is its status bit.
AttestationLeaf leaf_of(const abi::Attestation& slot, std::uint32_t index);
ModelLeaf leaf_of(const abi::ModelRegistryEntry& slot, std::uint32_t index);
AnchorLeaf leaf_of(const abi::AuditAnchor& slot, std::uint32_t index);

// The results of folding the three tables.
struct TableSummary {
    Hash32 attestation_root, model_root, anchor_root;
    std::uint32_t active = 0;   // attestations verified and not expired
    std::uint32_t expired = 0;  // attestations with the expired bit
    std::uint32_t models = 0;
    std::uint32_t anchors = 0;
};

// Adds one occupied slot, marked already, to the two attestation counts.
void count_attestation(const abi::Attestation& slot, TableSummary& summary);

// The last step of epoch_transition: moves the epoch if the round closes it, hashes the state root
// (148 bytes), and writes the named fields of `epoch` and `result`, which may be aligned to 4 bytes
// only.
void finish_epoch(const abi::AIVMRoundDescriptor& round, const TableSummary& summary,
                  abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result);

}  // namespace aivm::kernels
