#include "sim/actors/validator.h"

#include <algorithm>

#include "core/base/digest.h"
#include "sim/consensus/proposer_schedule.h"

namespace aivm::sim {
namespace {

// Timer tags of the validator itself; those of the engine have smaller numbers
// (consensus/timers.h).
constexpr std::uint64_t kBuildTag = std::uint64_t{0xF0} << 56;
constexpr std::uint64_t kRetryTag = std::uint64_t{0xF1} << 56;

constexpr std::size_t kHistoryBlocks = 64;
constexpr std::size_t kFollowBlocksMax = 32;  // sent to a follower at once
constexpr std::size_t kServedBlocksMax = 64;
constexpr std::uint32_t kProposersDrawn = 8;
constexpr SimTime kTooEarlyRetry =
    1 * kSecond;  // a block from the future is tried again after this
constexpr std::uint64_t kSecretsSearched = 1 << 20;
constexpr std::size_t kSignaturesKept = 1024;

}  // namespace

ValidatorActor::ValidatorActor(ValidatorSetup setup, Signer signer,
                               std::unique_ptr<ValidatorStrategy> strategy)
    : setup_(std::move(setup)),
      signer_(signer),
      strategy_(std::move(strategy)),
      random_(setup_.environment->stream(Purpose::kConsensus)) {
    AIVM_CHECK(setup_.disk != nullptr && setup_.observer != nullptr && strategy_ != nullptr);
}

// --- Starting and stopping ---

void ValidatorActor::start() { boot(false); }

void ValidatorActor::crash() {
    if (running()) setup_.observer->on_queue_lost(setup_.self);
    vm_.reset();
    engine_.reset();
    actions_.clear();
    bodies_.clear();
    history_.clear();
    building_on_.reset();
    build_timers_ = 0;
    undecided_.clear();
    signed_.clear();
}

void ValidatorActor::restart() {
    ++incarnation_;
    setup_.disk->power_on();
    boot(true);
    if (running()) setup_.observer->on_restarted(setup_.self, *vm_);
}

void ValidatorActor::boot(bool bootstrap) {
    Result<Vm> opened = Vm::open(setup_.vm);
    if (!opened) return stop(opened.error());
    vm_.emplace(std::move(*opened));
    engine_ = setup_.make_engine(*this, random_);
    const ExecutedPtr tip = vm_->executed(vm_->last_accepted());
    history_.push_back(tip);
    const BlockInfo last{tip->id, tip->block ? tip->block->parent() : Hash32{},
                         tip->state.head.height};
    engine_->start(last, {incarnation_, bootstrap}, actions_);
    run_actions();
    if (running()) consider_building();
}

void ValidatorActor::stop(const Error& error) {
    crash();
    setup_.observer->on_stopped(setup_.self, error);
}

std::optional<Hash32> ValidatorActor::accepted_at(Height height) const {
    const auto id = vm_->block_id_at_height(height);
    return id ? std::optional(*id) : std::nullopt;
}

void ValidatorActor::vote(const PollQuestion& question, Vote& answer) {
    strategy_->vote({question, undecided_}, answer);
}

// --- Packets and timers ---

void ValidatorActor::receive(ActorId from, const Packet& packet) {
    if (!running()) return;
    if (const auto* p = std::get_if<ConsensusPacket>(&packet)) {
        take(from, *p);
    } else if (const auto* request = std::get_if<BlockRequest>(&packet)) {
        serve(from, *request);
    } else if (const auto* reply = std::get_if<BlockReply>(&packet)) {
        for (const BlockPtr& block : reply->blocks) take_body(from, block);
    } else if (const auto* follow = std::get_if<FollowRequest>(&packet)) {
        serve(from, *follow);
    } else if (const auto* operation = std::get_if<OperationPacket>(&packet)) {
        // A refused operation is dropped: its sender watches the chain and tries again.
        if (offer(operation->operation)) {
            for (const ActorId watcher : setup_.watchers) {
                setup_.environment->send(watcher, PendingPacket{operation->operation});
            }
        }
    }
    if (running()) consider_building();
}

Status ValidatorActor::offer(const OperationPtr& operation) {
    const Status taken = vm_->submit(operation);
    setup_.observer->on_offered(setup_.self, queue_view_of(*vm_), operation, taken);
    return taken;
}

void ValidatorActor::take(ActorId from, const ConsensusPacket& packet) {
    if (packet.body) take_body(from, packet.body);
    if (!running()) return;
    engine_->on_message(from, packet.message, actions_);
    run_actions();
}

void ValidatorActor::take_body(ActorId from, const BlockPtr& block) {
    if (!running() || vm_->executed(block->id())) return;
    bodies_.emplace(block->id(), block);
    engine_->on_body(from, info_of(*block), actions_);
    run_actions();
}

void ValidatorActor::serve(ActorId from, const BlockRequest& request) {
    BlockReply reply;
    Hash32 id = request.id;
    const std::size_t count = std::min<std::size_t>(request.count, kServedBlocksMax);
    while (reply.blocks.size() < count) {
        const auto block = vm_->get_block(id);
        if (!block) break;
        reply.blocks.push_back(*block);
        id = (*block)->parent();
    }
    if (!reply.blocks.empty()) setup_.environment->send(from, std::move(reply));
}

bool ValidatorActor::serves(ActorId follower) {
    return !setup_.who || strategy_->serves(setup_.who(follower));
}

void ValidatorActor::serve(ActorId from, const FollowRequest& request) {
    if (!serves(from)) return;
    std::size_t sent = 0;
    for (const ExecutedPtr& executed : history_) {
        if (executed->state.head.height < request.from || !executed->block) continue;
        if (++sent > kFollowBlocksMax) break;
        setup_.environment->send(from, AcceptedPacket{executed});
    }
}

void ValidatorActor::wake(std::uint64_t tag) {
    if (!running()) return;
    if (tag == kBuildTag) {
        --build_timers_;
        build();
    } else if (tag == kRetryTag) {
        std::vector<Hash32> waiting;
        for (const auto& [id, body] : bodies_) waiting.push_back(id);
        for (const Hash32& id : waiting) {
            if (running()) act(Verify{id});
        }
        run_actions();
    } else {
        engine_->on_timer(TimerId{tag}, actions_);
        run_actions();
    }
    if (running()) consider_building();
}

// --- Actions of the engine ---

void ValidatorActor::run_actions() {
    if (acting_) return;  // the loop below is running and will reach the new actions
    acting_ = true;
    for (std::size_t i = 0; running() && i < actions_.size(); ++i) {
        const Action action = actions_[i];  // a copy: carrying it out may append
        std::visit([this](const auto& a) { act(a); }, action);
    }
    actions_.clear();
    acting_ = false;
}

void ValidatorActor::act(const Send& action) {
    ConsensusPacket packet{action.message, nullptr};
    if (const auto attached = action.message.attached_block()) {
        const auto body = vm_->get_block(*attached);
        if (body) packet.body = *body;
    }
    setup_.environment->send(action.to, std::move(packet));
}

void ValidatorActor::act(const Fetch& action) {
    setup_.environment->send(action.from, BlockRequest{action.id, action.count});
}

void ValidatorActor::act(const Verify& action) {
    const auto found = bodies_.find(action.id);
    if (found == bodies_.end()) return;
    const BlockPtr block = found->second;
    if (!engine_->bootstrapping() && !strategy_->tolerates(*block)) {
        bodies_.erase(action.id);
        return engine_->on_invalid(action.id, actions_);
    }
    const Status status = vm_->verify(block, setup_.environment->clock());
    if (!status && status.error().code == ErrorCode::kTooEarly) {
        setup_.environment->set_timer(kTooEarlyRetry, kRetryTag);
        return;
    }
    bodies_.erase(action.id);
    if (!status) return engine_->on_invalid(action.id, actions_);
    note_signature(*block);
    note_undecided(info_of(*block));
    setup_.observer->on_verified(setup_.self, *vm_, vm_->executed(action.id));
    engine_->on_verified(info_of(*block), actions_);
}

void ValidatorActor::act(const Discard& action) { bodies_.erase(action.id); }

void ValidatorActor::act(const Accept& action) {
    const ExecutedPtr executed = vm_->executed(action.id);
    setup_.observer->before_accept(setup_.self, *vm_, executed, action.by);
    if (const Status status = vm_->accept(action.id); !status) return stop(status.error());
    setup_.observer->on_accepted(setup_.self, *vm_, executed);
    history_.push_back(executed);
    if (history_.size() > kHistoryBlocks) history_.pop_front();
    std::erase_if(undecided_, [&](const BlockInfo& each) { return each.id == action.id; });
    for (const ActorId follower : setup_.followers) {
        if (serves(follower)) setup_.environment->send(follower, AcceptedPacket{executed});
    }
}

void ValidatorActor::act(const Reject& action) {
    const ExecutedPtr executed = vm_->executed(action.id);
    std::erase_if(undecided_, [&](const BlockInfo& each) { return each.id == action.id; });
    setup_.observer->before_reject(setup_.self, *vm_, executed);
    if (const Status status = vm_->reject(action.id); !status) return stop(status.error());
    setup_.observer->on_rejected(setup_.self, *vm_, executed);
}

void ValidatorActor::act(const Prefer& action) {
    if (const Status status = vm_->set_preference(action.id); !status) stop(status.error());
}

void ValidatorActor::act(const SetTimer& action) {
    setup_.environment->set_timer(static_cast<SimTime>(action.delay_ns), action.id.value);
}

// --- Building ---

// When this node may build on the preferred block. The slot opens a block interval after the parent
// or, on a chain that was idle, when there is work: with the parent's time alone all turns of an
// idle chain would already be open.
std::uint64_t ValidatorActor::turn_ns() const {
    const State& parent = vm_->preferred_state();
    const std::uint64_t slot_ns =
        std::max(parent.head.timestamp_ns + setup_.block_interval_ns, setup_.environment->clock());
    if (setup_.sole_proposer) return slot_ns;
    const ProposerSchedule schedule(setup_.stakes,
                                    {setup_.run_seed, vm_->preferred(), parent.head.height + 1},
                                    kProposersDrawn);
    return slot_ns + schedule.delay_ns(setup_.self, setup_.fallback_delay_ns);
}

void ValidatorActor::consider_building() {
    if (!setup_.proposes || building_on_ == vm_->preferred()) return;
    if (!engine_->wants_block() || !vm_->wants_block()) return;
    building_on_ = vm_->preferred();
    turn_ns_ = turn_ns();
    set_build_timer();
}

void ValidatorActor::set_build_timer() {
    ++build_timers_;
    setup_.environment->set_timer(static_cast<SimTime>(turn_ns_ - setup_.environment->clock()),
                                  kBuildTag);
}

std::uint64_t ValidatorActor::find_secret(const Hash32& commitment) {
    for (std::uint64_t n = secrets_.size(); !secrets_.contains(commitment); ++n) {
        AIVM_CHECK(n < kSecretsSearched);
        secrets_.emplace(keccak256(beacon_secret(setup_.run_seed, setup_.self, n).view()), n);
    }
    return secrets_.at(commitment);
}

void ValidatorActor::build() {
    if (building_on_ != vm_->preferred())
        return;  // the preference has changed; another timer is set for the new one
    if (setup_.environment->clock() < turn_ns_) {   // a timer set earlier for this parent,
        if (build_timers_ == 0) set_build_timer();  // or the clock was set back since
        return;
    }
    building_on_.reset();
    if (!engine_->wants_block() || !vm_->wants_block()) return;
    const Validator& self = vm_->preferred_state().validators[setup_.self];
    const std::uint64_t secret = find_secret(self.beacon_commitment);
    const Hash32 beacon = next_beacon(vm_->preferred_state().head.beacon,
                                      beacon_secret(setup_.run_seed, setup_.self, secret));
    // A sole proposer has no one to leave the block to.
    if (!setup_.sole_proposer && !strategy_->builds(vm_->preferred_state(), beacon)) {
        building_on_ = vm_->preferred();  // the next proposer builds
        return;
    }
    std::vector<OperationPtr> censored;
    std::vector<LeftOut> refused;
    Vm::BuildOptions options;
    options.refused = &refused;
    options.request.proposer = ValidatorIndex{setup_.self};
    options.request.timestamp_ns = setup_.environment->clock();
    options.request.beacon_secret = beacon_secret(setup_.run_seed, setup_.self, secret);
    options.request.beacon_commitment =
        keccak256(beacon_secret(setup_.run_seed, setup_.self, secret + 1).view());
    options.request.sign = [this](const Hash32& message) { return signer_.sign(message); };
    options.operations_max = setup_.max_block_ops;
    options.bytes_max = setup_.max_block_bytes;
    options.include = [&](const OperationPtr& operation) {
        const bool included = strategy_->includes(*operation);
        if (!included && is_fraud_proof(operation->body())) censored.push_back(operation);
        return included;
    };
    strategy_->begin_block(vm_->preferred_state().head.height + 1);
    const auto block = vm_->build_block(options);
    if (!block) {
        // A slot that was signed before is not signed again; a storage error is a broken disk.
        if (block.error().code == ErrorCode::kStorage) return stop(block.error());
        building_on_ = vm_->preferred();
        return;
    }
    const ExecutedPtr built = vm_->executed((*block)->id());
    setup_.observer->on_verified(setup_.self, *vm_, built);
    if (!censored.empty()) setup_.observer->on_censored(setup_.self, built, censored);
    const ExecutedPtr parent = vm_->executed((*block)->parent());
    setup_.observer->on_built(setup_.self, queue_view_of(*vm_),
                              {built, vm_->preferred_state(), censored, refused});
    note_signature(**block);
    note_undecided(info_of(**block));
    engine_->on_own_block(info_of(**block), actions_);
    run_actions();
    if (running() && parent && strategy_->builds_twice())
        build_twice(built, parent, options.request);
}

// --- Undecided blocks, signatures, and two blocks for one slot ---

void ValidatorActor::note_undecided(const BlockInfo& block) {
    const auto after = std::ranges::upper_bound(undecided_, block.height, {}, &BlockInfo::height);
    undecided_.insert(after, block);
}

void ValidatorActor::note_signature(const Block& block) {
    const auto [first, is_new] = signed_.try_emplace(
        {block.height(), block.header().proposer.value}, Signed{block.id(), block.authorization()});
    if (!is_new && first->second.id != block.id() && strategy_->reports_equivocation()) {
        report(block, first->second.id, first->second.authorization);
    }
    while (signed_.size() > kSignaturesKept) signed_.erase(signed_.begin());
}

void ValidatorActor::report(const Block& second, const Hash32& first_id,
                            const Bytes& first_authorization) {
    op::Evidence evidence;
    evidence.validator = second.header().proposer.value;
    evidence.slot = second.height();
    evidence.first_id = first_id;
    evidence.first_authorization = first_authorization;
    evidence.second_id = second.id();
    evidence.second_authorization = second.authorization();
    const auto& known = vm_->state().validators[evidence.validator].slashed_slots;
    if (std::ranges::binary_search(known, evidence.slot)) return;
    nonce_ = std::max(nonce_, vm_->state().nonce(signer_.address(), Lane::kProofs)) + 1;
    Operation operation{signer_.address(), nonce_, std::move(evidence)};
    const Hash32 id = SignedOperation(operation, {}).id();
    const auto made =
        std::make_shared<const SignedOperation>(std::move(operation), signer_.sign(id));
    static_cast<void>(offer(made));  // refused only if another node was faster
    for (ActorId other = 0; other < setup_.stakes.size(); ++other) {
        if (other != setup_.self) setup_.environment->send(other, OperationPacket{made});
    }
}

// The second block is empty and a nanosecond later; every second node receives it.
void ValidatorActor::build_twice(const ExecutedPtr& first, const ExecutedPtr& parent,
                                 BuildRequest request) {
    request.timestamp_ns += 1;
    const auto second = build_on(*parent, request, {}, *setup_.vm.rules);
    if (!second || second->executed->id == first->id) return;
    for (ActorId other = 0; other < setup_.stakes.size(); ++other) {
        if (other == setup_.self || other % 2 == 0) continue;
        setup_.environment->send(other, BlockReply{{second->executed->block}});
    }
}

}  // namespace aivm::sim
