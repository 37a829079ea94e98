// The votes for one height, round by round, with sums of stake.
//
// Bounded whatever is sent: of the rounds far ahead of the node's own it keeps only the highest
// that each validator has reached.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "sim/consensus/bft/messages.h"
#include "sim/consensus/reached_rounds.h"

namespace aivm::sim {

class VoteBook {
public:
    static constexpr std::uint32_t kRoundsAhead = 8;
    static constexpr std::uint32_t kRoundsBehind = 32;

    enum class Taken : std::uint8_t {
        kCounted,
        kIgnored,      // known, by somebody without stake, or of a round too far away
        kContradicts,  // the same validator voted for another block in this slot
    };

    explicit VoteBook(std::span<const std::uint64_t> stakes);

    // `current` is the round of the node.
    Taken take(VoterIndex voter, const BallotCast& vote, std::uint32_t current);
    // The validator sent a proposal of this round.
    void note_round(VoterIndex voter, std::uint32_t round) { reached_.note(voter, round); }

    // The block, or kNil, that has a quorum.
    [[nodiscard]] std::optional<Hash32> quorum(Ballot ballot, std::uint32_t round) const;
    // Whether a quorum voted at all.
    [[nodiscard]] bool quorum_voted(Ballot ballot, std::uint32_t round) const;
    // Requires quorum() for that block.
    [[nodiscard]] QuorumCertificate certificate(Ballot ballot, std::uint32_t round,
                                                const BlockRef& block) const;
    // The first round with a quorum of precommits for a block.
    [[nodiscard]] std::optional<std::uint32_t> decided_round() const;
    // The highest round that validators with more than a third of the stake have reached.
    [[nodiscard]] std::uint32_t reached_round() const {
        return reached_.reached_by_an_honest(stakes_);
    }
    struct Cast {
        Hash32 block;
        Bytes signature;
    };
    // Null if no vote of this validator in this slot is known.
    [[nodiscard]] const Cast* cast_by(VoterIndex voter, Ballot ballot, std::uint32_t round) const;
    // Somebody who voted so, if anybody did.
    [[nodiscard]] std::optional<VoterIndex> voter_for(const Hash32& block) const;

    // The stakes of an epoch that begins before this height is decided.
    void recount(std::span<const std::uint64_t> stakes);

private:
    struct Tally {
        std::map<VoterIndex, Cast> votes;
        std::map<Hash32, std::uint64_t> stake;  // by block
        std::uint64_t voted = 0;
    };
    using Place = std::pair<std::uint32_t, Ballot>;

    [[nodiscard]] const Tally* find(Ballot ballot, std::uint32_t round) const;

    std::vector<std::uint64_t> stakes_;
    std::uint64_t total_ = 0;
    std::map<Place, Tally> tallies_;
    ReachedRounds reached_;
};

// Whether the certificate holds the votes of distinct validators with a quorum of the stake;
// `verify` says whether a vote's signature is its voter's.
[[nodiscard]] bool is_valid(const QuorumCertificate& certificate,
                            std::span<const std::uint64_t> stakes,
                            const std::function<bool(const VoteSignature&)>& verify);
// The same, where the host says so.
[[nodiscard]] bool is_genuine(const QuorumCertificate& certificate,
                              std::span<const std::uint64_t> stakes, const EngineHost& host);

}  // namespace aivm::sim
