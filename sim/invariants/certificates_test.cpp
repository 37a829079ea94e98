// S21, S20 and L8 of engines whose validators sign their votes.
#include "sim/invariants/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/encode.h"
#include "core/testing/test_chain.h"
#include "sim/actors/signing.h"
#include "sim/consensus/bft/messages.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::address_of;
using aivm::test::TestChain;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint32_t kVoters = 4;

// Four validators with equal stakes, and a chain whose blocks they certify.
class Certificates : public ::testing::Test {
protected:
    Certificates() : parent_(chain.genesis()->state) {
        seen.watch.settings.chain.consensus = ConsensusKind::kBft;
        seen.watch.settings.chain.validators = kVoters;
        seen.watch.known_rules.authorizer = &authority_;
        seen.watch.known_rules.chain_id = 7;
        parent_.validators = {};
        for (ActorId id = 0; id < kVoters; ++id) {
            Validator each;
            each.stake = lux(10);
            parent_.validators.push_back(each);
            seen.watch.set_address(id, identity_address(id));
        }
        block = chain.build({}).executed;
        for (const char* const id : {"S20", "S21", "L8"}) seen.of(id).on_chain(*block, parent_);
    }

    // Of these voters, for the block.
    [[nodiscard]] PublishCertificate certificate(const std::vector<VoterIndex>& voters) const {
        QuorumCertificate made{Ballot::kPrecommit, {block->id, 1}, 0, {}};
        const Hash32 message = vote_message(7, made.slot(), block->id);
        for (const VoterIndex voter : voters)
            made.votes.push_back(
                {voter, Signer(authority_, identity_address(voter)).sign(message)});
        return published(made);
    }
    static PublishCertificate published(const QuorumCertificate& made) {
        Writer out;
        encode(out, made);
        return {made.block, 0, out.take()};
    }

    TestChain chain;
    ExecutedPtr block;
    Watched seen;

private:
    State parent_;
    IdealAuthorizer authority_{1};
};

TEST_F(Certificates, AQuorumOfDistinctSignersWithTwoThirdsOfTheStakeIsOne) {
    Invariant& s21 = seen.of("S21");
    const std::uint64_t before = s21.checks();
    s21.on_certificate(0, certificate({0, 1, 3}));
    s21.on_certificate(0, certificate({0, 1, 2, 3}));
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(s21.checks(), before + 2);
}

TEST_F(Certificates, TooFewVotesOneTwiceAndAForgedOneAreNoQuorum) {
    Invariant& s21 = seen.of("S21");
    s21.on_certificate(0, certificate({0, 1}));
    s21.on_certificate(0, certificate({0, 1, 1}));
    QuorumCertificate forged{Ballot::kPrecommit, {block->id, 1}, 0, {}};
    for (const VoterIndex voter : {0U, 1U, 2U}) forged.votes.push_back({voter, Bytes(16, 1)});
    s21.on_certificate(0, published(forged));
    PublishCertificate cut = certificate({0, 1, 2});
    cut.certificate.pop_back();
    s21.on_certificate(0, cut);
    EXPECT_THAT(
        seen.reported(),
        ElementsAre(HasSubstr("two thirds of the stake or less"), HasSubstr("counts a vote twice"),
                    HasSubstr("that validator 0 did not sign"), HasSubstr("is not one")));
}

TEST_F(Certificates, AnExportWithoutACertificateViolatesExportIsCertified) {
    Invariant& l8 = seen.of("L8");
    l8.on_certificate(0, certificate({0, 1}));
    l8.on_exported(1);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("L8 the anchor of block 1 was exported")));
    l8.on_certificate(0, certificate({0, 1, 2}));
    l8.on_exported(1);
    EXPECT_EQ(seen.reported().size(), 1U);
    l8.on_exported(2);
    EXPECT_EQ(seen.reported().size(), 2U) << "a later block";
}

TEST_F(Certificates, TwoVotesInOneSlotViolateSignsOnceUnlessTheDiskLostTheFirst) {
    Invariant& s20 = seen.of("S20");
    const SignedVote vote{{0, 5, 0}, block->id, {}};
    SignedVote other = vote;
    other.item = {};
    SignedVote later = other;
    later.slot.round = 1;
    seen.watch.dishonest = {3};
    for (const SignedVote& each : {vote, vote, later}) s20.on_vote(0, each);
    s20.on_vote(3, vote);
    s20.on_vote(3, other);
    s20.on_vote(1, vote);
    s20.on_disk_replaced(1);
    s20.on_writes_lost(1);
    s20.on_vote(1, other);
    EXPECT_THAT(seen.reported(), IsEmpty());
    s20.on_disk_replaced(0);
    s20.on_vote(0, other);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S20 validator[0] voted for")))
        << "a node with a new disk keeps silent";
}

}  // namespace
}  // namespace aivm::sim::test
