// Folds chains side by side, and hashes messages in the sponges that the chains leave free.
//
// A fold is sequential: its time is that of its longest chain, whatever the width. The leaves of
// later links are independent messages, so that they cost nothing while there is a free sponge.
#pragma once

#include <cstddef>
#include <span>

#include "core/kernels/batch_hasher.h"
#include "gpu/simd/absorbers.h"
#include "gpu/simd/message_source.h"

namespace aivm::gpu {

class HashPipeline {
public:
    explicit HashPipeline(const Absorbers& absorbers) : absorbers_(absorbers) {}

    // Hashes the messages that a step before `deadline` needs, and others only where that costs no
    // step.
    void hash_before(std::size_t deadline, MessageSource& source) const;

    // Folds the chains. Step i of the fold folds leaf i of every chain, whose digest a message of
    // `leaves` with deadline i may write. Hashes all messages whose deadline is a step of the fold.
    void fold(std::span<const FoldChain> chains, MessageSource& leaves) const;

    // Folds chains whose leaves are there.
    void fold(std::span<const FoldChain> chains) const;

private:
    Absorbers absorbers_;
};

}  // namespace aivm::gpu
