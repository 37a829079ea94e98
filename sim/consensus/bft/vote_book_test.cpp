// Quorums, turns, votes and certificates.
#include "sim/consensus/bft/vote_book.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "core/base/digest.h"
#include "sim/consensus/bft/quorum.h"
#include "sim/consensus/bft/rotation.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kGreatestStake = std::numeric_limits<std::uint64_t>::max();

const Hash32 kA = sha256(as_bytes("a"));
const Hash32 kB = sha256(as_bytes("b"));

BallotCast vote(Ballot ballot, std::uint32_t round, const Hash32& block) {
    return {ballot, 1, round, block, Bytes{1}};
}

TEST(Quorum, IsMoreThanTwoThirdsOfTheStakeWithoutOverflow) {
    EXPECT_EQ(quorum_of(1), 1U);
    EXPECT_EQ(quorum_of(3), 3U);
    EXPECT_EQ(quorum_of(4), 3U);
    EXPECT_EQ(quorum_of(100), 67U);
    EXPECT_EQ(quorum_of(kGreatestStake), kGreatestStake / 3 * 2 + 1);
    for (std::uint64_t total = 1; total < 1000; ++total) {
        const std::uint64_t quorum = quorum_of(total);
        EXPECT_GT(3 * quorum, 2 * total);
        EXPECT_LE(3 * (quorum - 1), 2 * total);
        // Two quorums share somebody honest; with less than that Byzantine one can be reached.
        EXPECT_GE(2 * quorum, total + honest_part_of(total));
        EXPECT_GE(total - (honest_part_of(total) - 1), quorum - (total % 3 == 0 ? 1 : 0));
    }
}

std::vector<VoterIndex> turns(const std::vector<std::uint64_t>& stakes, std::uint32_t count) {
    const ProposerRotation rotation(stakes);
    std::vector<VoterIndex> out;
    for (std::uint32_t i = 0; i < count; ++i) out.push_back(rotation.proposer(0, i));
    return out;
}

TEST(ProposerRotation, EqualStakesTakeTurns) {
    EXPECT_EQ(turns({7, 7, 7}, 6), (std::vector<VoterIndex>{0, 1, 2, 0, 1, 2}));
}

TEST(ProposerRotation, MoreStakeMeansMoreTurnsSpreadEvenly) {
    EXPECT_EQ(turns({3, 1}, 8), (std::vector<VoterIndex>{0, 0, 1, 0, 0, 0, 1, 0}));
    const auto many = turns({50, 30, 20, 0}, 160);
    EXPECT_EQ(std::ranges::count(many, 0U), 80);
    EXPECT_NEAR(static_cast<double>(std::ranges::count(many, 1U)), 48, 3);
    EXPECT_EQ(std::ranges::count(many, 3U), 0);
}

TEST(ProposerRotation, TheNextHeightGoesOnWhereTheRoundsWould) {
    const ProposerRotation rotation(std::vector<std::uint64_t>{5, 2, 9});
    EXPECT_EQ(rotation.proposer(6, 1), rotation.proposer(7, 0));
}

TEST(ProposerRotation, TheGreatestStakesDoNotOverflow) {
    const auto many = turns({kGreatestStake / 2, kGreatestStake / 2}, 4);
    EXPECT_EQ(many, (std::vector<VoterIndex>{0, 1, 0, 1}));
}

TEST(VoteBook, AQuorumIsCountedInStakeOncePerValidator) {
    VoteBook book(std::vector<std::uint64_t>{40, 30, 20, 10, 0});
    using enum VoteBook::Taken;
    EXPECT_EQ(book.take(0, vote(Ballot::kPrevote, 0, kA), 0), kCounted);
    EXPECT_EQ(book.take(0, vote(Ballot::kPrevote, 0, kA), 0), kIgnored) << "again";
    EXPECT_EQ(book.take(4, vote(Ballot::kPrevote, 0, kA), 0), kIgnored) << "no stake";
    EXPECT_EQ(book.take(9, vote(Ballot::kPrevote, 0, kA), 0), kIgnored) << "nobody";
    EXPECT_EQ(book.take(2, vote(Ballot::kPrevote, 0, kA), 0), kCounted);
    EXPECT_FALSE(book.quorum(Ballot::kPrevote, 0)) << "60 of 100";
    EXPECT_EQ(book.take(3, vote(Ballot::kPrevote, 0, kB), 0), kCounted);
    EXPECT_TRUE(book.quorum_voted(Ballot::kPrevote, 0)) << "70 voted";
    EXPECT_FALSE(book.quorum(Ballot::kPrevote, 0));
    EXPECT_EQ(book.take(3, vote(Ballot::kPrevote, 0, kA), 0), kContradicts);
    EXPECT_FALSE(book.quorum(Ballot::kPrevote, 0)) << "the second vote does not count";
    EXPECT_EQ(book.take(1, vote(Ballot::kPrevote, 0, kA), 0), kCounted);
    EXPECT_EQ(book.quorum(Ballot::kPrevote, 0), kA);
    EXPECT_FALSE(book.quorum(Ballot::kPrecommit, 0));
    EXPECT_FALSE(book.quorum(Ballot::kPrevote, 1));
    const auto certificate = book.certificate(Ballot::kPrevote, 0, {kA, 1});
    ASSERT_EQ(certificate.votes.size(), 3U);
    EXPECT_EQ(certificate.votes[1].voter, 1U);
}

