// The kernel registries of one VM state: three tables and the epoch they belong to, as a value.
//
// Copying takes three reference counts; a table is copied when one of its holders changes it. Every
// operation goes through a Kernels, and its result equals, byte for byte, that of the four
// canonical kernels on the whole tables.
//   1. A non-zero return code means that nothing changed.
//   2. Anchors fill the table of anchors from the bottom, so it is only as long as needed: slots
//      beyond its end are free.
// Not thread safe: a KernelTables and all its copies belong to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/kernels/kernels.h"
#include "core/kernels/shared_table.h"

namespace aivm {

// Slots per table. The counts of hash tables should be powers of two: otherwise some slots are
// never used.
struct KernelTableSizes {
    std::uint32_t attestations = 1024;
    std::uint32_t models = 512;
    std::uint32_t anchors = 4096;
};

// The effect that one operation would have on the current tables.
enum class KernelVerdict : std::uint8_t {
    kApplies,
    kMalformed,     // a key, root or hash that must not be zero is, or the kind is unknown
    kTableFull,     // a new entry that the kernel would silently drop
    kUnknownModel,  // a change to a model that is not registered
    kNotSuccessor,  // an anchor that does not continue the last one
};

struct KernelOutcome {
    int code = abi::kOk;                 // abi::ReturnCode; when not kOk nothing changed
    std::uint32_t applied = 0;           // operations that took effect
    std::vector<std::uint32_t> changed;  // slots written, ascending, each once
};

class KernelTables {
public:
    explicit KernelTables(const KernelTableSizes& sizes);

    // Applies operations in order. The operation count of `desc` is taken from `ops`; its
    // timestamp_ns decides expiry.
    KernelOutcome apply_attestations(Kernels& kernels, const abi::AIVMRoundDescriptor& desc,
                                     std::span<const abi::AttestationOp> ops);
    KernelOutcome apply_models(Kernels& kernels, const abi::AIVMRoundDescriptor& desc,
                               std::span<const abi::ModelOp> ops);
    KernelOutcome apply_anchors(Kernels& kernels, const abi::AIVMRoundDescriptor& desc,
                                std::span<const abi::AnchorOp> ops);

    // epoch_transition: marks what has expired (those attestation slots are `changed`), folds the
    // roots, updates epoch() and `result`. Costs one 148-byte hash when nothing changed or expired
    // since the last close.
    KernelOutcome close_round(Kernels& kernels, const abi::AIVMRoundDescriptor& desc,
                              abi::AIVMTransitionResult& result);

    // Rebuilds a registry without the entries that `keep` rejects: the others are inserted into an
    // empty table in the order of their slots. Returns the slots whose bytes changed, ascending.
    std::vector<std::uint32_t> rebuild_attestations(
        const std::function<bool(const abi::Attestation&)>& keep);
    std::vector<std::uint32_t> rebuild_models(
        const std::function<bool(const abi::ModelRegistryEntry&)>& keep);
    // Frees every anchor's slot. Returns the slots that were taken.
    std::vector<std::uint32_t> clear_anchors();
    [[nodiscard]] bool anchors_are_full() const;

    // The effect that applying `op` now would have, so that the VM can refuse an operation that a
    // kernel would drop. Changes nothing.
    [[nodiscard]] KernelVerdict check(const abi::AttestationOp& op) const;
    [[nodiscard]] KernelVerdict check(const abi::ModelOp& op) const;
    [[nodiscard]] KernelVerdict check(const abi::AnchorOp& op) const;

    // The entry with this key, or null; valid until this object changes.
    [[nodiscard]] const abi::ModelRegistryEntry* find_model(const Hash32& model_root) const;

    [[nodiscard]] std::span<const abi::Attestation> attestations() const {
        return attestations_.slots();
    }
    [[nodiscard]] std::span<const abi::ModelRegistryEntry> models() const {
        return models_.slots();
    }
    [[nodiscard]] std::span<const abi::AuditAnchor> anchors() const { return anchors_.slots(); }
    [[nodiscard]] const abi::AIVMEpochState& epoch() const { return epoch_; }
    [[nodiscard]] const KernelTableSizes& sizes() const { return sizes_; }

    // Loads a stored slot. kMalformed when the table has no such slot.
    Status load_slot(std::uint32_t index, const abi::Attestation& slot);
    Status load_slot(std::uint32_t index, const abi::ModelRegistryEntry& slot);
    Status load_slot(std::uint32_t index, const abi::AuditAnchor& slot);
    void load_epoch(const abi::AIVMEpochState& epoch) { epoch_ = epoch; }

private:
    // The result of a scan of all attestations. Valid until the table changes or next_expiry_ns.
    struct AttestationTotals {
        bool stale = true;
        std::uint64_t next_expiry_ns = 0;  // the earliest of those not marked expired yet; 0: none
        std::uint32_t active = 0;
        std::uint32_t expired = 0;
    };

    KernelOutcome close_whole(Kernels& kernels, const abi::AIVMRoundDescriptor& desc,
                              abi::AIVMTransitionResult& result);
    std::vector<std::uint32_t> mark_expired(std::uint64_t now_ns);
    void scan_attestations();
    void reserve_anchors(std::size_t extra);

    KernelTableSizes sizes_;
    SharedTable<abi::Attestation> attestations_;
    SharedTable<abi::ModelRegistryEntry> models_;
    SharedTable<abi::AuditAnchor> anchors_;
    abi::AIVMEpochState epoch_{};
    AttestationTotals totals_;
};

}  // namespace aivm
