#include "gpu/simd/simd_kernels.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "core/kernels/access.h"
#include "core/kernels/leaves.h"
#include "core/kernels/rules.h"

namespace aivm::gpu {
namespace {

// The leaf messages of one table, back to back, and room for their digests and the fold over them.
template <class Leaf>
struct LeafBatch {
    std::vector<Leaf> messages;
    std::vector<Hash32> digests, after;

    FoldChain hash(const BatchHasher& hasher) {
        digests.resize(messages.size());
        after.resize(messages.size());
        if (!messages.empty()) {
            hasher.hash_many(messages.front().data(), sizeof(Leaf), messages.size(),
                             digests.data());
        }
        return {Hash32{}, digests.data(), digests.size(), after.data()};
    }
    [[nodiscard]] Hash32 root() const { return after.empty() ? Hash32{} : after.back(); }
};

void gather_attestations(const EpochTables& tables, std::uint64_t now_ns,
                         LeafBatch<kernels::AttestationLeaf>& batch,
                         kernels::TableSummary& summary) {
    batch.messages.reserve(tables.attestation_count);
    for (std::uint32_t i = 0; i < tables.attestation_count; ++i) {
        auto slot = kernels::load(tables.attestations, i);
        if (slot.occupied == 0) continue;
        if (kernels::is_past(slot.expiry_ns, now_ns)) {
            slot.status |= abi::kAttestationExpired;
            kernels::store(tables.attestations, i, slot);
        }
        kernels::count_attestation(slot, summary);
        batch.messages.push_back(kernels::leaf_of(slot, i));
    }
}

template <class Entry, class Leaf>
std::uint32_t gather(const Entry* table, std::uint32_t count, LeafBatch<Leaf>& batch) {
    batch.messages.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        if (kernels::load_u32(table, i, offsetof(Entry, occupied)) == 0) continue;
        batch.messages.push_back(kernels::leaf_of(kernels::load(table, i), i));
    }
    return static_cast<std::uint32_t>(batch.messages.size());
}

}  // namespace

int SimdKernels::attestation_apply(const abi::AIVMRoundDescriptor* desc,
                                   const abi::AttestationOp* ops, abi::Attestation* table,
                                   std::uint32_t* applied, std::uint32_t slot_count) {
    return cpu_.attestation_apply(desc, ops, table, applied, slot_count);
}

int SimdKernels::provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                                  abi::ModelRegistryEntry* table, std::uint32_t* applied,
                                  std::uint32_t slot_count) {
    return cpu_.provenance_apply(desc, ops, table, applied, slot_count);
}

int SimdKernels::anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                              abi::AuditAnchor* table, std::uint32_t* applied,
                              std::uint32_t slot_count) {
    return cpu_.anchor_apply(desc, ops, table, applied, slot_count);
}

int SimdKernels::epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                                  abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) {
    if (!desc || !epoch || !result || !kernels::are_present(tables)) return abi::kInvalidArgument;
    const auto round = kernels::load(desc);
    kernels::TableSummary summary;
    LeafBatch<kernels::AttestationLeaf> attestations;
    LeafBatch<kernels::ModelLeaf> models;
    LeafBatch<kernels::AnchorLeaf> anchors;
    gather_attestations(tables, round.timestamp_ns, attestations, summary);
    summary.models = gather(tables.models, tables.model_count, models);
    summary.anchors = gather(tables.anchors, tables.anchor_count, anchors);
    const FoldChain chains[] = {attestations.hash(hasher_), models.hash(hasher_),
                                anchors.hash(hasher_)};
    hasher_.fold_many(chains);
    summary.attestation_root = attestations.root();
    summary.model_root = models.root();
    summary.anchor_root = anchors.root();
    kernels::finish_epoch(round, summary, epoch, result);
    return abi::kOk;
}

int SimdKernels::proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                              std::uint32_t op_count) {
    if (op_count == 0) return abi::kOk;
    if (!ops || !results) return abi::kInvalidArgument;
    constexpr std::uint32_t kMessages =
        64;  // messages and digests of a chunk stay in the first-level cache
    using Message = decltype(kernels::binding_message(*ops));
    std::array<Message, kMessages> messages;
    std::array<Hash32, kMessages> bindings;
    for (std::uint32_t begin = 0; begin < op_count;
         begin += std::min(kMessages, op_count - begin)) {
        const std::uint32_t count = std::min(kMessages, op_count - begin);
        for (std::uint32_t i = 0; i < count; ++i)
            messages[i] = kernels::binding_message(kernels::load(ops, begin + i));
        hasher_.hash_many(messages[0].data(), sizeof(Message), count, bindings.data());
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto op = kernels::load(ops, begin + i);
            abi::ProofVerifyResult result{};
            result.status = kernels::proof_status(op);
            result.kind = op.kind;
            std::memcpy(result.binding_hash, bindings[i].data(), bindings[i].size());
            kernels::store(results, begin + i, result);
        }
    }
    return abi::kOk;
}

}  // namespace aivm::gpu
