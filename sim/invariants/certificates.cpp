// L8, and the check of certificates that S21 uses too.
#include "sim/invariants/certificates.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "sim/consensus/bft/messages.h"
#include "sim/consensus/engine_records.h"
#include "sim/scenario/engines.h"

namespace aivm::sim {
namespace {

__extension__ using Wide = unsigned __int128;

std::vector<std::uint64_t> stakes_of(const State& state) {
    std::vector<std::uint64_t> out;
    state.validators.for_each([&](std::size_t, const Validator& each) {
        out.push_back(each.active ? each.stake.nlux() : 0);
    });
    return out;
}

std::optional<std::string> fault_of(const QuorumCertificate& quorum, const Watch& watch) {
    const Rules& rules = watch.rules();
    const Hash32 message = vote_message(rules.chain_id, quorum.slot(), quorum.block.id);
    for (std::size_t i = 0; i < quorum.votes.size(); ++i) {
        const auto& [voter, signature] = quorum.votes[i];
        if (i > 0 && voter <= quorum.votes[i - 1].voter)
            return "counts a vote twice, or not in order";
        if (voter >= watch.scenario().chain.validators ||
            !rules.authorizer->verify(watch.participants().all.at(voter).address, message,
                                      signature))
            return fmt::format("has a vote that validator {} did not sign", voter);
    }
    return std::nullopt;
}

// L8. The chain that anchors go to takes the anchor of a block only with a certificate of that
// block or a later one. A cut that a correct validator settled has a certificate in time: within
// the limits of recovery.h, from the later of settling and the end of the last fault.
class ExportIsCertified final : public Invariant {
public:
    ExportIsCertified()
        : Invariant({.id = "L8",
                     .name = "export-is-certified",
                     .meaning = "what is exported has a certificate, and a settled cut gets one "
                                "in time",
                     .reason = "The other chain cannot see this one and believes the "
                               "certificate. Without one it would release money for blocks "
                               "that were never final; without one in time, money that is due "
                               "stays locked."}) {}

    void on_chain(const Executed& block, const State& parent) override {
        certificates_.note(block, parent);
    }
    void on_certificate(ActorId, const PublishCertificate& published) override {
        if (certificates_.fault_of(published, watch())) return;
        certified_ = std::max(certified_, published.item.height);
        certified_cuts_.insert(published.item.height);
        if (open_cuts_.erase(published.item.height) > 0) count_check();
    }
    void on_settled(ActorId node, const DagVm&, const CutResult& result) override {
        const Height cut = result.executed->state.head.height;
        if (engine_of(watch().scenario().chain).voting == nullptr || !watch().correct(node) ||
            certified_cuts_.contains(cut))
            return;
        open_cuts_.try_emplace(cut, watch().now());
    }
    void on_sample() override { check_open_cuts(); }
    void at_end() override { check_open_cuts(); }
    void on_exported(Height block) override {
        if (engine_of(watch().scenario().chain).voting == nullptr) return;
        expect(block <= certified_, [&] {
            return fmt::format(
                "the anchor of block {} was exported, where block {} is the last with a "
                "certificate",
                block, certified_);
        });
    }

private:
    void check_open_cuts() {
        const Recovery& recovery = watch().recovery();
        if (open_cuts_.empty() || !recovery.stall_limit()) return;
        if (recovery.healed_at() && !recovery.is_healed()) return;
        const auto [cut, settled_at] = *open_cuts_.begin();
        const SimTime since = std::max(settled_at, recovery.healed_at().value_or(0));
        const SimTime limit = recovery.limit().value_or(0) + *recovery.stall_limit();
        if (watch().now() - since <= limit) return;
        count_check();
        open_cuts_.erase(cut);
        report_limit(fmt::format("cut {} was settled and had no certificate {} s later", cut,
                                 (watch().now() - since) / kSecond));
    }

    CertificateCheck certificates_;
    Height certified_ = 0;
    std::map<Height, SimTime> open_cuts_;  // settled at, without a certificate so far
    std::set<Height> certified_cuts_;
};

}  // namespace

void CertificateCheck::note(const Executed& block, const State& parent) {
    if (stakes_.empty()) stakes_[parent.head.height + 1] = stakes_of(parent);
    if (block.state.head.epoch != parent.head.epoch)
        stakes_[block.state.head.height + 1] = stakes_of(block.state);
}

bool CertificateCheck::is_quorum(const std::vector<std::uint32_t>& voters, Height height) const {
    // The sets of the last blocks, the newest first.
    for (auto set = stakes_.upper_bound(height); set != stakes_.begin();) {
        --set;
        Wide total = 0;
        Wide voted = 0;
        for (const std::uint64_t stake : set->second) total += stake;
        for (const std::uint32_t voter : voters) {
            if (voter < set->second.size()) voted += set->second[voter];
        }
        if (3 * voted > 2 * total) return true;
        if (set->first + kBlocksInFlight <= height) return false;
    }
    return false;
}

std::optional<std::string> CertificateCheck::fault_of(const PublishCertificate& published,
                                                      const Watch& watch) const {
    if (engine_of(watch.scenario().chain).voting == nullptr)
        return "no engine of this chain could have made";
    const auto proof = decoded_record<FinalityProof>(published.certificate);
    if (!proof || proof->quorums.empty() || proof->quorums.front().block != published.item)
        return "is not one of that block";
    for (const QuorumCertificate& quorum : proof->quorums) {
        if (auto fault = sim::fault_of(quorum, watch)) return fault;
    }
    std::vector<std::uint32_t> voters;
    for (const VoteSignature& vote : proof->quorums.front().votes) voters.push_back(vote.voter);
    if (!is_quorum(voters, published.item.height))
        return "has votes with two thirds of the stake or less";
    return std::nullopt;
}

void add_certificate_invariants(Invariants& out) {
    out.push_back(std::make_unique<ExportIsCertified>());
}

}  // namespace aivm::sim
