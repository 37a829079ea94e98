// The roots of the three tables, from which epoch_transition makes the state root.
#pragma once

#include <cstdint>

#include "core/kernels/kernels.h"
#include "core/kernels/leaves.h"
#include "gpu/simd/attestation_cache.h"
#include "gpu/simd/hash_pipeline.h"
#include "gpu/simd/table_cache.h"

namespace aivm::gpu {

// The folds of the three tables in one call. Their memory is kept for the next one.
struct EpochFolds {
    TableFold attestations, models, anchors;
};

// Folds whole tables; nothing that earlier calls left in `folds` is used.
kernels::TableSummary fold_whole_tables(const HashPipeline& pipeline, const EpochTables& tables,
                                        std::uint64_t now_ns, EpochFolds& folds);

// Folds what changed since its last call. Any tables may follow each other; the same ones are
// fastest. Holds a copy of them. Not thread safe.
class EpochCaches {
public:
    kernels::TableSummary fold(const HashPipeline& pipeline, const EpochTables& tables,
                               std::uint64_t now_ns, EpochFolds& folds);

private:
    void update(const EpochTables& tables, std::uint64_t now_ns, EpochFolds& folds);

    AttestationCache attestations_;
    TableCache<abi::ModelRegistryEntry> models_;
    TableCache<abi::AuditAnchor> anchors_;
    bool is_consistent_ = true;  // false after an exception: the next call starts with empty caches
};

}  // namespace aivm::gpu
