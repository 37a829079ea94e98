// The kernels' tables as shared/spec/kernels.md describes them, slot by slot.
#include <cstring>

#include "core/base/digest.h"
#include "core/reference/reference_chain.h"

namespace aivm::reference {
namespace {

constexpr std::uint32_t kVerified = 0x2;  // bits of abi::Attestation::status
constexpr std::uint32_t kExpired = 0x4;

const std::uint8_t* key_in(const abi::Attestation& slot) { return slot.tee_quote_digest; }
const std::uint8_t* key_in(const abi::ModelRegistryEntry& slot) { return slot.model_root; }

std::uint64_t little_endian(const std::uint8_t* bytes) {
    std::uint64_t value = 0;
    for (int i = 7; i >= 0; --i) value = value << 8 | bytes[i];
    return value;
}

// Integers enter a kernel's hash little-endian.
class LittleEndian {
public:
    LittleEndian& raw(const void* bytes, std::size_t count) {
        const auto* from = static_cast<const std::uint8_t*>(bytes);
        out_.insert(out_.end(), from, from + count);
        return *this;
    }
    LittleEndian& u32(std::uint64_t value) { return number(value, 4); }
    LittleEndian& u64(std::uint64_t value) { return number(value, 8); }
    [[nodiscard]] const Bytes& bytes() const { return out_; }

private:
    LittleEndian& number(std::uint64_t value, int count) {
        for (int i = 0; i < count; ++i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
        return *this;
    }
    Bytes out_;
};

// acc = keccak(acc || keccak(leaf)) over the occupied slots, in order.
class Fold {
public:
    void add(const LittleEndian& leaf) {
        acc_ = keccak256({acc_.view(), keccak256(leaf.bytes()).view()});
        count_ += 1;
    }
    [[nodiscard]] const Hash32& root() const { return acc_; }
    [[nodiscard]] std::uint32_t count() const { return count_; }

private:
    Hash32 acc_;
    std::uint32_t count_ = 0;
};

Fold fold_models(const std::vector<abi::ModelRegistryEntry>& table) {
    Fold fold;
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        const abi::ModelRegistryEntry& slot = table[i];
        if (slot.occupied == 0) continue;
        fold.add(LittleEndian()
                     .raw(slot.model_root, 32)
                     .raw(slot.weight_hash, 32)
                     .raw(slot.license_root, 32)
                     .raw(slot.owner_addr, 20)
                     .u64(slot.version)
                     .u64(slot.parameter_count)
                     .u32(slot.modality)
                     .u32(i));
    }
    return fold;
}

Fold fold_anchors(const std::vector<abi::AuditAnchor>& table) {
    Fold fold;
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        if (table[i].occupied != 0) fold.add(LittleEndian().raw(&table[i], 112).u32(i));
    }
    return fold;
}

}  // namespace

// The slot with this key, or the free one where it would be inserted; nothing if the table is full.
template <class Slot>
std::optional<std::uint32_t> place_in(const std::vector<Slot>& table, const Hash32& key) {
    if (table.empty()) return std::nullopt;
    const std::uint64_t h = (0xcbf29ce484222325ULL ^ little_endian(key.data())) * 0x100000001b3ULL;
    const auto mask = static_cast<std::uint32_t>(table.size() - 1);
    std::uint32_t at = static_cast<std::uint32_t>(h) & mask;
    for (std::size_t probe = 0; probe < table.size(); ++probe) {
        const Slot& slot = table[at];
        if (slot.occupied == 0 || std::memcmp(key_in(slot), key.data(), 32) == 0) return at;
        at = (at + 1) & mask;
    }
    return std::nullopt;
}
template std::optional<std::uint32_t> place_in(const std::vector<abi::Attestation>&, const Hash32&);
template std::optional<std::uint32_t> place_in(const std::vector<abi::ModelRegistryEntry>&,
                                               const Hash32&);

bool has_place(const Registries& registries, const Hash32& model_root) {
    return place_in(registries.models, model_root).has_value();
}

bool is_registered(const Registries& registries, const Hash32& model_root) {
    const auto at = place_in(registries.models, model_root);
    return at && registries.models[*at].occupied != 0;
}

