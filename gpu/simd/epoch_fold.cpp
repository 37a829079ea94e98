#include "gpu/simd/epoch_fold.h"

#include "gpu/simd/expiry.h"
#include "gpu/simd/leaf_queue.h"

namespace aivm::gpu {
namespace {

// Folds the three tables side by side; their stale leaves are read from `slots`.
template <class Slots>
void run(const HashPipeline& pipeline, const Slots& slots, EpochFolds& folds) {
    const FoldChain chains[] = {folds.attestations.chain(), folds.models.chain(),
                                folds.anchors.chain()};
    LeafQueue leaves;
    leaves.add(folds.attestations, slots.attestations);
    leaves.add(folds.models, slots.models);
    leaves.add(folds.anchors, slots.anchors);
    pipeline.fold(chains, leaves);
}

template <class Entry>
std::uint32_t add_occupied(const Entry* table, std::uint32_t count, TableFold& fold) {
    fold.reset(Hash32{}, count);
    for (std::uint32_t i = 0; i < count; ++i) {
        if (kernels::load_u32(table, i, offsetof(Entry, occupied)) != 0) fold.add_stale(i);
    }
    return static_cast<std::uint32_t>(fold.slots().size());
}

void add_attestations(const EpochTables& tables, std::uint64_t now_ns, TableFold& fold,
                      kernels::TableSummary& summary) {
    fold.reset(Hash32{}, tables.attestation_count);
    for (std::uint32_t i = 0; i < tables.attestation_count; ++i) {
        auto slot = kernels::load(tables.attestations, i);
        if (slot.occupied == 0) continue;
        mark_if_due(tables.attestations, i, slot, now_ns);
        kernels::count_attestation(slot, summary);
        fold.add_stale(i);
    }
}

template <class Entry>
void take_differences(TableCache<Entry>& cache, const Entry* table, std::uint32_t count) {
    cache.resize(count);
    cache.for_each_difference(
        table, [&](std::uint32_t index) { cache.put(index, kernels::load(table, index)); });
}

}  // namespace

kernels::TableSummary fold_whole_tables(const HashPipeline& pipeline, const EpochTables& tables,
                                        std::uint64_t now_ns, EpochFolds& folds) {
    kernels::TableSummary summary;
    add_attestations(tables, now_ns, folds.attestations, summary);
    summary.models = add_occupied(tables.models, tables.model_count, folds.models);
    summary.anchors = add_occupied(tables.anchors, tables.anchor_count, folds.anchors);
    run(pipeline, tables, folds);
    summary.attestation_root = folds.attestations.root();
    summary.model_root = folds.models.root();
    summary.anchor_root = folds.anchors.root();
    return summary;
}

void EpochCaches::update(const EpochTables& tables, std::uint64_t now_ns, EpochFolds& folds) {
    attestations_.update(tables.attestations, tables.attestation_count, now_ns);
    take_differences(models_, tables.models, tables.model_count);
    take_differences(anchors_, tables.anchors, tables.anchor_count);
    attestations_.slots().begin_fold(folds.attestations);
    models_.begin_fold(folds.models);
    anchors_.begin_fold(folds.anchors);
}

kernels::TableSummary EpochCaches::fold(const HashPipeline& pipeline, const EpochTables& tables,
                                        std::uint64_t now_ns, EpochFolds& folds) {
    struct Slots {
        const abi::Attestation* attestations;
        const abi::ModelRegistryEntry* models;
        const abi::AuditAnchor* anchors;
    };
    if (!is_consistent_) *this = {};
    is_consistent_ = false;
    update(tables, now_ns, folds);
    run(pipeline, Slots{attestations_.slots().slots(), models_.slots(), anchors_.slots()}, folds);
    attestations_.slots().end_fold(folds.attestations);
    models_.end_fold(folds.models);
    anchors_.end_fold(folds.anchors);
    is_consistent_ = true;
    return {attestations_.slots().root(), models_.root(),          anchors_.root(),
            attestations_.active(),       attestations_.expired(), models_.occupied_count(),
            anchors_.occupied_count()};
}

}  // namespace aivm::gpu
