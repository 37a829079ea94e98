#include "sim/actors/virtual_chain.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/rule_hash.h"
#include "core/execution/build.h"
#include "core/vm/offer.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kBlockTimer = 0;
constexpr std::uint64_t kTellTimer = 1;
constexpr std::uint64_t kFinalTimer = 2;
constexpr std::uint32_t kTurnsDeclinedMax =
    8;  // consecutive proposers that may decline; the next one must build

// The id of the block at this height: on a chain without forks the height identifies a block.
Hash32 block_name(Height height) {
    Hash32 out;
    for (std::size_t i = 0; i < sizeof height; ++i)
        out.bytes[i] = static_cast<std::uint8_t>(height >> (8 * (7 - i)));
    out.bytes[sizeof height] = 1;  // none is all zero
    return out;
}

}  // namespace

VirtualChain::VirtualChain(VirtualChainSetup setup)
    : setup_(std::move(setup)),
      tip_(setup_.genesis),
      mempool_(setup_.queue),
      proposers_(setup_.environment->stream(Purpose::kConsensus)),
      schedule_(setup_.chain, setup_.environment->stream(Purpose::kCensorship),
                setup_.environment->stream(Purpose::kOrphaning)) {
    AIVM_CHECK(setup_.stakes.size() == setup_.strategies.size() && !setup_.stakes.empty());
    std::uint64_t sum = 0;
    for (const std::uint64_t stake : setup_.stakes) stake_up_to_.push_back(sum += stake);
    AIVM_CHECK(sum != 0);
}

void VirtualChain::receive(ActorId from, const Packet& packet) {
    if (const auto* received = std::get_if<OperationPacket>(&packet)) take(received->operation);
    if (const auto* request = std::get_if<FollowRequest>(&packet)) serve(from, request->from);
}

void VirtualChain::serve(ActorId from, Height first) {
    const std::deque<ExecutedPtr> blocks = history_;  // a copy: a receiver may react at once
    for (const ExecutedPtr& block : blocks) {
        if (block->state.head.height >= first)
            setup_.environment->send(from, AcceptedPacket{block});
    }
}

void VirtualChain::take(const OperationPtr& received) {
    // A refused operation is dropped, as in full fidelity; its sender resends it.
    const auto offer = offer_of(tip_->state, *setup_.rules, *received);
    const Status taken =
        offer ? mempool_.add(received, *offer, tip_->state) : Status(tl::unexpected(offer.error()));
    if (setup_.observer != nullptr) setup_.observer->on_offered(0, queue_view(), received, taken);
    if (!offer) return;
    if (taken && !setup_.watchers.empty()) {
        // Deferred: the sender is in the middle of a call, and so may a watcher be.
        if (untold_.empty()) setup_.environment->set_timer(0, kTellTimer);
        untold_.push_back(received);
    }
    consider_building();
}

void VirtualChain::notify_watchers() {
    const std::vector<OperationPtr> news = std::exchange(untold_, {});
    for (const OperationPtr& operation : news) {
        const Packet packet = PendingPacket{operation};
        for (const ActorId watcher : setup_.watchers) setup_.environment->send(watcher, packet);
    }
}

void VirtualChain::consider_building() {
    if (timer_is_set_) return;
    const State& state = tip_->state;
    if (!mempool_.has_work() && state.height_timers.empty() && state.time_timers.empty()) return;
    const std::uint64_t now = setup_.environment->clock();
    const std::uint64_t slot =
        std::max(state.head.timestamp_ns + setup_.chain.block_interval_ns, now);
    setup_.environment->set_timer(static_cast<SimTime>(slot - now), kBlockTimer);
    timer_is_set_ = true;
}

void VirtualChain::wake(std::uint64_t tag) {
    if (tag == kTellTimer) return notify_watchers();
    if (tag == kFinalTimer) return finalise_next();
    timer_is_set_ = false;
    build();
}

