// What may differ between two actors of one role. A strategy sees what its actor sees and decides;
// the actor does the rest: following the chain, signing, computing, sending again what got lost.
// Implementations: scenarios/adversaries.
//
// A strategy is told its StrategyContext once, and then asked through views: of the node
// (NodeView), of a task (TaskView), of a dispute (DisputeView). References in views hold during the
// call only. Every hook but the first ones of a role has the honest answer as its default.
// Operations that a hook returns are sent in its own identity's name.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/chain/operation.h"
#include "core/execution/execute.h"
#include "core/registry/attestation.h"
#include "core/state/state.h"
#include "core/verification/bisection_play.h"
#include "sim/actors/device.h"
#include "sim/actors/packet.h"
#include "sim/actors/side_channel.h"
#include "sim/engine/random_stream.h"
#include "sim/engine/time.h"
#include "sim/scenario/setting.h"

namespace aivm::sim {

// What an actor is told before the run: public knowledge, and that of its principal.
struct StrategyContext {
    RandomStream random{{0, 0, 0}};  // its own, for its decisions
    Identity self;
    // all identities of its principal, itself included, by id
    std::shared_ptr<const std::vector<Identity>> accomplices;
    VmParameters rules;
    SimTime block_interval = 0;
    SideChannel* side = nullptr;  // outlives it

    [[nodiscard]] bool is_accomplice(const Address& address) const;
    [[nodiscard]] bool is_accomplice(const Provider& provider) const {
        return is_accomplice(provider.owner);
    }
};

// The chain as the node knows it.
struct NodeView {
    const Executed&
        tip;        // the newest block: what it carried and did (events), and the state after it
    bool complete;  // false: blocks before it were missed, and their events with them
    SimTime now;
    TimestampNs clock;  // now as a block timestamp

    [[nodiscard]] const State& state() const { return tip.state; }
    [[nodiscard]] Height height() const { return tip.state.head.height; }
};

// A task. Re-running the model is the strategy's to ask for, and costs its actor virtual time.
struct TaskView {
    const State& state;
    const Task& task;
    const Model& model;
    Kernels& kernels;
    TaskIndex index;
    SimTime now = 0;

    [[nodiscard]] Height height() const { return state.head.height; }
};

// A dispute that the strategy's actor is a side of.
struct DisputeView {
    const State& state;
    const Task& task;
    const Dispute& dispute;
    DisputeIndex index;
    // bisection: a provider's as posted, a challenger's as computed
    const std::vector<InferenceTraceStep>& trace;

    [[nodiscard]] Height height() const { return state.head.height; }
    // The last block in which the side that is due may still act, counted from now; 1 is the next
    // block.
    [[nodiscard]] Height blocks_left() const {
        return dispute.deadline > height() ? dispute.deadline - height() : 0;
    }
};

// What all roles outside consensus share.
class ClientStrategy {
public:
    virtual ~ClientStrategy() = default;
    // Operations beyond its role's own, such as leaving; asked once for every block it hears of.
    [[nodiscard]] virtual std::vector<OperationBody> on_block(const NodeView& view);
    // Somebody else's operation that waits for a block. Heard only by strategies whose row says
    // `watches_pending`.
    [[nodiscard]] virtual std::vector<OperationBody> on_pending(const NodeView& view,
                                                                const SignedOperation& operation);
};

class ProviderStrategy : public ClientStrategy {
public:
    // How many inference steps the provider computes before it answers; 0 is an answer out of
    // nothing.
    [[nodiscard]] virtual std::uint32_t steps_to_compute(const TaskView& view) = 0;
    // The answer to post or, in the redundant mode, to commit to; nothing to stay silent. Called
    // when the computing time has passed, and then once.
    [[nodiscard]] virtual std::optional<Answer> answer(const TaskView& view) = 0;

    // Whether to register now; asked at the start, where no state is known, and at every block
    // until it says yes.
    [[nodiscard]] virtual bool joins(const State* state);
    // Whether to hold the answer back; asked before answer(), and at every block until it says no.
    [[nodiscard]] virtual bool waits(const TaskView& view);
    // Redundant mode: whether to reveal now what it committed to; asked at every block of the
    // reveal window until yes.
    [[nodiscard]] virtual bool reveals(const TaskView& view);
    // The trace whose root it posts beside an answer of several steps. Honest: what the model
    // gives, ending in `answer`.
    [[nodiscard]] virtual std::vector<InferenceTraceStep> trace(const TaskView& view,
                                                                Answer answer);
    // The computing time that it reports.
    [[nodiscard]] virtual std::uint32_t reported_time_ms(const TaskView& view);
    // Bisection: the opening that is due; nothing to let time pass, and be asked again at the next
    // block.
    [[nodiscard]] virtual std::optional<op::DisputeMove> move(const DisputeView& view);
    // The evidence to register with or, under TEE mode, to renew its attestation with before that
    // is stale.
    [[nodiscard]] virtual std::optional<GpuEvidence> evidence(const Device& device,
                                                              TimestampNs now);
};

class ChallengerStrategy : public ClientStrategy {
public:
    // How many steps it computes to check this answer; nothing: it does not look at it at all.
    [[nodiscard]] virtual std::optional<std::uint32_t> steps_to_check(const TaskView& view) = 0;
    // The claim to challenge the posted answer with, or nothing to let it pass.
    [[nodiscard]] virtual std::optional<Answer> claim(const TaskView& view) = 0;

