// A validator of a DAG: one replica of the VM on its own disk, driven by an engine of vertices. It
// issues vertices with the operations that are its own to carry, and cuts when it is its turn.
//
// Every operation reaches every validator. Each carries those of the accounts that are its own for
// now: an account belongs to one validator, and to the next one after some time, so that what a
// validator leaves undone is done by another. So operations of one account, which must come in
// order, stand in one line of vertices, and concurrent vertices seldom touch the same job.
//
// A validator whose disk was replaced does not know the numbers of the vertices that it has signed:
// it votes, and issues nothing any more.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "core/vm/dag_vm.h"
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
#include "sim/consensus/stake.h"
#include "sim/storage/sim_disk.h"

namespace aivm::sim {

struct DagValidatorSetup {
    ActorId self = 0;
    std::uint64_t run_seed = 0;
    SharedStakes stakes;  // by validator, at the start
    DagVm::Setup vm;      // its store is the node's disk
    SimDisk* disk = nullptr;
    MakeEngine make_engine;
    const EngineRow* engine = nullptr;
    std::uint64_t vertex_interval_ns = 0;
    std::uint64_t turn_ns = 0;  // for which an account is a validator's own to carry
    std::vector<ActorId> followers;
    std::vector<ActorId> watchers;  // those of them that receive PendingPackets
    Environment* environment = nullptr;
    NodeObserver* observer = nullptr;
};

class DagValidatorActor final : public Actor, private EngineHost {
public:
    DagValidatorActor(DagValidatorSetup setup, Signer signer,
                      std::unique_ptr<ValidatorStrategy> strategy);

    void start() override;
    void receive(ActorId from, const Packet& packet) override;
    void receive_corrupted(ActorId from, const Packet& packet,
                           const Corruption& corruption) override;
    void wake(std::uint64_t tag) override;
    void crash() override;
    void restart() override;

    // Null while the node is down.
    [[nodiscard]] const DagVm* vm() const { return vm_ ? &*vm_ : nullptr; }
    [[nodiscard]] const ConsensusEngine* engine() const { return engine_.get(); }
    // Has the VM verify a vertex that the engine did not ask about. Requires that the node is up.
    [[nodiscard]] Status verify_again(const VertexPtr& vertex) {
        return vm_->verify(vertex, {.now_ns = setup_.environment->clock(), .decided = true});
    }

private:
    [[nodiscard]] std::optional<Hash32> accepted_at(Height) const override { return std::nullopt; }
    [[nodiscard]] bool is_accepted(const Hash32& id) const override;
    [[nodiscard]] std::optional<Height> cut_number(const Hash32& id) const override;
    [[nodiscard]] bool signed_by(VoterIndex validator, const SigningSlot& slot,
                                 const Hash32& message, const Bytes& signature) const override;
    [[nodiscard]] bool has_work() const override { return vm_->wants_vertex(); }
    [[nodiscard]] bool observes_polls() const override {
        return setup_.observer->observes_polls(setup_.self);
    }
    void poll_begun(std::span<const VoterIndex> asked) override {
        setup_.observer->on_poll_begun(setup_.self, asked);
    }
    void vertices_polled(const VertexPollRecord& poll) override {
        setup_.observer->on_vertex_poll(setup_.self, poll);
    }

    void boot(bool bootstrap);
    [[nodiscard]] Status note_disk(bool disk_was_empty);
    void stop(const Error& error);
    void note_epoch();

    void take_body(ActorId from, const VertexPtr& vertex);
    [[nodiscard]] bool is_signed_by_proposer(const Vertex& vertex) const;
    void drop_malformed();
    void serve(ActorId from, const BlockRequest& request);
    void serve(ActorId from, const FollowRequest& request);
    [[nodiscard]] Status offer(const OperationPtr& operation);
    void send_later(ActorId to, Packet packet, SimTime delay);

    void step(const Input& input);
    void act(Send action);
    // Of an engine with signed votes: notes a vote on its way, which a strategy may contradict.
    void note_vote(ActorId to, Message& message);
    // Another cut of that number that the node knows.
    [[nodiscard]] std::optional<Hash32> rival_of_cut(const SignedVote& vote) const;
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
    void settle(const Hash32& cut_before);

    void set_issue_timer();
    void issue();
    void issue_vertex();
    void issue_cut();
    void admit_own(const VertexPtr& vertex);
    // Sends what its strategy makes of the vertex or cut that it has just built.
    void forge(const Vertex& built);
    [[nodiscard]] DagView view() const;
    // Another vertex with the same contents, signed for the same slot.
    [[nodiscard]] VertexPtr second_for(const Vertex& vertex) const;
    [[nodiscard]] std::vector<OperationPtr> signed_by_self(std::vector<OperationBody> bodies);
    [[nodiscard]] bool carries(const SignedOperation& operation) const;
    void reply_to(const Vertex& vertex);
    [[nodiscard]] Verdict verdict_on(const VertexPtr& vertex);
    // Records the signature, and submits evidence if the proposer signed another vertex for the
    // slot.
    void note_signature(const Vertex& vertex);
    void report(op::Evidence evidence);
    [[nodiscard]] Item item_of_vertex(const Vertex& vertex) const;
    [[nodiscard]] bool running() const { return vm_.has_value(); }

    DagValidatorSetup setup_;
    Signer signer_;
    std::unique_ptr<ValidatorStrategy> strategy_;
    RandomStream random_;
    std::uint32_t incarnation_ = 0;

    // Lost in a crash.
    std::optional<DagVm> vm_;
    std::unique_ptr<ConsensusEngine> engine_;
    ActionLoop actions_;
    std::map<Hash32, VertexPtr> bodies_;  // received, not yet verified
    std::deque<ExecutedPtr> history_;     // the last settled slices, for followers
    BeaconSecrets secrets_;
    EpochStakes epoch_;
    bool issue_timer_is_set_ = false;
    bool silent_ = false;  // it issues nothing
    struct LatePacket {
        ActorId to = 0;
        Packet packet;
    };
    std::map<std::uint64_t, LatePacket> late_;  // what its strategy holds back
    std::uint64_t next_late_ = 0;
    std::uint64_t nonce_ = 0;  // of the last operation that its strategy had it sign
    struct Signature {
        Hash32 id;
        std::uint64_t cut = 0;
        Bytes authorization;
    };
    std::map<std::pair<std::uint64_t, std::uint32_t>, Signature> signed_;  // by slot and proposer
    EvidenceReports reports_;
    DoubledVotes doubled_;
    std::map<std::uint64_t, std::set<Hash32>> cuts_;  // verified, the last ones by number
};

// A settled slice as a block of the same operations, without those that were void, whose parent is
// the cut before: the settled cuts are the chain that clients of a DAG follow.
ExecutedPtr block_of_slice(const CutResult& result, const Hash32& cut_before);

}  // namespace aivm::sim
