#include "sim/consensus/bft/vote_book.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "sim/consensus/bft/quorum.h"
#include "sim/consensus/stake.h"

namespace aivm::sim {

VoteBook::VoteBook(std::span<const std::uint64_t> stakes)
    : stakes_(stakes.begin(), stakes.end()), total_(sum_of(stakes)), reached_(stakes.size()) {}

VoteBook::Taken VoteBook::take(VoterIndex voter, const BallotCast& vote, std::uint32_t current) {
    if (voter >= stakes_.size() || stakes_[voter] == 0) return Taken::kIgnored;
    note_round(voter, vote.round);
    if (vote.round > current + kRoundsAhead || vote.round + kRoundsBehind < current)
        return Taken::kIgnored;
    Tally& tally = tallies_[{vote.round, vote.ballot}];
    const auto [cast, is_new] = tally.votes.try_emplace(voter, Cast{vote.block, vote.signature});
    if (!is_new) return cast->second.block == vote.block ? Taken::kIgnored : Taken::kContradicts;
    tally.stake[vote.block] += stakes_[voter];
    tally.voted += stakes_[voter];
    while (tallies_.begin()->first.first + kRoundsBehind < current)
        tallies_.erase(tallies_.begin());
    return Taken::kCounted;
}

const VoteBook::Tally* VoteBook::find(Ballot ballot, std::uint32_t round) const {
    const auto found = tallies_.find({round, ballot});
    return found == tallies_.end() ? nullptr : &found->second;
}

std::optional<Hash32> VoteBook::quorum(Ballot ballot, std::uint32_t round) const {
    const Tally* tally = find(ballot, round);
    if (tally == nullptr) return std::nullopt;
    for (const auto& [block, stake] : tally->stake) {
        if (stake >= (AIVM_MUTANT(D47) ? total_ / 2 : quorum_of(total_))) return block;
    }
    return std::nullopt;
}

bool VoteBook::quorum_voted(Ballot ballot, std::uint32_t round) const {
    const Tally* tally = find(ballot, round);
    return tally != nullptr && tally->voted >= quorum_of(total_);
}

QuorumCertificate VoteBook::certificate(Ballot ballot, std::uint32_t round,
                                        const BlockRef& block) const {
    const Tally* tally = find(ballot, round);
    AIVM_CHECK(tally != nullptr && quorum(ballot, round) == block.id);
    QuorumCertificate out{ballot, block, round, {}};
    for (const auto& [voter, cast] : tally->votes) {
        if (cast.block == block.id) out.votes.push_back({voter, cast.signature});
    }
    return out;
}

std::optional<std::uint32_t> VoteBook::decided_round() const {
    for (const auto& [place, tally] : tallies_) {
        if (place.second != Ballot::kPrecommit) continue;
        const auto block = quorum(Ballot::kPrecommit, place.first);
        if (block && *block != kNil) return place.first;
    }
    return std::nullopt;
}

const VoteBook::Cast* VoteBook::cast_by(VoterIndex voter, Ballot ballot,
                                        std::uint32_t round) const {
    const Tally* tally = find(ballot, round);
    if (tally == nullptr) return nullptr;
    const auto found = tally->votes.find(voter);
    return found == tally->votes.end() ? nullptr : &found->second;
}

std::optional<VoterIndex> VoteBook::voter_for(const Hash32& block) const {
    for (const auto& [place, tally] : tallies_) {
        for (const auto& [voter, cast] : tally.votes)
            if (cast.block == block) return voter;
    }
    return std::nullopt;
}

void VoteBook::recount(std::span<const std::uint64_t> stakes) {
    stakes_.assign(stakes.begin(), stakes.end());
    total_ = sum_of(stakes);
    for (auto& [place, tally] : tallies_) {
        std::erase_if(tally.votes, [&](const auto& vote) { return stakes_[vote.first] == 0; });
        tally.stake.clear();
        tally.voted = 0;
        for (const auto& [voter, cast] : tally.votes) {
            tally.stake[cast.block] += stakes_[voter];
            tally.voted += stakes_[voter];
        }
    }
}

bool is_valid(const QuorumCertificate& certificate, std::span<const std::uint64_t> stakes,
              const std::function<bool(const VoteSignature&)>& verify) {
    std::uint64_t stake = 0;
    const VoteSignature* before = nullptr;
    for (const VoteSignature& vote : certificate.votes) {
        if (before != nullptr && vote.voter <= before->voter) return false;
        if (vote.voter >= stakes.size() || !verify(vote)) return false;
        stake += stakes[vote.voter];
        before = &vote;
    }
    return certificate.block.id != kNil && stake >= quorum_of(sum_of(stakes));
}

bool is_genuine(const QuorumCertificate& certificate, std::span<const std::uint64_t> stakes,
                const EngineHost& host) {
    return is_valid(certificate, stakes, [&](const VoteSignature& vote) {
        return host.signed_by(vote.voter, certificate.slot(), certificate.block.id, vote.signature);
    });
}

}  // namespace aivm::sim
