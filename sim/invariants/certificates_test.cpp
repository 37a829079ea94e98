// S21, S20 and L8 of engines whose validators sign their votes.
#include "sim/invariants/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/base/encode.h"
#include "core/testing/test_chain.h"
#include "core/testing/test_dag.h"
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
        return certificate_of(block->id, voters);
    }
    [[nodiscard]] PublishCertificate certificate_of(const Hash32& id,
                                                    const std::vector<VoterIndex>& voters) const {
        QuorumCertificate made{Ballot::kPrecommit, {id, 1}, 0, {}};
        const Hash32 message = vote_message(7, made.slot(), id);
        for (const VoterIndex voter : voters)
            made.votes.push_back(
                {voter, Signer(authority_, identity_address(voter)).sign(message)});
        return published(made);
    }
    static PublishCertificate published(const QuorumCertificate& made) {
        Writer out;
        encode(out, FinalityProof{{made}});
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
    EXPECT_EQ(s21.checks(), before + 4) << "a quorum, and the only item of its height";
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

TEST_F(Certificates, TwoCertificatesOfOneHeightViolateVotesCountOnce) {
    Invariant& s21 = seen.of("S21");
    s21.on_certificate(0, certificate({0, 1, 2}));
    s21.on_certificate(1, certificate({1, 2, 3}));
    EXPECT_THAT(seen.reported(), IsEmpty());
    s21.on_certificate(2, certificate_of(sha256(as_bytes("fork")), {0, 1, 2}));
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("S21 validator[2] published a certificate")));
}

TEST_F(Certificates, ASettledCutWithoutACertificateInTimeViolatesExportIsCertified) {
    Invariant& l8 = seen.of("L8");
    aivm::test::TestDag dag;
    MemoryStore store;
    const DagVm vm = dag.open(store);
    CutResult settled;
    settled.executed = block;
    seen.watch.recovering = Recovery(std::nullopt, std::nullopt, 60 * kSecond);
    seen.watch.settings.chain.consensus = ConsensusKind::kAvalanche;
    l8.on_settled(0, vm, settled);
    seen.watch.time = 200 * kSecond;
    l8.at_end();
    EXPECT_THAT(seen.reported(), IsEmpty()) << "no engine certifies";
    seen.watch.settings.chain.cut_finality = CutFinality::kBft;
    l8.on_settled(0, vm, settled);
    seen.watch.time = 260 * kSecond;
    l8.on_sample();
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.watch.time = 261 * kSecond;
    l8.on_sample();
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("L8 cut 1 was settled and had no certificate 61 s later")));
    EXPECT_TRUE(seen.watch.violations.back().liveness);
}

TEST_F(Certificates, AnExportOfACutWithoutACertificateViolatesExportIsCertified) {
    Invariant& l8 = seen.of("L8");
    seen.watch.settings.chain.consensus = ConsensusKind::kAvalanche;
    l8.on_exported(1);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "no engine certifies";
    seen.watch.settings.chain.cut_finality = CutFinality::kBft;
    l8.on_exported(1);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("L8 the anchor of block 1 was exported")));
    const std::uint64_t before = l8.checks();
    l8.on_certificate(0, certificate({0, 1, 2}));
    l8.on_exported(1);
    EXPECT_EQ(seen.reported().size(), 1U);
    EXPECT_EQ(l8.checks(), before + 1);
}

TEST_F(Certificates, ASettledCutWithACertificateInTimeIsCounted) {
    Invariant& l8 = seen.of("L8");
    aivm::test::TestDag dag;
    MemoryStore store;
    const DagVm vm = dag.open(store);
    CutResult settled;
    settled.executed = block;
    seen.watch.recovering = Recovery(std::nullopt, std::nullopt, 60 * kSecond);
    seen.watch.settings.chain.consensus = ConsensusKind::kAvalanche;
    seen.watch.settings.chain.cut_finality = CutFinality::kBft;
    l8.on_settled(0, vm, settled);
    const std::uint64_t before = l8.checks();
    l8.on_certificate(0, certificate({0, 1, 2}));
    EXPECT_EQ(l8.checks(), before + 1);
    l8.on_settled(1, vm, settled);
    seen.watch.time = 200 * kSecond;
    l8.on_sample();
    l8.at_end();
    EXPECT_THAT(seen.reported(), IsEmpty());
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
