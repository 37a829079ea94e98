// A validator: one replica of the VM on its own disk, driven by a consensus engine. It builds
// blocks when it is its turn and sends accepted blocks to the clients that follow it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "core/base/prefetch.h"
#include "core/vm/vm.h"
#include "sim/actors/action_buffer.h"
#include "sim/actors/actor.h"
#include "sim/actors/beacon_secrets.h"
#include "sim/actors/epoch_stakes.h"
#include "sim/actors/evidence_reports.h"
#include "sim/actors/node_observer.h"
#include "sim/actors/node_records.h"
#include "sim/actors/signing.h"
#include "sim/actors/strategy.h"
#include "sim/actors/votes.h"
#include "sim/consensus/block_info.h"
#include "sim/consensus/stake.h"
#include "sim/storage/sim_disk.h"

namespace aivm::sim {

struct ValidatorSetup {
    // What every message needs comes first.
    ActorId self = 0;
    bool proposes = true;
    Environment* environment = nullptr;
    const EngineRow* engine = nullptr;
    NodeObserver* observer = nullptr;
    std::uint64_t run_seed = 0;
    SharedStakes stakes;  // by validator, at the start
    Vm::Setup vm;         // its store is the node's disk
    SimDisk* disk = nullptr;
    MakeEngine make_engine;
    std::uint64_t block_interval_ns = 0;
    std::uint64_t fallback_delay_ns = 0;  // between the turns of two proposers
    std::size_t max_block_ops = kBlockOpsDefault;
    std::size_t max_block_bytes = kBlockSpaceBytesMax;
    // A node whose disk was replaced signs nothing up to this many blocks above what the others had
    // decided then: it may have signed blocks and votes there.
    Height silent_blocks = 0;
    std::vector<ActorId> followers;
    std::function<Follower(ActorId)> who;  // describes a follower; unset: every follower is served
    std::vector<ActorId> watchers;         // those of them that receive PendingPackets
};

class ValidatorActor final : public Actor, private EngineHost {
public:
    ValidatorActor(ValidatorSetup setup, Signer signer,
                   std::unique_ptr<ValidatorStrategy> strategy);

    void start() override;
    void receive(ActorId from, const Packet& packet) override;
    void receive_corrupted(ActorId from, const Packet& packet,
                           const Corruption& corruption) override;
    void wake(std::uint64_t tag) override;
    void crash() override;
    void restart() override;

    // Ask for the memory that a message will need: first that of the node itself, then that of its
    // engine and of what else it calls, then what the engine points to.
    void prefetch() const {
        prefetch_lines(this, kHotBytes);
        // The end of the VM: the block that it prefers, and whether there is one.
        prefetch_lines(reinterpret_cast<const char*>(&vm_ + 1) - kHotVmBytes, kHotVmBytes);
    }
    void prefetch_engine() const {
        prefetch_lines(engine_.get(), kHotEngineBytes);
        __builtin_prefetch(strategy_.get());
        __builtin_prefetch(setup_.environment);
    }
    void prefetch_state(const Packet& packet) const {
        const auto* consensus = std::get_if<ConsensusPacket>(&packet);
        if (engine_ && consensus != nullptr) engine_->prefetch(consensus->message);
    }

    // Null while the node is down.
    [[nodiscard]] const Vm* vm() const { return vm_ ? &*vm_ : nullptr; }
    [[nodiscard]] const ConsensusEngine* engine() const { return engine_.get(); }
    // Packets and bodies dropped because their bytes were wrong.
    [[nodiscard]] std::uint64_t malformed_dropped() const { return malformed_dropped_; }

private:
    [[nodiscard]] std::optional<Hash32> accepted_at(Height height) const override;
    [[nodiscard]] bool has_work() const override { return vm_->wants_block(); }
    [[nodiscard]] bool signed_by(VoterIndex validator, const SigningSlot& slot,
                                 const Hash32& message, const Bytes& signature) const override;
    void vote(const PollQuestion& question, Vote& answer) override;
    [[nodiscard]] bool observes_polls() const override {
        return setup_.observer->observes_polls(setup_.self);
    }
    void poll_begun(std::span<const VoterIndex> asked) override {
        setup_.observer->on_poll_begun(setup_.self, asked);
    }
    void polled(const PollRecord& poll) override { setup_.observer->on_poll(setup_.self, poll); }

