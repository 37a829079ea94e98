// Keccak-256 of many messages side by side, in the width that the CPU offers. The same digests as
// ScalarHasher.
#pragma once

#include "core/kernels/batch_hasher.h"
#include "gpu/simd/hash_pipeline.h"

namespace aivm::gpu {

class SimdHasher final : public BatchHasher {
public:
    // `width` must be one of supported_widths(); a broken assumption otherwise.
    explicit SimdHasher(KeccakWidth width = best_width());

    [[nodiscard]] KeccakWidth width() const { return width_; }
    [[nodiscard]] const HashPipeline& pipeline() const { return pipeline_; }

    void hash_many(const std::uint8_t* messages, std::size_t length_bytes, std::size_t count,
                   Hash32* digests) const override;
    void fold_many(std::span<const FoldChain> chains) const override { pipeline_.fold(chains); }

private:
    KeccakWidth width_;
    HashPipeline pipeline_;
};

}  // namespace aivm::gpu
