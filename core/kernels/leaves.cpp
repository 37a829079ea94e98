#include "core/kernels/leaves.h"

#include <cstring>

#include "core/base/digest.h"
#include "core/kernels/access.h"

namespace aivm::kernels {
namespace {

template <class T>
ByteView raw(const T& value) {
    return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

Hash32 state_root(const abi::AIVMRoundDescriptor& round, const TableSummary& summary,
                  std::uint64_t epoch) {
    return keccak256({raw(round.parent_aivm_root), summary.attestation_root.view(),
                      summary.model_root.view(), summary.anchor_root.view(), raw(epoch),
                      raw(summary.active), raw(summary.models), raw(summary.anchors)});
}

template <std::size_t N>
void put(std::uint8_t (&field)[N], const FixedBytes<N>& value) {
    std::memcpy(field, value.data(), N);
}

}  // namespace

AttestationLeaf leaf_of(const abi::Attestation& slot, std::uint32_t index) {
    constexpr std::size_t kSlotBytes = offsetof(abi::Attestation, occupied);
    static_assert(kSlotBytes == 136);
    const std::uint32_t expired = (slot.status & abi::kAttestationExpired) != 0 ? 1 : 0;
    AttestationLeaf leaf;
    std::memcpy(leaf.data(), &slot, kSlotBytes);
    std::memcpy(leaf.data() + 136, &expired, 4);
    std::memcpy(leaf.data() + 140, &index, 4);
    return leaf;
}

ModelLeaf leaf_of(const abi::ModelRegistryEntry& slot, std::uint32_t index) {
    static_assert(offsetof(abi::ModelRegistryEntry, _pad0) == 116 &&
                  offsetof(abi::ModelRegistryEntry, version) == 120);
    ModelLeaf leaf;
    std::memcpy(leaf.data(), &slot, 116);  // root, weights, licence, owner
    std::memcpy(leaf.data() + 116, &slot.version, 8);
    std::memcpy(leaf.data() + 124, &slot.parameter_count, 8);
    std::memcpy(leaf.data() + 132, &slot.modality, 4);
    std::memcpy(leaf.data() + 136, &index, 4);
    return leaf;
}

AnchorLeaf leaf_of(const abi::AuditAnchor& slot, std::uint32_t index) {
    constexpr std::size_t kSlotBytes = offsetof(abi::AuditAnchor, occupied);
    static_assert(kSlotBytes == 112);
    AnchorLeaf leaf;
    std::memcpy(leaf.data(), &slot, kSlotBytes);
    std::memcpy(leaf.data() + 112, &index, 4);
    return leaf;
}

void count_attestation(const abi::Attestation& slot, TableSummary& summary) {
    if ((slot.status & abi::kAttestationExpired) != 0) {
        ++summary.expired;
    } else if ((slot.status & abi::kAttestationVerified) != 0) {
        ++summary.active;
    }
}

void finish_epoch(const abi::AIVMRoundDescriptor& round, const TableSummary& summary,
                  abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) {
    auto state = load(epoch);
    if (round.closing_flag != 0) state.current_epoch = round.epoch + 1;
    const Hash32 root = state_root(round, summary, state.current_epoch);
    state.total_active_attestations = summary.active;
    state.active_model_count = summary.models;
    state.expired_attestation_count = summary.expired;
    put(state.attestation_root, summary.attestation_root);
    put(state.model_registry_root, summary.model_root);
    put(state.audit_root, summary.anchor_root);
    put(state.aivm_state_root, root);

    auto out = load(result);
    out.status = 1;
    out.active_attestations = summary.active;
    out.expired_attestations = summary.expired;
    out.model_count = summary.models;
    out.anchor_count = summary.anchors;
    out.epoch = state.current_epoch;
    out.total_models = summary.models;
    out.total_anchors = summary.anchors;
    put(out.attestation_root, summary.attestation_root);
    put(out.model_registry_root, summary.model_root);
    put(out.audit_root, summary.anchor_root);
    put(out.aivm_state_root, root);

    store(epoch, 0, state);
    store(result, 0, out);
}

}  // namespace aivm::kernels
