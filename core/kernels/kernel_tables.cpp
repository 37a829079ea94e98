#include "core/kernels/kernel_tables.h"

#include <fmt/format.h>
#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "core/kernels/leaves.h"
#include "core/kernels/rules.h"
#include "core/kernels/slot_search.h"

namespace aivm {
namespace {

constexpr std::uint32_t kFirstAnchorSlots = 64;

void sort_unique(std::vector<std::uint32_t>& slots) {
    std::sort(slots.begin(), slots.end());
    slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
}

const std::uint8_t* key_of(const abi::AttestationOp& op) { return op.tee_quote_digest; }
const std::uint8_t* key_of(const abi::ModelOp& op) { return op.model_root; }

template <class Entry>
std::optional<kernels::SlotMatch> place_for(std::span<const Entry> table, const std::uint8_t* key) {
    if (table.empty()) return std::nullopt;
    return kernels::find_slot(table.data(), static_cast<std::uint32_t>(table.size()), key);
}

// The slots that well-formed operations wrote. No entry is ever removed and an insertion uses the
// first free slot of its probe, so that looking up the keys afterwards finds exactly these slots.
template <class Entry, class Op>
std::vector<std::uint32_t> written_slots(std::span<const Entry> table, std::span<const Op> ops) {
    std::vector<std::uint32_t> written;
    for (const Op& op : ops) {
        if (!kernels::is_well_formed(op)) continue;
        const auto place = place_for(table, key_of(op));
        if (place && place->known) written.push_back(place->index);
    }
    sort_unique(written);
    return written;
}

template <class Entry, class Op, class Kernel>
KernelOutcome apply_to(SharedTable<Entry>& table, std::span<const Op> ops, Kernel kernel) {
    KernelOutcome outcome;
    outcome.code = kernel(ops.data(), table.writable(), &outcome.applied, table.count());
    if (outcome.code != abi::kOk) return outcome;
    outcome.changed = written_slots(table.slots(), ops);
    for (const std::uint32_t index : outcome.changed) table.mark_dirty(index);
    return outcome;
}

const std::uint8_t* key_of(const abi::Attestation& slot) { return slot.tee_quote_digest; }
const std::uint8_t* key_of(const abi::ModelRegistryEntry& slot) { return slot.model_root; }

template <class Entry, class Keep>
std::vector<std::uint32_t> rebuild(SharedTable<Entry>& table, Keep&& keep) {
    std::vector<Entry> fresh(table.count());
    for (const Entry& slot : table.slots()) {
        if (slot.occupied == 0 || !keep(slot)) continue;
        const auto place = place_for(std::span<const Entry>(fresh), key_of(slot));
        if (place) fresh[place->index] = slot;  // there is room: it has as many slots
    }
    std::vector<std::uint32_t> changed;
    for (std::uint32_t i = 0; i < table.count(); ++i) {
        if (std::memcmp(&fresh[i], &table.slots()[i], sizeof(Entry)) != 0) changed.push_back(i);
    }
    for (const std::uint32_t index : changed) {
        table.writable()[index] = fresh[index];
        table.mark_dirty(index);
    }
    return changed;
}

template <class Entry>
const Entry* find_entry(std::span<const Entry> table, const std::uint8_t* key) {
    const auto place = place_for(table, key);
    return place && place->known ? &table[place->index] : nullptr;
}

template <class Entry>
Status put_slot(SharedTable<Entry>& table, std::uint32_t index, const Entry& slot,
                const char* name) {
    if (index >= table.count()) {
        return fail(ErrorCode::kMalformed, fmt::format("slot {} of the {} table, which has {}",
                                                       index, name, table.count()));
    }
    table.writable()[index] = slot;
    table.mark_dirty(index);
    return {};
}

}  // namespace

KernelTables::KernelTables(const KernelTableSizes& sizes)
    : sizes_(sizes),
      attestations_(sizes.attestations),
      models_(sizes.models),
      anchors_(std::min(sizes.anchors, kFirstAnchorSlots)) {}

KernelOutcome KernelTables::apply_attestations(Kernels& kernels,
                                               const abi::AIVMRoundDescriptor& desc,
                                               std::span<const abi::AttestationOp> ops) {
    if (ops.empty()) return {};
    auto round = desc;
    round.attestation_op_count = static_cast<std::uint32_t>(ops.size());
    auto outcome = apply_to(attestations_, ops, [&](auto... arguments) {
        return kernels.attestation_apply(&round, arguments...);
    });
    if (!outcome.changed.empty()) totals_.stale = true;
    return outcome;
}

KernelOutcome KernelTables::apply_models(Kernels& kernels, const abi::AIVMRoundDescriptor& desc,
                                         std::span<const abi::ModelOp> ops) {
    if (ops.empty()) return {};
    auto round = desc;
    round.model_op_count = static_cast<std::uint32_t>(ops.size());
    return apply_to(models_, ops, [&](auto... arguments) {
        return kernels.provenance_apply(&round, arguments...);
    });
}

KernelOutcome KernelTables::apply_anchors(Kernels& kernels, const abi::AIVMRoundDescriptor& desc,
                                          std::span<const abi::AnchorOp> ops) {
    if (ops.empty()) return {};
    auto round = desc;
    round.anchor_op_count = static_cast<std::uint32_t>(ops.size());
    reserve_anchors(ops.size());
    const std::uint32_t cursor =
        kernels::first_free_slot(anchors_.slots().data(), anchors_.count());
    KernelOutcome outcome;
    outcome.code = kernels.anchor_apply(&round, ops.data(), anchors_.writable(), &outcome.applied,
                                        anchors_.count());
    if (outcome.code != abi::kOk) return outcome;
    for (std::uint32_t i = 0; i < outcome.applied; ++i) {
        outcome.changed.push_back(cursor + i);
        anchors_.mark_dirty(cursor + i);
    }
    return outcome;
}

// Adds slots for `extra` anchors above the first free one, up to the configured size.
void KernelTables::reserve_anchors(std::size_t extra) {
    const std::uint64_t wanted =
        kernels::first_free_slot(anchors_.slots().data(), anchors_.count()) + extra;
    if (wanted <= anchors_.count()) return;
    anchors_.grow(
        static_cast<std::uint32_t>(std::min<std::uint64_t>(std::bit_ceil(wanted), sizes_.anchors)));
}

KernelOutcome KernelTables::close_round(Kernels& kernels, const abi::AIVMRoundDescriptor& desc,
                                        abi::AIVMTransitionResult& result) {
    if (kernels.wants_whole_tables()) return close_whole(kernels, desc, result);
    KernelOutcome outcome;
    outcome.changed = mark_expired(desc.timestamp_ns);
    const BatchHasher& hasher = kernels.hasher();
    const EpochCache::Fold folds[] = {attestations_.begin_refresh(hasher),
                                      models_.begin_refresh(hasher),
                                      anchors_.begin_refresh(hasher)};
    const FoldChain chains[] = {folds[0].chain, folds[1].chain, folds[2].chain};
    hasher.fold_many(chains);
    attestations_.end_refresh(folds[0]);
    models_.end_refresh(folds[1]);
    anchors_.end_refresh(folds[2]);

    kernels::TableSummary summary;
    summary.attestation_root = attestations_.cache().root();
    summary.model_root = models_.cache().root();
    summary.anchor_root = anchors_.cache().root();
    summary.active = totals_.active;
    summary.expired = totals_.expired;
    summary.models = models_.cache().occupied_count();
    summary.anchors = anchors_.cache().occupied_count();
    kernels::finish_epoch(desc, summary, &epoch_, &result);
    return outcome;
}

// The kernel sees whole tables and the caches are left for a later close to refresh.
KernelOutcome KernelTables::close_whole(Kernels& kernels, const abi::AIVMRoundDescriptor& desc,
                                        abi::AIVMTransitionResult& result) {
    const auto before = attestations_;
    const EpochTables tables{attestations_.writable(), models_.slots().data(),
                             anchors_.slots().data(),  attestations_.count(),
                             models_.count(),          anchors_.count()};
    KernelOutcome outcome;
    outcome.code = kernels.epoch_transition(&desc, tables, &epoch_, &result);
    if (outcome.code != abi::kOk) {
        attestations_ = before;
        return outcome;
    }
    for (std::uint32_t i = 0; i < before.count(); ++i) {
        if (before.slots()[i].status == attestations_.slots()[i].status) continue;
        outcome.changed.push_back(i);
        attestations_.mark_dirty(i);
    }
    if (outcome.changed.empty()) {
        attestations_ = before;  // share again
    } else {
        totals_.stale = true;
    }
    return outcome;
}

// Sets the expired bit where it is due and brings the totals up to date; returns the slots it
// changed.
std::vector<std::uint32_t> KernelTables::mark_expired(std::uint64_t now_ns) {
    std::vector<std::uint32_t> marked;
    if (!totals_.stale && !kernels::is_past(totals_.next_expiry_ns, now_ns)) return marked;
    for (std::uint32_t i = 0; i < attestations_.count(); ++i) {
        const abi::Attestation& slot = attestations_.slots()[i];
        if (slot.occupied == 0 || (slot.status & abi::kAttestationExpired) != 0) continue;
        if (kernels::is_past(slot.expiry_ns, now_ns)) marked.push_back(i);
    }
    for (const std::uint32_t index : marked) {
        attestations_.writable()[index].status |= abi::kAttestationExpired;
        attestations_.mark_dirty(index);
    }
    scan_attestations();
    return marked;
}

void KernelTables::scan_attestations() {
    kernels::TableSummary summary;
    std::uint64_t next_ns = 0;
    for (const abi::Attestation& slot : attestations_.slots()) {
        if (slot.occupied == 0) continue;
        kernels::count_attestation(slot, summary);
        if ((slot.status & abi::kAttestationExpired) != 0 || slot.expiry_ns == 0) continue;
        if (next_ns == 0 || slot.expiry_ns < next_ns) next_ns = slot.expiry_ns;
    }
    totals_ = {false, next_ns, summary.active, summary.expired};
}

std::vector<std::uint32_t> KernelTables::rebuild_attestations(
    const std::function<bool(const abi::Attestation&)>& keep) {
    auto changed = rebuild(attestations_, keep);
    if (!changed.empty()) totals_.stale = true;
    return changed;
}

std::vector<std::uint32_t> KernelTables::rebuild_models(
    const std::function<bool(const abi::ModelRegistryEntry&)>& keep) {
    return rebuild(models_, keep);
}

std::vector<std::uint32_t> KernelTables::clear_anchors() {
    std::vector<std::uint32_t> taken;
    for (std::uint32_t i = 0; i < anchors_.count(); ++i) {
        if (anchors_.slots()[i].occupied != 0) taken.push_back(i);
    }
    anchors_ = SharedTable<abi::AuditAnchor>(anchors_.count());
    return taken;
}

bool KernelTables::anchors_are_full() const {
    return kernels::first_free_slot(anchors().data(), anchors_.count()) >= sizes_.anchors;
}

KernelVerdict KernelTables::check(const abi::AttestationOp& op) const {
    if (!kernels::is_well_formed(op)) return KernelVerdict::kMalformed;
    return place_for(attestations(), key_of(op)) ? KernelVerdict::kApplies
                                                 : KernelVerdict::kTableFull;
}

KernelVerdict KernelTables::check(const abi::ModelOp& op) const {
    if (!kernels::is_well_formed(op)) return KernelVerdict::kMalformed;
    const auto place = place_for(models(), key_of(op));
    if (place && place->known) return KernelVerdict::kApplies;
    if (op.kind != abi::kRegister) return KernelVerdict::kUnknownModel;
    return place ? KernelVerdict::kApplies : KernelVerdict::kTableFull;
}

KernelVerdict KernelTables::check(const abi::AnchorOp& op) const {
    if (!kernels::is_well_formed(op)) return KernelVerdict::kMalformed;
    const std::uint32_t cursor = kernels::first_free_slot(anchors().data(), anchors_.count());
    if (cursor >= sizes_.anchors) return KernelVerdict::kTableFull;
    if (cursor > 0 && !kernels::continues(anchors()[cursor - 1], op))
        return KernelVerdict::kNotSuccessor;
    return KernelVerdict::kApplies;
}

const abi::ModelRegistryEntry* KernelTables::find_model(const Hash32& model_root) const {
    return find_entry(models(), model_root.data());
}

Status KernelTables::load_slot(std::uint32_t index, const abi::Attestation& slot) {
    totals_.stale = true;
    return put_slot(attestations_, index, slot, "attestation");
}

Status KernelTables::load_slot(std::uint32_t index, const abi::ModelRegistryEntry& slot) {
    return put_slot(models_, index, slot, "model");
}

Status KernelTables::load_slot(std::uint32_t index, const abi::AuditAnchor& slot) {
    if (index >= anchors_.count() && index < sizes_.anchors) {
        anchors_.grow(std::min(std::bit_ceil(index + 1), sizes_.anchors));
    }
    return put_slot(anchors_, index, slot, "anchor");
}

}  // namespace aivm
