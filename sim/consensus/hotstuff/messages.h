// The messages of the hotstuff engine, its certificates, and what it keeps on disk.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "sim/consensus/bft/messages.h"
#include "sim/scenario/engines.h"

namespace aivm::sim {

// The certificates of a block and of its ancestors, newest first. Their round is the view, and
// their votes are prevotes.
using CertificateChain = std::vector<QuorumCertificate>;
constexpr std::size_t kChainMax = 3;

// Whether these can be the certificates of blocks in a row, as many as there are from the first
// block on.
inline bool is_in_a_row(const CertificateChain& chain) {
    if (chain.empty()) return true;
    const auto follows = [](const QuorumCertificate& upper, const QuorumCertificate& lower) {
        return lower.round < upper.round && lower.block.height + 1 == upper.block.height;
    };
    for (std::size_t i = 1; i < chain.size(); ++i)
        if (!follows(chain[i - 1], chain[i])) return false;
    return chain.size() >= std::min<Height>(kChainMax, chain.front().block.height);
}

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

struct ViewVote {
    static constexpr std::uint8_t kKind = 1;
    BlockRef block;
    std::uint32_t view = 0;
    Bytes signature;

    static constexpr auto fields() {
        return std::tuple{field<&ViewVote::block>(), field<&ViewVote::view>(),
                          field<&ViewVote::signature, kAuthorizationBytesMax>()};
    }
    [[nodiscard]] SignedVote signed_vote() const {
        const auto kind = static_cast<std::uint8_t>(Ballot::kPrevote);
        return {{kind, block.height, view}, block.id, signature};
    }
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

// In which view the sender says that it is, if it does.
inline std::optional<std::uint32_t> view_in(const Message& message) {
    const auto* view = message.get_if<NewView>();
    return view != nullptr ? std::optional(view->view) : std::nullopt;
}

// A proof that the block of the last certificate is final.
struct FinalityProof {
    CertificateChain chain;

    static constexpr auto fields() { return std::tuple{field<&FinalityProof::chain, kChainMax>()}; }
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