    void boot(bool bootstrap);
    // Reports the validators' stakes to the engine if a new epoch began.
    void note_epoch();
    [[nodiscard]] Status note_disk(bool disk_was_empty);
    void end_silence_of_the_start();
    // Whether the node has started again so recently that it still listens before it builds.
    [[nodiscard]] bool is_listening();
    void stop(const Error& error);

    void take_body(ActorId from, const BlockPtr& block);
    [[nodiscard]] bool is_signed_by_proposer(const Block& block) const;
    void drop_malformed();
    void take(ActorId from, const ConsensusPacket& packet);
    void send_later(ActorId to, Packet packet, SimTime delay);
    void serve(ActorId from, const BlockRequest& request);
    void serve(ActorId from, const FollowRequest& request);

    // Hands the engine an input, and carries out its actions in order, including those that they
    // cause.
    void step(const Input& input);
    void act(Send action);
    // Of an engine with signed votes: notes a vote on its way, which a strategy may contradict.
    void note_vote(Send& action);
    void act(const Fetch& action);
    void act(const Verify& action);
    void act(const Discard& action);
    void act(const Accept& action);
    void act(const Reject& action);
    void act(const Prefer& action);
    void act(const SetTimer& action);
    void act(const Persist& action);
    void act(const Sign& action);
    void act(const SubmitEvidence& action);
    void act(const PublishCertificate& action);

    Status offer(const OperationPtr& operation);
    [[nodiscard]] bool serves(ActorId follower);
    void note_undecided(const BlockInfo& block);
    // Records the signature, and submits evidence if the proposer signed another block for the
    // slot.
    void note_signature(const Block& block);
    // Whether a block that this node signed on the preferred one is known here.
    [[nodiscard]] bool has_signed_on_preferred() const;
    void report(op::Evidence evidence);
    void build_twice(const ExecutedPtr& first, const ExecutedPtr& parent, BuildRequest request);
    void forge(const ExecutedPtr& built, const ExecutedPtr& parent, const BuildRequest& request);

    // Whether a block should be built now, whoever's turn it is.
    [[nodiscard]] bool wants_block() const;
    void consider_building();
    void set_build_timer();
    void build();
    [[nodiscard]] std::uint64_t turn_ns() const;
    [[nodiscard]] static BlockInfo info_of(const Block& block) {
        return {block.id(), block.parent(), block.height(), block.header().proposer.value};
    }
    [[nodiscard]] Verdict verdict_on(const BlockPtr& block);
    [[nodiscard]] bool running() const { return vm_.has_value(); }

    static constexpr std::size_t kHotBytes = 3 * kCacheLineBytes;
    static constexpr std::size_t kHotVmBytes = 2 * kCacheLineBytes;
    static constexpr std::size_t kHotEngineBytes = 8 * kCacheLineBytes;

    // Read for every message.
    std::unique_ptr<ConsensusEngine> engine_;  // lost in a crash, as are the next four
    ActionLoop actions_;
    std::optional<Hash32> building_on_;  // the parent for which a building timer is set
    std::vector<BlockInfo> undecided_;   // verified, by height
    bool listens_ = false;               // since its start
    // builds nothing up to this height; kHeightMax until it knows what the others decided
    Height silent_until_ = 0;
    std::unique_ptr<ValidatorStrategy> strategy_;
    ValidatorSetup setup_;

    Signer signer_;
    RandomStream random_;
    std::uint32_t incarnation_ = 0;
    std::uint64_t malformed_dropped_ = 0;

    // Lost in a crash.
    std::optional<Vm> vm_;
    std::optional<SimTime> listen_until_;  // once it has learned what the others decided
    EpochStakes epoch_;
    std::map<Hash32, BlockPtr> bodies_;  // received, not yet verified
    std::deque<ExecutedPtr> history_;    // the last accepted blocks, for followers
    std::uint64_t turn_ns_ = 0;          // the time it is set for
    std::uint32_t build_timers_ = 0;     // set and not fired
    BeaconSecrets secrets_;
    struct Signature {
        Hash32 id;
        Bytes authorization;
    };
    std::map<std::pair<ProposalSlot, std::uint32_t>, Signature> signed_;  // by slot and proposer
    DoubledVotes doubled_;
    struct LatePacket {
        ActorId to = 0;
        Packet packet;
    };
    std::map<std::uint64_t, LatePacket> late_;  // by timer: what a strategy sends later
    std::uint64_t next_late_ = 0;
    EvidenceReports reports_;
};

}  // namespace aivm::sim
