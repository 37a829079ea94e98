// How a node learns what the others decided: messages that engines share, because Bootstrapper and
// PendingBlocks do.
#pragma once

#include <vector>

#include "sim/consensus/consensus.h"

namespace aivm::sim {

// "Which block did you accept last?"
struct FrontierRequest {
    RequestId request = 0;
    [[nodiscard]] std::uint64_t bytes() const { return kBlockRefBytes; }
    [[nodiscard]] std::uint64_t digest() const { return mix_digest(request, 2); }
};
struct Frontier {
    RequestId request = 0;
    BlockRef last_accepted;
    [[nodiscard]] std::uint64_t bytes() const { return kBlockRefBytes; }
    [[nodiscard]] std::uint64_t digest() const {
        return mix_digest(mix_digest(request, digest_of(last_accepted)), 3);
    }
};

constexpr std::size_t kConfirmMax = 64;

// "Which of these did you accept?" At most kConfirmMax of them.
struct ConfirmRequest {
    RequestId request = 0;
    std::vector<BlockRef> blocks;
    [[nodiscard]] std::uint64_t bytes() const { return 8 + blocks.size() * kBlockRefBytes; }
    [[nodiscard]] std::uint64_t digest() const {
        std::uint64_t out = request;
        for (const BlockRef& block : blocks) out = mix_digest(out, digest_of(block));
        return mix_digest(out, 4);
    }
};
struct Confirm {
    RequestId request = 0;
    std::uint64_t accepted_mask = 0;  // bit i: the responder accepted the i-th block
    [[nodiscard]] std::uint64_t bytes() const { return kBlockRefBytes; }
    [[nodiscard]] std::uint64_t digest() const {
        return mix_digest(mix_digest(request, accepted_mask), 5);
    }
};

}  // namespace aivm::sim
