// The common part of the chain engines whose validators propose in turns and sign their votes: the
// undecided blocks and those on their way, the stakes and turns of the epoch, and the check of
// every vote's signature. What a vote means, and when a block is decided, is left to the engine
// that derives from it.
#pragma once

#include <optional>
#include <vector>

#include "sim/consensus/bft/messages.h"
#include "sim/consensus/bft/quorum.h"
#include "sim/consensus/bft/rotation.h"
#include "sim/consensus/block_steps.h"
#include "sim/consensus/signed_votes.h"
#include "sim/consensus/stake.h"
#include "sim/consensus/timers.h"
#include "sim/scenario/engines.h"

namespace aivm::sim {

class VotingEngine : public ConsensusEngine {
public:
    void step(SimTime now, const Input& input, Actions& out) final;
    [[nodiscard]] BlockRef last_accepted() const override { return tree().root(); }
    [[nodiscard]] BlockRef preferred() const override { return preferred_; }
    [[nodiscard]] std::size_t processing() const override { return tree().size(); }
    [[nodiscard]] const EngineCounters& counters() const override { return counters_; }

protected:
    struct Place {
        std::vector<std::uint64_t> stakes;  // of all validators, in `epoch`
        VoterIndex self = 0;
        std::uint64_t epoch = 0;
    };
    // Requires that some stake is above zero; `host` must outlive this. The engine holds at most
    // `blocks_held_max` bodies that are not verified, and asks another validator for one after
    // `timeout_ns`.
    VotingEngine(Place place, EngineHost& host, std::uint32_t blocks_held_max,
                 std::uint64_t timeout_ns);
    VotingEngine(const EngineSetup& setup, std::uint32_t blocks_held_max, std::uint64_t timeout_ns)
        : VotingEngine({{setup.stakes.begin(), setup.stakes.end()}, setup.self, setup.epoch},
                       setup.host, blocks_held_max, timeout_ns) {}

    // --- Inputs, after what all engines do with them ---

    // The tree begins at the last accepted block; own items are on their way into it.
    virtual void on_started(const Started& start, Actions& out) = 0;
    virtual void on_message(VoterIndex from, const Message& message, Actions& out) = 0;
    // A timer of the engine's own, not of the blocks on their way.
    virtual void on_timer(TimerUse use, std::uint64_t serial, Actions& out) = 0;
    virtual void on_body(VoterIndex from, const BlockInfo& block, Actions& out) {
        pending().body(from, block, out);
    }
    virtual void on_built(const BlockInfo& block, Actions& out) = 0;
    // `added` is the block, if it is valid and has entered the tree.
    virtual void on_verdict(const Verdict& verdict, const std::optional<BlockInfo>& added,
                            Actions& out) = 0;
    virtual void on_signed(const SlotSigned& answer, Actions& out) = 0;
    // Stakes and turns are those of the new epoch already.
    virtual void on_epoch(Actions& out) = 0;

    // --- What the engine knows ---

    [[nodiscard]] BlockTree& tree() { return blocks().tree; }
    [[nodiscard]] const BlockTree& tree() const { return blocks().tree; }
    [[nodiscard]] PendingBlocks& pending() { return blocks().pending; }
    [[nodiscard]] VoterIndex self() const { return self_; }
    [[nodiscard]] EngineHost& host() const { return host_; }
    [[nodiscard]] SimTime now() const { return now_; }
    [[nodiscard]] std::uint64_t timeout_ns() const { return timeout_ns_; }
    [[nodiscard]] std::uint64_t next_serial() { return blocks().next_serial++; }

    [[nodiscard]] const std::vector<std::uint64_t>& stakes() const { return stakes_; }
    [[nodiscard]] bool has_stake() const { return stakes_[self_] != 0; }
    [[nodiscard]] bool is_quorum(std::uint64_t stake) const {
        return stake >= quorum_of(sum_of(stakes_));
    }
    // Whether an honest validator is among those who have this stake.
    [[nodiscard]] bool has_an_honest(std::uint64_t stake) const {
        return stake >= honest_part_of(sum_of(stakes_));
    }
    [[nodiscard]] VoterIndex proposer(Height height, std::uint32_t round) const {
        return rotation_.proposer(height, round);
    }
    // Each of the others in its turn; nobody if there are none.
    std::optional<VoterIndex> next_to_probe();

    // The next block is to be built on this one, once it is verified.
    void prefer(const BlockRef& block, Actions& out);

    // --- Votes ---

    // Whether the sender signed the vote; counts those that it did not.
    [[nodiscard]] bool is_signed(VoterIndex from, const SignedVote& vote);
    [[nodiscard]] bool is_genuine(const QuorumCertificate& certificate) const;

    void send_all(const Message& message, Actions& out) const {
        sim::send_all(self_, stakes_.size(), message, out);
    }
    // The quorums that prove that the block of the first one is final.
    void publish(std::vector<QuorumCertificate> quorums, Actions& out) const;

    EngineCounters counters_;

private:
    struct Blocks {
        Blocks(VotingEngine& engine, const BlockRef& last_accepted, std::uint64_t serial);
        BlockTree tree;
        PendingBlocks pending;
        std::uint64_t next_serial;
    };
    [[nodiscard]] Blocks& blocks() {
        AIVM_CHECK(blocks_.has_value());
        return *blocks_;
    }
    [[nodiscard]] const Blocks& blocks() const {
        AIVM_CHECK(blocks_.has_value());
        return *blocks_;
    }

    void on(const Started& start, Actions& out);
    void on(const MessageReceived& received, Actions& out);
    void on(const TimerFired& fired, Actions& out);
    void on(const ItemReceived& received, Actions& out);
    void on(const ItemBuilt& built, Actions& out);
    void on(const Verdict& verdict, Actions& out);
    void on(const Persisted&, Actions&) {}
    void on(const SlotSigned& answer, Actions& out) { on_signed(answer, out); }
    void on(const EpochBegun& begun, Actions& out);

    VoterIndex self_;
    EngineHost& host_;
    std::uint32_t blocks_held_max_;
    std::uint64_t timeout_ns_;
    std::uint64_t epoch_;
    std::vector<std::uint64_t> stakes_;  // of all validators, in this epoch
    ProposerRotation rotation_;
    SimTime now_ = 0;
    VoterIndex probed_;
    BlockRef preferred_;
    std::optional<Blocks> blocks_;
};

// Fails where no validator has any stake, or all together too much.
template <class Engine>
Result<std::unique_ptr<ConsensusEngine>> make_voting_engine(const EngineSetup& setup) {
    AIVM_TRY(total_stake(setup.stakes).map([](std::uint64_t) {}));
    return std::make_unique<Engine>(setup);
}

}  // namespace aivm::sim
