#include "sim/actors/validator.h"

#include <algorithm>

#include "core/base/digest.h"
#include "core/base/mutant.h"
#include "sim/consensus/proposer_schedule.h"

namespace aivm::sim {
namespace {

// Timer tags of the validator itself; those of the engine have smaller numbers
// (consensus/timers.h).
constexpr std::uint64_t kListenTag = std::uint64_t{0xEF} << 56;
constexpr std::uint64_t kBuildTag = std::uint64_t{0xF0} << 56;
constexpr std::uint64_t kLateTag = std::uint64_t{0xF1} << 56;  // and the number of a late packet

constexpr std::size_t kHistoryBlocks = 64;
constexpr std::size_t kFollowBlocksMax = 32;  // sent to a follower at once
constexpr std::size_t kServedBlocksMax = kBlocksPerReplyMax;
constexpr Height kHeightMax = ~Height{0};
constexpr std::uint32_t kProposersDrawn = 8;
// A block from a future further than this is judged again after this.
constexpr std::uint64_t kDueDelayMax = 24 * 3600 * static_cast<std::uint64_t>(kSecond);
// How long a node that starts again listens before it builds, where votes are polls.
constexpr SimTime kListenTime = 10 * kSecond;
constexpr std::size_t kSignaturesKept = 1024;

}  // namespace

ValidatorActor::ValidatorActor(ValidatorSetup setup, Signer signer,
                               std::unique_ptr<ValidatorStrategy> strategy)
    : strategy_(std::move(strategy)),
      setup_(std::move(setup)),
      signer_(signer),
      random_(setup_.environment->stream(Purpose::kConsensus)),
      secrets_(setup_.run_seed, setup_.self) {
    AIVM_CHECK(setup_.disk != nullptr && setup_.observer != nullptr && strategy_ != nullptr &&
               setup_.engine != nullptr);
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
    doubled_.clear();
    late_.clear();
}

void ValidatorActor::restart() {
    AIVM_CHECK(!running());
    ++incarnation_;
    setup_.disk->power_on();
    boot(true);
}

void ValidatorActor::boot(bool bootstrap) {
    const bool disk_was_empty = setup_.disk->empty();
    Result<Vm> opened = Vm::open(setup_.vm);
    if (!opened) return stop(opened.error());
    vm_.emplace(std::move(*opened));
    if (const Status noted = note_disk(disk_was_empty); !noted) return stop(noted.error());
    const auto own = vm_->own_undecided();
    if (!own) return stop(own.error());
    std::vector<Item> own_items;
    for (const BlockPtr& block : *own) {
        bodies_.emplace(block->id(), block);
        own_items.push_back(item_of(info_of(*block)));
    }
    // Before the engine has its own blocks verified again.
    if (bootstrap) setup_.observer->on_restarted(setup_.self, *vm_);
    engine_ = setup_.make_engine(*this, random_, epoch_.start(setup_.stakes, vm_->state()));
    const ExecutedPtr tip = vm_->executed(vm_->last_accepted());
    history_.push_back(tip);
    const BlockInfo last{tip->id, tip->block ? tip->block->parent() : Hash32{},
                         tip->state.head.height};
    auto records = NodeRecords(*setup_.disk).engine_records();
    if (!records) return stop(records.error());
    listens_ = bootstrap && setup_.engine->polls;
    listen_until_.reset();
    step(
        Started{item_of(last), incarnation_, bootstrap, std::move(*records), std::move(own_items)});
    if (running()) consider_building();
}

// A node that starts again with nothing on its disk has lost its record of what it signed.
Status ValidatorActor::note_disk(bool disk_was_empty) {
    NodeRecords records(*setup_.disk);
    if (disk_was_empty && incarnation_ > 0 && setup_.silent_blocks > 0 && !AIVM_MUTANT(B7))
        AIVM_TRY(records.set_silent_until(kHeightMax));
    AIVM_ASSIGN(silent_until_, records.silent_until());
    return {};
}

bool ValidatorActor::signed_by(VoterIndex validator, const SigningSlot& slot, const Hash32& message,
                               const Bytes& signature) const {
    return is_signed_vote(vm_->state(), *setup_.vm.rules, validator, slot, message, signature);
}

void ValidatorActor::end_silence_of_the_start() {
    if (silent_until_ != kHeightMax || engine_->bootstrapping()) return;
    silent_until_ = vm_->last_accepted_height() + setup_.silent_blocks;
    const Status stored = NodeRecords(*setup_.disk).set_silent_until(silent_until_);
    if (!stored) stop(stored.error());
}

// Its disk may have lost the last writes, and with them a block that it signed, without a trace.
// The others show it that block when they ask about it, and it counts as signed.
bool ValidatorActor::is_listening() {
    if (!listens_) return false;
    if (engine_->bootstrapping()) return true;
    const SimTime now = setup_.environment->now();
    if (!listen_until_) {
        listen_until_ = now + kListenTime;
        setup_.environment->set_timer(kListenTime, kListenTag);
    }
    listens_ = now < *listen_until_;
    return listens_;
}

void ValidatorActor::note_epoch() {
    if (const auto begun = epoch_.advance(vm_->state())) step(*begun);
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
    } else if (const auto* raw = std::get_if<RawPacket>(&packet)) {
        const auto decoded = decode_packet(raw->frame, setup_.engine->decode);
        return decoded ? receive(from, *decoded) : drop_malformed();
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

void ValidatorActor::receive_corrupted(ActorId from, const Packet& packet,
                                       const Corruption& corruption) {
    RawPacket arrived = with_flipped_bits(packet, {});
    flip_bits(corruption, arrived.frame);
    receive(from, arrived);
}

Status ValidatorActor::offer(const OperationPtr& operation) {
    const Status taken = vm_->submit(operation);
    setup_.observer->on_offered(setup_.self, queue_view_of(*vm_), operation, taken);
    return taken;
}

void ValidatorActor::take(ActorId from, const ConsensusPacket& packet) {
    if (packet.body) take_body(from, packet.body);
    if (!running()) return;
    if (observes_polls()) setup_.observer->on_message_received(setup_.self, from, packet.message);
    step(MessageReceived{from, packet.message});
}

void ValidatorActor::take_body(ActorId from, const BlockPtr& block) {
    if (!running() || vm_->executed(block->id())) return;
    // The id does not cover the signature: a copy with another one must not stand for the block.
    if (!is_signed_by_proposer(*block)) {
        setup_.observer->on_verdict(setup_.self, *vm_, *block, fail(ErrorCode::kNotAuthorized));
        return drop_malformed();
    }
    bodies_.emplace(block->id(), block);
    step(ItemReceived{from, item_of(info_of(*block))});
}

bool ValidatorActor::is_signed_by_proposer(const Block& block) const {
    const auto& validators = vm_->state().validators;
    const std::size_t proposer = block.header().proposer.value;
    return proposer < validators.size() &&
           setup_.vm.rules->authorizer->verify(validators[proposer].address,
                                               block.slot_message(setup_.vm.rules->chain_id),
                                               block.authorization());
}

void ValidatorActor::drop_malformed() {
    ++malformed_dropped_;
    setup_.observer->on_malformed(setup_.self);
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
    } else if (tag >= kLateTag) {
        const auto late = late_.extract(tag - kLateTag);
        if (late) setup_.environment->send(late.mapped().to, late.mapped().packet);
    } else if (tag != kListenTag) {
        step(TimerFired{TimerId{tag}});
    }
    if (running()) consider_building();
}

// --- Actions of the engine ---

void ValidatorActor::step(const Input& input) {
    actions_.run([&](Actions& out) { engine_->step(setup_.environment->now(), input, out); },
                 [this] { return running(); },
                 [this]<class Each>(Each&& action) { act(std::forward<Each>(action)); },
                 [this](const Action& action) {
                     if (const auto* const send = std::get_if<Send>(&action))
                         setup_.environment->prefetch_send(send->to);
                 });
}

void ValidatorActor::act(Send action) {
    if (observes_polls()) setup_.observer->on_message_sent(setup_.self, action.to, action.message);
    if (setup_.engine->voting != nullptr) note_vote(action);
    Outgoing outgoing{.message = std::move(action.message), .voting = setup_.engine->voting};
    strategy_->sends(action.to, outgoing);
    if (outgoing.drop) return;
    if (outgoing.instead)
        return send_later(action.to, *std::move(outgoing.instead), outgoing.delay);
    ConsensusPacket packet{std::move(outgoing.message), nullptr};
    if (const auto attached = packet.message.attached_item()) {
        const auto body = vm_->get_block(*attached);
        if (body) packet.body = *body;
    }
    send_later(action.to, std::move(packet), outgoing.delay);
}

void ValidatorActor::send_later(ActorId to, Packet packet, SimTime delay) {
    if (delay == 0) return setup_.environment->send(to, packet);
    setup_.environment->set_timer(delay, kLateTag + next_late_);
    late_.emplace(next_late_++, LatePacket{to, std::move(packet)});
}

void ValidatorActor::note_vote(Send& action) {
    const VotingRules& voting = *setup_.engine->voting;
    if (voting.round_in != nullptr) {
        if (const auto round = voting.round_in(action.message))
            setup_.observer->on_round(setup_.self, *round);
    }
    const auto sent = doubled_.pass({voting, *strategy_, signer_, setup_.vm.rules->chain_id},
                                    action.to, action.message);
    if (sent.beside) {
        // Whoever receives it is shown the other one by a certificate.
        const ActorId other = (action.to + 1) % static_cast<ActorId>(setup_.stakes->size());
        if (other != setup_.self)
            setup_.environment->send(other, ConsensusPacket{*sent.beside, nullptr});
    }
    if (sent.vote) setup_.observer->on_vote(setup_.self, *sent.vote);
}

void ValidatorActor::act(const Fetch& action) {
    setup_.environment->send(action.from, BlockRequest{action.id, action.count});
}

void ValidatorActor::act(const Verify& action) {
    const auto found = bodies_.find(action.id);
    if (found == bodies_.end()) return;
    const BlockPtr block = found->second;
    const Verdict verdict = verdict_on(block);
    const bool is_final =
        verdict.validity == Validity::kValid || verdict.validity == Validity::kInvalid;
    if (is_final) bodies_.erase(action.id);
    if (verdict.validity == Validity::kValid) {
        note_signature(*block);
        note_undecided(info_of(*block));
        setup_.observer->on_verified(setup_.self, *vm_, vm_->executed(action.id));
    }
    step(verdict);
}

Verdict ValidatorActor::verdict_on(const BlockPtr& block) {
    if (!engine_->bootstrapping() && !strategy_->tolerates(*block))
        return {block->id(), Validity::kInvalid};
    const TimestampNs clock = setup_.environment->clock();
    const Status status = vm_->verify(block, clock);
    if (!engine_->bootstrapping()) setup_.observer->on_verdict(setup_.self, *vm_, *block, status);
    if (status) return {block->id(), Validity::kValid};
    switch (status.error().code) {
        case ErrorCode::kTooEarly: {
            const TimestampNs due =
                block->header().timestamp_ns - setup_.vm.rules->parameters.policy.max_clock_skew_ns;
            const auto wait = std::min<std::uint64_t>(due - clock, kDueDelayMax);
            return {block->id(), Validity::kNotBefore,
                    setup_.environment->now() + static_cast<SimTime>(wait)};
        }
        case ErrorCode::kBadParent:
            return {block->id(), Validity::kUnknownParent};
        default:
            return {block->id(), Validity::kInvalid};
    }
}

void ValidatorActor::act(const Discard& action) { bodies_.erase(action.id); }

void ValidatorActor::act(const Accept& action) {
    const ExecutedPtr executed = vm_->executed(action.id);
    setup_.observer->before_accept(setup_.self, *vm_, executed, action.by);
    if (const Status status = vm_->accept(action.id); !status) return stop(status.error());
    setup_.observer->on_accepted(setup_.self, *vm_, executed);
    if (!setup_.followers.empty()) history_.push_back(executed);
    if (history_.size() > kHistoryBlocks) history_.pop_front();
    std::erase_if(undecided_, [&](const BlockInfo& each) { return each.id == action.id; });
    for (const ActorId follower : setup_.followers) {
        if (serves(follower)) setup_.environment->send(follower, AcceptedPacket{executed});
    }
    note_epoch();
}

void ValidatorActor::act(const Reject& action) {
    const ExecutedPtr executed = vm_->executed(action.id);
    std::erase_if(undecided_, [&](const BlockInfo& each) { return each.id == action.id; });
    setup_.observer->before_reject(setup_.self, *vm_, executed);
    if (const Status status = vm_->reject(action.id); !status) return stop(status.error());
    if (executed->block) {
        const std::uint32_t proposer = executed->block->header().proposer.value;
        strategy_->rejected(*executed->block, executed->state.validators[proposer].address);
    }
    setup_.observer->on_rejected(setup_.self, *vm_, executed);
}

void ValidatorActor::act(const Prefer& action) {
    if (const Status status = vm_->set_preference(action.tips.at(0)); !status) stop(status.error());
}

void ValidatorActor::act(const SetTimer& action) {
    setup_.environment->set_timer(static_cast<SimTime>(action.delay_ns), action.id.value);
}

void ValidatorActor::act(const Persist& action) {
    if (const Status status = NodeRecords(*setup_.disk).put(action.record); !status)
        return stop(status.error());
    step(Persisted{action.number});
}

void ValidatorActor::act(const Sign& action) {
    end_silence_of_the_start();
    if (!running()) return;
    if (action.slot.height <= silent_until_)
        return step(SlotSigned{action.slot, action.message, std::nullopt});
    const auto answer = sign_once(*setup_.disk, signer_, setup_.vm.rules->chain_id, action);
    if (!answer) return stop(answer.error());
    step(*answer);
}

void ValidatorActor::act(const SubmitEvidence& action) {
    auto evidence = evidence_of(action);
    if (evidence && strategy_->reports_equivocation()) report(*std::move(evidence));
}

void ValidatorActor::act(const PublishCertificate& action) {
    setup_.observer->on_certificate(setup_.self, action);
}

// --- Building ---

// When this node may build on the preferred block. The slot opens a block interval after the parent
// or, on a chain that was idle, when there is work: with the parent's time alone all turns of an
// idle chain would already be open. An engine with turns of its own asks whom it wants.
std::uint64_t ValidatorActor::turn_ns() const {
    const State& parent = vm_->preferred_state();
    const std::uint64_t slot_ns =
        std::max(parent.head.timestamp_ns + setup_.block_interval_ns, setup_.environment->clock());
    if (setup_.engine->sole_proposer || setup_.engine->own_turns) return slot_ns;
    const ProposerSchedule schedule(epoch_.stakes(),
                                    {setup_.run_seed, vm_->preferred(), parent.head.height + 1},
                                    kProposersDrawn);
    return slot_ns + schedule.delay_ns(setup_.self, setup_.fallback_delay_ns);
}

bool ValidatorActor::wants_block() const {
    return engine_->wants_block() && (vm_->wants_block() || engine_->needs_block());
}

void ValidatorActor::consider_building() {
    if (!setup_.proposes || building_on_ == vm_->preferred()) return;
    if (is_listening()) return;
    end_silence_of_the_start();
    if (!running() || vm_->preferred_state().head.height < silent_until_) return;
    if (!wants_block()) return;
    building_on_ = vm_->preferred();
    turn_ns_ = turn_ns();
    set_build_timer();
}

void ValidatorActor::set_build_timer() {
    ++build_timers_;
    setup_.environment->set_timer(static_cast<SimTime>(turn_ns_ - setup_.environment->clock()),
                                  kBuildTag);
}

void ValidatorActor::build() {
    if (building_on_ != vm_->preferred())
        return;  // the preference has changed; another timer is set for the new one
    if (setup_.environment->clock() < turn_ns_) {   // a timer set earlier for this parent,
        if (build_timers_ == 0) set_build_timer();  // or the clock was set back since
        return;
    }
    building_on_.reset();
    if (!wants_block()) return;
    if (has_signed_on_preferred()) {
        building_on_ = vm_->preferred();
        return;
    }
    const Validator& self = vm_->preferred_state().validators[setup_.self];
    Vm::BuildOptions options;
    secrets_.reveal(self.beacon_commitment, options.request);
    const Hash32 beacon =
        next_beacon(vm_->preferred_state().head.beacon, options.request.beacon_secret);
    // A sole proposer has no one to leave the block to.
    if (!setup_.engine->sole_proposer && !strategy_->builds(vm_->preferred_state(), beacon)) {
        building_on_ = vm_->preferred();  // the next proposer builds
        return;
    }
    std::vector<OperationPtr> censored;
    std::vector<LeftOut> refused;
    options.refused = &refused;
    options.request.proposer = ValidatorIndex{setup_.self};
    options.request.timestamp_ns = setup_.environment->clock();
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
    step(ItemBuilt{item_of(info_of(**block))});
    if (running() && parent && strategy_->builds_twice())
        build_twice(built, parent, options.request);
    if (running() && parent) forge(built, parent, options.request);
}

// --- Undecided blocks, signatures, and two blocks for one slot ---

void ValidatorActor::note_undecided(const BlockInfo& block) {
    const auto after = std::ranges::upper_bound(undecided_, block.height, {}, &BlockInfo::height);
    undecided_.insert(after, block);
}

void ValidatorActor::note_signature(const Block& block) {
    const auto [first, is_new] = signed_.try_emplace({block.slot(), block.header().proposer.value},
                                                     Signature{block.id(), block.authorization()});
    if (!is_new && first->second.id != block.id() && strategy_->reports_equivocation()) {
        op::Evidence evidence;
        evidence.validator = block.header().proposer.value;
        evidence.slot = block.height();
        evidence.parent = block.parent();
        evidence.first_id = first->second.id;
        evidence.first_authorization = first->second.authorization;
        evidence.second_id = block.id();
        evidence.second_authorization = block.authorization();
        report(std::move(evidence));
    }
    while (signed_.size() > kSignaturesKept) signed_.erase(signed_.begin());
}

// Its own record may say nothing of that block, if the disk lost it: then the others have shown it.
bool ValidatorActor::has_signed_on_preferred() const {
    const ProposalSlot slot{vm_->preferred_state().head.height + 1, vm_->preferred()};
    return signed_.contains({slot, setup_.self});
}

void ValidatorActor::report(op::Evidence evidence) {
    const auto operation = reports_.make(vm_->state(), signer_, std::move(evidence));
    if (operation == nullptr) return;
    static_cast<void>(offer(operation));  // refused only if another node was faster
    for (ActorId other = 0; other < setup_.stakes->size(); ++other) {
        if (other != setup_.self) setup_.environment->send(other, OperationPacket{operation});
    }
}

// The second block is empty and a nanosecond later; every second node receives it.
void ValidatorActor::build_twice(const ExecutedPtr& first, const ExecutedPtr& parent,
                                 BuildRequest request) {
    request.timestamp_ns += 1;
    const auto second = build_on(*parent, request, {}, *setup_.vm.rules);
    if (!second || second->executed->id == first->id) return;
    for (ActorId other = 0; other < setup_.stakes->size(); ++other) {
        if (other == setup_.self || other % 2 == 0) continue;
        setup_.environment->send(other, BlockReply{{second->executed->block}});
    }
    strategy_->built_twice({second->executed->id, second->executed->block->height()});
}

void ValidatorActor::forge(const ExecutedPtr& built, const ExecutedPtr& parent,
                           const BuildRequest& request) {
    const auto forged =
        strategy_->forges(OwnBlock{*built, *parent, *setup_.vm.rules, request.sign});
    if (!forged) return;
    setup_.observer->on_forged(setup_.self, *forged);
    for (ActorId other = 0; other < setup_.stakes->size(); ++other) {
        if (other != setup_.self) setup_.environment->send(other, BlockReply{{forged->block}});
    }
}

}  // namespace aivm::sim
