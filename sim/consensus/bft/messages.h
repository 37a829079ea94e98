// The messages of the bft engine.
#pragma once

#include <optional>
#include <vector>

#include "core/config/limits.h"
#include "sim/consensus/consensus.h"
#include "sim/scenario/engines.h"

namespace aivm::sim {

// The two votes of a round. The values are the kinds of signing slots.
enum class Ballot : std::uint8_t { kPrevote, kPrecommit };

constexpr Hash32 kNil{};  // a vote for no block

struct VoteSignature {
    VoterIndex voter = 0;
    Bytes signature;

    friend bool operator==(const VoteSignature&, const VoteSignature&) = default;
    static constexpr auto fields() {
        return std::tuple{field<&VoteSignature::voter>(),
                          field<&VoteSignature::signature, kAuthorizationBytesMax>()};
    }
};

// A quorum of equal votes. For precommits it is a proof that the block is final; for prevotes, that
// no other block could be decided in that round or an earlier one.
struct QuorumCertificate {
    static constexpr bool kIsCertificate = true;
    Ballot ballot = Ballot::kPrecommit;
    BlockRef block;
    std::uint32_t round = 0;
    std::vector<VoteSignature> votes;  // ascending by voter

    [[nodiscard]] SigningSlot slot() const {
        return {static_cast<std::uint8_t>(ballot), block.height, round};
    }

    friend bool operator==(const QuorumCertificate&, const QuorumCertificate&) = default;
    static constexpr auto fields() {
        return std::tuple{field<&QuorumCertificate::ballot>(), field<&QuorumCertificate::block>(),
                          field<&QuorumCertificate::round>(),
                          field<&QuorumCertificate::votes, kValidatorsMax>()};
    }
};

// What is published of a final block: the quorums that prove it, that of the block first.
struct FinalityProof {
    static constexpr std::size_t kQuorumsMax = 8;
    std::vector<QuorumCertificate> quorums;

    static constexpr auto fields() {
        return std::tuple{field<&FinalityProof::quorums, kQuorumsMax>()};
    }
};

// The proposer's block for a round, with its body; with the prevotes that make it acceptable to
// nodes that are locked on another one, if it was proposed in an earlier round. `commit` decided
// the block before: everybody compares its votes with those received, and whoever voted twice is
// found.
struct Proposal {
    static constexpr std::uint8_t kKind = 0;
    BlockRef block;
    std::uint32_t round = 0;
    std::optional<QuorumCertificate> polka = {};
    std::optional<QuorumCertificate> commit = {};

    static constexpr auto fields() {
        return std::tuple{field<&Proposal::block>(), field<&Proposal::round>(),
                          field<&Proposal::polka>(), field<&Proposal::commit>()};
    }

    [[nodiscard]] std::optional<Hash32> attached_item() const { return block.id; }
};

struct BallotCast {
    static constexpr std::uint8_t kKind = 1;
    Ballot ballot = Ballot::kPrevote;
    Height height = 0;
    std::uint32_t round = 0;
    Hash32 block;  // kNil for none
    Bytes signature;

    [[nodiscard]] SigningSlot slot() const {
        return {static_cast<std::uint8_t>(ballot), height, round};
    }
    // The vote that was signed so, of a kind that is a ballot's.
    static BallotCast of(const SignedVote& vote) {
        return {static_cast<Ballot>(vote.slot.kind), vote.slot.height, vote.slot.round, vote.item,
                vote.signature};
    }
    [[nodiscard]] SignedVote signed_vote() const { return {slot(), block, signature}; }
    static constexpr auto fields() {
        return std::tuple{field<&BallotCast::ballot>(), field<&BallotCast::height>(),
                          field<&BallotCast::round>(), field<&BallotCast::block>(),
                          field<&BallotCast::signature, kAuthorizationBytesMax>()};
    }
};

// "This is final": for nodes that are behind, with the body.
struct Decided {
    static constexpr std::uint8_t kKind = 2;
    QuorumCertificate certificate;

    static constexpr auto fields() { return std::tuple{field<&Decided::certificate>()}; }

    [[nodiscard]] std::optional<Hash32> attached_item() const { return certificate.block.id; }
};

// "My last accepted block has this height": answered with Decided by whoever has more. A node that
// has just started wants to know everybody's height.
struct HeightProbe {
    static constexpr std::uint8_t kKind = 3;
    Height height = 0;
    bool has_started = false;

    static constexpr auto fields() {
        return std::tuple{field<&HeightProbe::height>(), field<&HeightProbe::has_started>()};
    }
};

struct HeightReport {
    static constexpr std::uint8_t kKind = 4;
    Height height = 0;

    static constexpr auto fields() { return std::tuple{field<&HeightReport::height>()}; }
};

// Fails on bytes that are not a message of this engine in canonical form.
Result<Message> decode_bft_message(ByteView bytes);

}  // namespace aivm::sim