// 0 registers, 1 updates weights, 2 the licence, 3 the owner.
void write_model(Registries& registries, const abi::ModelOp& operation) {
    Hash32 root;
    std::memcpy(root.data(), operation.model_root, 32);
    abi::ModelRegistryEntry& slot = registries.models[*place_in(registries.models, root)];
    if (operation.kind == 0) {
        if (slot.occupied == 0) slot = {};
        slot.occupied = 1;
        std::memcpy(slot.model_root, operation.model_root, 32);
        slot.version = 1;
        slot.parameter_count = operation.parameter_count;
        slot.modality = operation.modality;
    }
    if (operation.kind == 1) {
        if (slot.version != ~std::uint64_t{0}) slot.version += 1;
        if (operation.parameter_count != 0) slot.parameter_count = operation.parameter_count;
    }
    if (operation.kind == 0 || operation.kind == 1)
        std::memcpy(slot.weight_hash, operation.weight_hash, 32);
    if (operation.kind == 0 || operation.kind == 2)
        std::memcpy(slot.license_root, operation.license_root, 32);
    if (operation.kind == 0 || operation.kind == 3)
        std::memcpy(slot.owner_addr, operation.owner_addr, 20);
}

bool has_attestation_place(const Registries& registries, const Hash32& key) {
    return place_in(registries.attestations, key).has_value();
}

void write_attestation(Registries& registries, const Hash32& key,
                       const abi::AttestationOp& operation, TimestampNs now_ns) {
    abi::Attestation& slot = registries.attestations[*place_in(registries.attestations, key)];
    if (slot.occupied == 0) {
        slot = {};
        slot.occupied = 1;
        std::memcpy(slot.tee_quote_digest, key.data(), 32);
    }
    std::memcpy(slot.measurement, operation.measurement, 32);
    std::memcpy(slot.attesting_key, operation.attesting_key, 48);
    slot.expiry_ns = operation.expiry_ns;
    slot.kind = operation.kind;
    slot.evidence_offset = operation.evidence_offset;
    slot.evidence_len = operation.evidence_len;
    const bool expired = operation.expiry_ns != 0 && operation.expiry_ns <= now_ns;
    slot.status = expired ? kVerified | kExpired : kVerified;
}

void transition_epoch(Registries& registries, const RoundFacts& round) {
    abi::AIVMEpochState& epoch = registries.epoch;
    Fold attestations;
    std::uint32_t active = 0;
    std::uint32_t expired = 0;
    for (std::uint32_t i = 0; i < registries.attestations.size(); ++i) {
        abi::Attestation& slot = registries.attestations[i];
        if (slot.occupied == 0) continue;
        if (slot.expiry_ns != 0 && slot.expiry_ns <= round.now_ns) slot.status |= kExpired;
        const bool is_expired = (slot.status & kExpired) != 0;
        if (is_expired) expired += 1;
        if (!is_expired && (slot.status & kVerified) != 0) active += 1;
        attestations.add(LittleEndian().raw(&slot, 136).u32(is_expired ? 1 : 0).u32(i));
    }
    const Fold models = fold_models(registries.models);
    const Fold anchors = fold_anchors(registries.anchors);
    if (round.closes) epoch.current_epoch = round.epoch + 1;
    const Hash32 root = keccak256(LittleEndian()
                                      .raw(epoch.aivm_state_root, 32)
                                      .raw(attestations.root().data(), 32)
                                      .raw(models.root().data(), 32)
                                      .raw(anchors.root().data(), 32)
                                      .u64(epoch.current_epoch)
                                      .u32(active)
                                      .u32(models.count())
                                      .u32(anchors.count())
                                      .bytes());
    epoch.total_active_attestations = active;
    epoch.expired_attestation_count = expired;
    epoch.active_model_count = models.count();
    std::memcpy(epoch.attestation_root, attestations.root().data(), 32);
    std::memcpy(epoch.model_registry_root, models.root().data(), 32);
    std::memcpy(epoch.audit_root, anchors.root().data(), 32);
    std::memcpy(epoch.aivm_state_root, root.data(), 32);
}

}  // namespace aivm::reference