ValidatorIndex VirtualChain::draw_proposer() {
    const std::uint64_t point = proposers_.below(stake_up_to_.back());
    const auto found = std::ranges::upper_bound(stake_up_to_, point);
    return ValidatorIndex{static_cast<std::uint32_t>(found - stake_up_to_.begin())};
}

// Draws proposers until one builds. Each has its own beacon, so a proposer that declines changes
// the draw.
ValidatorIndex VirtualChain::choose_proposer(Hash32& beacon) {
    for (std::uint32_t turn = 0;; ++turn) {
        Writer entropy;
        entropy.fixed(tip_->state.head.beacon)
            .u64(setup_.run_seed)
            .u64(tip_->state.head.height + 1);
        if (turn > 0) entropy.u32(turn);
        beacon = rule_hash(entropy.view());
        const ValidatorIndex proposer = draw_proposer();
        // One that left the set for lack of stake cannot build, however many others decline.
        if (!tip_->state.validator(proposer).active) continue;
        if (turn >= kTurnsDeclinedMax ||
            setup_.strategies[proposer.value]->builds(tip_->state, beacon)) {
            return proposer;
        }
    }
}

// The selection refers to `censored`.
MempoolSelection VirtualChain::choose(ValidatorIndex proposer,
                                      std::vector<OperationPtr>& censored) {
    ValidatorStrategy& strategy = *setup_.strategies[proposer.value];
    strategy.begin_block(tip_->state.head.height + 1);
    schedule_.begin_block();
    const auto include = [this, &censored, who = &strategy](const OperationPtr& operation) {
        const bool proof = is_fraud_proof(operation->body());
        if (who->includes(*operation) && !(proof && schedule_.leaves_proofs_out())) return true;
        if (proof) censored.push_back(operation);
        return false;
    };
    return {mempool_, {setup_.chain.max_block_ops, setup_.chain.max_block_bytes}, include};
}

void VirtualChain::build() {
    const Height height = tip_->state.head.height + 1;
    Hash32 beacon;
    const ValidatorIndex proposer = choose_proposer(beacon);
    std::vector<OperationPtr> censored;
    MempoolSelection selection = choose(proposer, censored);
    const UnsealedRequest request{.id = block_name(height),
                                  .proposer = proposer,
                                  .timestamp_ns = setup_.environment->clock(),
                                  .beacon = beacon};
    const auto built = build_unsealed(*tip_, request, selection, *setup_.rules);
    if (!built) return setup_.on_stopped(built.error());
    if (!schedule_.paid().is_zero()) setup_.on_paid(proposer, schedule_.paid());
    for (const LeftOut& left : built->left_out)
        mempool_.note_refused(*left.operation, left.reason, height);
    const ExecutedPtr parent = std::exchange(tip_, built->executed);
    refresh_queue();
    if (setup_.observer != nullptr)
        setup_.observer->on_built(0, queue_view(),
                                  {tip_, parent->state, censored, built->left_out});
    built_.push_back({tip_, std::move(censored)});
    if (setup_.chain.finality_delay_ns == 0) {
        finalise_next();
    } else {
        setup_.environment->set_timer(static_cast<SimTime>(setup_.chain.finality_delay_ns),
                                      kFinalTimer);
    }
    consider_building();
}

void VirtualChain::refresh_queue() {
    const State& state = tip_->state;
    mempool_.remove_stale(state, tip_->block->operations());
    note_changes(mempool_, *tip_);
    mempool_.refresh(state, [&](const SignedOperation& operation) {
        return fitness_of(state, *setup_.rules, operation);
    });
}

void VirtualChain::finalise_next() {
    const Built next = std::move(built_.front());
    built_.pop_front();
    history_.push_back(next.block);
    if (history_.size() > setup_.history_kept) history_.pop_front();
    setup_.on_block(next.block, next.censored);
    const Packet news = AcceptedPacket{next.block};
    for (const ActorId follower : setup_.followers) setup_.environment->send(follower, news);
}

}  // namespace aivm::sim
