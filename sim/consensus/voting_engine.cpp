#include "sim/consensus/voting_engine.h"

#include <utility>
#include <variant>

#include "core/base/check.h"
#include "sim/consensus/bft/vote_book.h"
#include "sim/consensus/engine_records.h"

namespace aivm::sim {

VotingEngine::Blocks::Blocks(VotingEngine& engine, const BlockRef& last_accepted,
                             std::uint64_t serial)
    : tree(last_accepted),
      pending({.validators = static_cast<std::uint32_t>(engine.stakes_.size()),
               .self = engine.self_,
               .waiting_max = engine.blocks_held_max_,
               .fetch_timeout_ns = engine.timeout_ns_},
              tree, engine.counters_, serial),
      next_serial(serial) {}

VotingEngine::VotingEngine(Place place, EngineHost& host, std::uint32_t blocks_held_max,
                           std::uint64_t timeout_ns)
    : self_(place.self),
      host_(host),
      blocks_held_max_(blocks_held_max),
      timeout_ns_(timeout_ns),
      epoch_(place.epoch),
      stakes_(std::move(place.stakes)),
      rotation_(stakes_),
      probed_(self_) {}

void VotingEngine::step(SimTime now, const Input& input, Actions& out) {
    now_ = now;
    std::visit([&](const auto& each) { on(each, out); }, input);
}

void VotingEngine::on(const Started& start, Actions& out) {
    AIVM_CHECK(!blocks_.has_value());
    blocks_.emplace(*this, start.last_accepted.ref(), first_serial(start.incarnation));
    preferred_ = tree().root();
    out.push_back(Prefer{{preferred_.id}});
    for (const Item& item : start.own_items) pending().body(self(), block_of(item), out);
    on_started(start, out);
}

void VotingEngine::on(const MessageReceived& received, Actions& out) {
    on_message(received.from, received.message, out);
}

void VotingEngine::on(const TimerFired& fired, Actions& out) {
    const std::uint64_t serial = serial_of(fired.timer);
    switch (use_of(fired.timer)) {
        case kFetchTimer:
            return pending().on_timer(serial, out);
        case kDueTimer:
            return pending().on_due(serial, out);
        default:
            return on_timer(use_of(fired.timer), serial, out);
    }
}

void VotingEngine::on(const ItemReceived& received, Actions& out) {
    on_body(received.from, block_of(received.item), out);
}

void VotingEngine::on(const ItemBuilt& built, Actions& out) { on_built(block_of(built.item), out); }

void VotingEngine::on(const Verdict& verdict, Actions& out) {
    on_verdict(verdict, add_verified(tree(), pending(), verdict, now_, out), out);
}

void VotingEngine::on(const EpochBegun& begun, Actions& out) {
    epoch_ = begun.epoch;
    stakes_ = begun.stakes;
    rotation_ = ProposerRotation(stakes_);
    on_epoch(out);
}

std::optional<VoterIndex> VotingEngine::next_to_probe() {
    const auto validators = static_cast<VoterIndex>(stakes_.size());
    if (validators == 1) return std::nullopt;
    do {
        probed_ = (probed_ + 1) % validators;
    } while (probed_ == self_);
    return probed_;
}

void VotingEngine::prefer(const BlockRef& block, Actions& out) {
    if (block == preferred_ || (block != tree().root() && !tree().contains(block.id))) return;
    preferred_ = block;
    out.push_back(Prefer{{block.id}});
}

bool VotingEngine::is_signed(VoterIndex from, const SignedVote& vote) {
    if (host_.signed_by(from, vote.slot, vote.item, vote.signature)) return true;
    ++counters_.votes_forged;
    return false;
}

bool VotingEngine::is_genuine(const QuorumCertificate& certificate) const {
    return sim::is_genuine(certificate, stakes_, host_);
}

void VotingEngine::publish(std::vector<QuorumCertificate> quorums, Actions& out) const {
    const BlockRef block = quorums.at(0).block;
    out.push_back(
        PublishCertificate{block, epoch_, encoded_record(FinalityProof{std::move(quorums)})});
}

}  // namespace aivm::sim
