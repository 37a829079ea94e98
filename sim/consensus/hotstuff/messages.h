// The messages of the hotstuff engine, its certificates, and what it keeps on disk. Its votes are
// BallotCasts: prevotes, whose round is the view.
#pragma once

#include <optional>
#include <vector>

#include "sim/consensus/bft/messages.h"

namespace aivm::sim {

// The certificates of a block and of its ancestors, newest first.
using CertificateChain = std::vector<QuorumCertificate>;
constexpr std::size_t kChainMax = 3;

// The leader's block for a view, with its body, on the block that chain.front() certifies.
struct ViewProposal {
    static constexpr std::uint8_t kKind = 0;
    BlockRef block;
    std::uint32_t view = 0;
    bool is_filler = false;  // empty: built to decide those below it
    CertificateChain chain;

    static constexpr auto fields() {
        return std::tuple{field<&ViewProposal::block>(), field<&ViewProposal::view>(),
                          field<&ViewProposal::is_filler>(),
                          field<&ViewProposal::chain, kChainMax>()};
    }
    [[nodiscard]] std::optional<Hash32> attached_item() const { return block.id; }
};

// The sender gave up all earlier views, and knows these certificates. It may ask for an answer.
struct NewView {
    static constexpr std::uint8_t kKind = 2;
    std::uint32_t view = 0;
    CertificateChain chain;
    bool asks = false;

    static constexpr auto fields() {
        return std::tuple{field<&NewView::view>(), field<&NewView::chain, kChainMax>(),
                          field<&NewView::asks>()};
    }
};

// What must survive a crash: written before each vote is signed.
struct ViewPromise {
    std::uint32_t voted_view = 0;
    std::uint32_t locked_view = 0;  // of the certificate of `locked`; 0: not locked
    Hash32 locked;
    CertificateChain chain;  // the highest certificates known

    static constexpr auto fields() {
        return std::tuple{field<&ViewPromise::voted_view>(), field<&ViewPromise::locked_view>(),
                          field<&ViewPromise::locked>(), field<&ViewPromise::chain, kChainMax>()};
    }
};

}  // namespace aivm::sim