TEST(VoteBook, NoneIsDecidedByPrecommitsForNothing) {
    VoteBook book(std::vector<std::uint64_t>(4, 1));
    for (VoterIndex i = 0; i < 4; ++i) book.take(i, vote(Ballot::kPrecommit, 0, kNil), 0);
    EXPECT_FALSE(book.decided_round());
    for (VoterIndex i = 0; i < 3; ++i) book.take(i, vote(Ballot::kPrecommit, 2, kA), 0);
    EXPECT_EQ(book.decided_round(), 2U);
    EXPECT_TRUE(book.voter_for(kA));
    EXPECT_FALSE(book.voter_for(kB));
}

TEST(VoteBook, ARoundIsReachedByMoreThanAThirdOfTheStake) {
    VoteBook book(std::vector<std::uint64_t>(4, 1));
    book.take(0, vote(Ballot::kPrevote, 70, kA), 0);
    EXPECT_EQ(book.reached_round(), 0U) << "one of four may be Byzantine";
    book.take(1, vote(Ballot::kPrevote, 5, kA), 0);
    EXPECT_EQ(book.reached_round(), 5U);
    book.note_round(2, 6);
    EXPECT_EQ(book.reached_round(), 6U);
}

TEST(VoteBook, KeepsNothingOfRoundsFarAway) {
    VoteBook book(std::vector<std::uint64_t>(4, 1));
    using enum VoteBook::Taken;
    EXPECT_EQ(book.take(0, vote(Ballot::kPrevote, 9, kA), 0), kIgnored);
    EXPECT_EQ(book.take(0, vote(Ballot::kPrevote, 8, kA), 0), kCounted);
    EXPECT_EQ(book.take(1, vote(Ballot::kPrevote, 67, kA), 100), kIgnored);
    EXPECT_EQ(book.take(1, vote(Ballot::kPrevote, 68, kA), 100), kCounted);
    EXPECT_EQ(book.take(0, vote(Ballot::kPrevote, 8, kA), 8), kCounted) << "forgotten meanwhile";
}

TEST(VoteBook, ARecountUsesTheNewStakes) {
    VoteBook book(std::vector<std::uint64_t>{1, 1, 1, 1});
    for (VoterIndex i = 0; i < 3; ++i) book.take(i, vote(Ballot::kPrevote, 0, kA), 0);
    EXPECT_EQ(book.quorum(Ballot::kPrevote, 0), kA);
    book.recount(std::vector<std::uint64_t>{0, 1, 1, 9});
    EXPECT_FALSE(book.quorum(Ballot::kPrevote, 0));
    book.take(3, vote(Ballot::kPrevote, 0, kA), 0);
    EXPECT_EQ(book.quorum(Ballot::kPrevote, 0), kA);
    EXPECT_EQ(book.certificate(Ballot::kPrevote, 0, {kA, 1}).votes.size(), 3U);
}

TEST(QuorumCertificate, IsValidWithDistinctGenuineVotesOfAQuorum) {
    const std::vector<std::uint64_t> stakes{1, 1, 1, 1};
    const auto all = [](const VoteSignature&) { return true; };
    QuorumCertificate certificate{Ballot::kPrecommit, {kA, 1}, 0, {{0, {}}, {1, {}}, {3, {}}}};
    EXPECT_TRUE(is_valid(certificate, stakes, all));
    EXPECT_FALSE(
        is_valid(certificate, stakes, [](const VoteSignature& v) { return v.voter != 3; }));
    QuorumCertificate twice = certificate;
    twice.votes[1].voter = 0;
    EXPECT_FALSE(is_valid(twice, stakes, all)) << "one validator twice";
    QuorumCertificate few = certificate;
    few.votes.pop_back();
    EXPECT_FALSE(is_valid(few, stakes, all));
    QuorumCertificate strange = certificate;
    strange.votes[2].voter = 4;
    EXPECT_FALSE(is_valid(strange, stakes, all)) << "no such validator";
    QuorumCertificate none = certificate;
    none.block.id = kNil;
    EXPECT_FALSE(is_valid(none, stakes, all));
}

}  // namespace
}  // namespace aivm::sim
