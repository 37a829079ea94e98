// Certificates for the cuts of a DAG: votes of the bft engine on top of an engine that decides by
// polls. That engine is wrapped and unchanged; this one reads which cuts it accepts.
//
// A validator that accepts cut n signs one vote for it (slot: a precommit of height n, round 0) and
// sends it to all. Votes with more than two thirds of the stake make a certificate, which each node
// publishes once. The stakes are those of the state on which the cut was executed. The certificate
// of a cut proves that all earlier cuts are final too, because a cut names the one before it.
//
// A vote is on disk before it is sent, and is sent again at intervals until the node has the
// certificate. A node that has one answers a repeated vote with it: so a node that was away gets
// the certificates of the cuts that it settles late. Votes and certificates of the last kCutsKept
// cuts are kept, in memory and on disk; a node that is further behind skips the earlier ones.
//
// Two votes of one validator for one number are evidence, whoever received them. So that they meet,
// a node shows all others a vote for another cut than the one that it accepted.
#pragma once

#include <memory>
#include <vector>

#include "sim/consensus/bft/messages.h"
#include "sim/consensus/consensus.h"
#include "sim/scenario/engines.h"

namespace aivm::sim {

constexpr Height kCutsKept = 64;
// Cuts above the last accepted one of which votes are kept.
constexpr Height kCutsAhead = 8;
constexpr std::size_t kCertificatesPerAnswer = 8;

struct CutVote {
    static constexpr std::uint8_t kKind = 32;
    BlockRef cut;  // its id and number
    Bytes signature;

    [[nodiscard]] SigningSlot slot() const {
        return {static_cast<std::uint8_t>(Ballot::kPrecommit), cut.height, 0};
    }
    static CutVote of(const SignedVote& vote) {
        return {{vote.item, vote.slot.height}, vote.signature};
    }
    [[nodiscard]] SignedVote signed_vote() const { return {slot(), cut.id, signature}; }
    static constexpr auto fields() {
        return std::tuple{field<&CutVote::cut>(),
                          field<&CutVote::signature, kAuthorizationBytesMax>()};
    }
};

struct CutCertificates {
    static constexpr std::uint8_t kKind = 33;
    std::vector<QuorumCertificate> certificates;

    static constexpr auto fields() {
        return std::tuple{field<&CutCertificates::certificates, kCertificatesPerAnswer>()};
    }
};

struct CutVotesConfig {
    std::vector<std::uint64_t> stakes;  // of all validators, this node's too, in `epoch`
    VoterIndex self = 0;
    std::uint64_t epoch = 0;
    std::uint64_t resend_ns = 1'000'000'000;
};

// `decides` is the engine that accepts cuts; it signs nothing itself. `host` must outlive the
// result.
std::unique_ptr<ConsensusEngine> certify_cuts(std::unique_ptr<ConsensusEngine> decides,
                                              const CutVotesConfig& config, EngineHost& host);

}  // namespace aivm::sim