    // Whether to open its challenge now; asked when it has a claim, and at every block until it
    // says yes.
    [[nodiscard]] virtual bool commits(const TaskView& view);
    // Whether to reveal its open challenge now; asked at every block until it says yes.
    [[nodiscard]] virtual bool reveals(const DisputeView& view);
    // Bisection: the verdict that is due; nothing to let time pass, and be asked again at the next
    // block.
    [[nodiscard]] virtual std::optional<op::DisputeMove> move(const DisputeView& view);
    // Whether to look at a result once more when its own challenge of it was closed without proving
    // it wrong.
    [[nodiscard]] virtual bool again(const TaskView& view);
};

// What a requester's machine has brought up for submission.
struct DemandView {
    const NodeView& node;
    std::uint32_t due = 0;   // tasks of the workload due by now and not submitted
    std::uint32_t left = 0;  // of its share of the workload, those due included
};

class RequesterStrategy : public ClientStrategy {
public:
    // How many tasks to submit now; asked once a block interval. More than are left is more than
    // its share.
    [[nodiscard]] virtual std::uint32_t submissions(const DemandView& view);
    // The last word on a task that is about to be submitted; job ids must stay unique.
    virtual void compose(op::SubmitTask& task, const NodeView& view);
    // Whether it goes on being asked when its share is submitted. The run does not wait for what it
    // then submits.
    [[nodiscard]] virtual bool goes_on(const NodeView& view);
};

// A poll that reached a validator.
struct PollView {
    const Query& query;
    std::span<const BlockInfo> undecided;  // blocks that it has verified and not decided, by height

    // What the asker prefers at its next height, as far as it is undecided here.
    [[nodiscard]] std::optional<BlockInfo> branch_asked_about() const;
};

// A client that follows a validator.
struct Follower {
    ActorId id = 0;
    Role role = Role::kProvider;
    std::uint32_t index_in_role = 0;
};

class ValidatorStrategy {
public:
    virtual ~ValidatorStrategy() = default;
    // Whether to build on this state now that it may; `beacon` is what its block would draw with.
    // Saying no leaves the block to the next proposer.
    [[nodiscard]] virtual bool builds(const State& parent, const Hash32& beacon);
    // Called before each block that this validator builds.
    virtual void begin_block(Height height) { static_cast<void>(height); }
    // Whether a block that this validator builds may carry the operation.
    [[nodiscard]] virtual bool includes(const SignedOperation& operation) = 0;
    // Whether to sign a second block for the slot of the one just built, and show it to half of the
    // others.
    [[nodiscard]] virtual bool builds_twice();
    // Whether to take a block that is valid for valid. Not asked about blocks that the others have
    // decided for.
    [[nodiscard]] virtual bool tolerates(const Block& block);
    // The last word on the answer to a poll.
    virtual void vote(const PollView& poll, Chits& answer);
    // Whether to tell this client what was accepted.
    [[nodiscard]] virtual bool serves(const Follower& follower);
    // Whether to submit the evidence when somebody signed two blocks for one slot.
    [[nodiscard]] virtual bool reports_equivocation();
};

// A fraud proof: what a censor of challenges leaves out.
inline bool is_fraud_proof(const OperationBody& body) {
    return std::holds_alternative<op::Challenge>(body) ||
           std::holds_alternative<op::ChallengeReveal>(body) ||
           std::holds_alternative<op::DisputeMove>(body);
}

// Makes the strategies that a scenario names. Refuses an unknown name, one of another role, and bad
// parameters.
class StrategyFactory : public StrategyTraits {
public:
    [[nodiscard]] virtual Result<std::unique_ptr<ProviderStrategy>> provider(
        const ActorGroup& group, const StrategyContext& part) const = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<ChallengerStrategy>> challenger(
        const ActorGroup& group, const StrategyContext& part) const = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<RequesterStrategy>> requester(
        const ActorGroup& group, const StrategyContext& part) const = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<ValidatorStrategy>> validator(
        const ActorGroup& group, const StrategyContext& part) const = 0;
    // Whether actors with this strategy are told of operations that wait for a block.
    [[nodiscard]] virtual bool watches_pending(const ActorGroup& group) const {
        static_cast<void>(group);
        return false;
    }
};

}  // namespace aivm::sim
