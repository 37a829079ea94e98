// What may differ between two actors of one role. A strategy sees what its actor sees and decides;
// the actor does the rest: it follows the chain, signs, computes and resends what was lost.
// Implementations: scenarios/adversaries.
//
// A strategy receives its StrategyContext once, when it is made. Its hooks then receive views: of
// the node (NodeView), of a task (TaskView), of a dispute (DisputeView); their references are valid
// during the call only. Hooks that are not pure virtual default to honest behaviour. Operations
// that a hook returns are signed and sent by its own identity.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/chain/operation.h"
#include "core/execution/execute.h"
#include "core/registry/attestation.h"
#include "core/state/state.h"
#include "core/verification/bisection_play.h"
#include "sim/actors/block_mutations.h"
#include "sim/actors/device.h"
#include "sim/actors/forged.h"
#include "sim/actors/packet.h"
#include "sim/actors/side_channel.h"
#include "sim/actors/vertex_mutations.h"
#include "sim/consensus/block_info.h"
#include "sim/engine/random_stream.h"
#include "sim/engine/time.h"
#include "sim/scenario/engines.h"
#include "sim/scenario/setting.h"

namespace aivm {
class DagVm;
class Vertex;
}  // namespace aivm

namespace aivm::sim {

// What a strategy knows before the run: public knowledge, and that of its principal.
struct StrategyContext {
    RandomStream random{{0, 0, 0}};  // its own, for its decisions
    Identity self;
    // all identities of its principal, itself included, by id
    std::shared_ptr<const std::vector<Identity>> accomplices;
    VmParameters rules;
    SimTime block_interval = 0;
    // Outside the chain: what it pays to compute one step of the model (a challenger: to check
    // one), and what a wrong answer that becomes final is worth to its owner.
    Amount step_cost;
    Amount lie_value;
    // What an amount outside the chain is worth in LUX at present (sim/scenario/price.h).
    std::function<Amount(Amount)> in_lux = [](Amount amount) { return amount; };
    SideChannel* side = nullptr;  // outlives it

    [[nodiscard]] bool is_accomplice(const Address& address) const;
    [[nodiscard]] bool is_accomplice(const Provider& provider) const {
        return is_accomplice(provider.owner);
    }
};

// The chain as the node knows it.
struct NodeView {
    const Executed& tip;  // the newest block: its operations, its events, and the state after it
    bool complete;        // false: blocks before it were missed, and so were their events
    SimTime now;
    TimestampNs clock;  // now as a block timestamp

    [[nodiscard]] const State& state() const { return tip.state; }
    [[nodiscard]] Height height() const { return tip.state.head.height; }
};

// A task, and what it takes to run its model. Running it costs the actor virtual time.
struct TaskView {
    const State& state;
    const Task& task;
    const Model& model;
    Kernels& kernels;
    TaskIndex index;
    SimTime now = 0;

    [[nodiscard]] Height height() const { return state.head.height; }
};

// A dispute to which the strategy's actor is a party.
struct DisputeView {
    const State& state;
    const Task& task;
    const Dispute& dispute;
    DisputeIndex index;
    // bisection: the trace that the provider posted, or that the challenger computed
    const std::vector<InferenceTraceStep>& trace;

    [[nodiscard]] Height height() const { return state.head.height; }
    // Blocks left for the party to move; 1 means the next block.
    [[nodiscard]] Height blocks_left() const {
        return dispute.deadline > height() ? dispute.deadline - height() : 0;
    }
};

// What all roles outside consensus share.
class ClientStrategy {
public:
    virtual ~ClientStrategy() = default;
    // Operations beyond those of its role, such as leaving; called once per block received.
    [[nodiscard]] virtual std::vector<OperationBody> on_block(const NodeView& view);
    // Another identity's operation arrived at a validator and is not in a block yet. Called only
    // for strategies with `watches_pending` in their row.
    [[nodiscard]] virtual std::vector<OperationBody> on_pending(const NodeView& view,
                                                                const SignedOperation& operation);
    // What its operation pays to the proposer that includes it; called each time that one is
    // signed, but for those before the first block.
    [[nodiscard]] virtual Amount inclusion_fee(const State& state, const OperationBody& body);
};

class ProviderStrategy : public ClientStrategy {
public:
    // How many inference steps the provider computes before it answers; 0: it answers without
    // computing.
    [[nodiscard]] virtual std::uint32_t steps_to_compute(const TaskView& view) = 0;
    // The answer to post or, in the redundant mode, to commit to; nullopt: stays silent. Called
    // once, when the computing time has passed.
    [[nodiscard]] virtual std::optional<Answer> answer(const TaskView& view) = 0;

    // Whether to register now; called at the start, where `state` is null, and then at every block
    // until it returns true.
    [[nodiscard]] virtual bool joins(const State* state);
    // Whether to hold the answer back; called before answer(), and at every block until it returns
    // false.
    [[nodiscard]] virtual bool waits(const TaskView& view);
    // Redundant mode: whether to reveal now what it committed to; called at every block of the
    // reveal window until it returns true.
    [[nodiscard]] virtual bool reveals(const TaskView& view);
    // The trace whose root it posts beside an answer of several steps. Honest: the model's trace,
    // with `answer` as the last output.
    [[nodiscard]] virtual std::vector<InferenceTraceStep> trace(const TaskView& view,
                                                                Answer answer);
    // The computing time that it reports, in milliseconds.
    [[nodiscard]] virtual std::uint32_t reported_time_ms(const TaskView& view);
    // Bisection: the opening that is due; nothing to let time pass, and be asked again at the next
    // block.
    [[nodiscard]] virtual std::optional<op::DisputeMove> move(const DisputeView& view);
    // The encoded evidence to register with or, under TEE mode, to renew its attestation with
    // before that is stale.
    [[nodiscard]] virtual std::optional<Bytes> evidence(const Device& device, TimestampNs now);
};

class ChallengerStrategy : public ClientStrategy {
public:
    // How many steps it computes to check this answer; nullopt: it does not check it.
    [[nodiscard]] virtual std::optional<std::uint32_t> steps_to_check(const TaskView& view) = 0;
    // The claim with which to challenge the posted answer; nullopt: does not challenge it.
    [[nodiscard]] virtual std::optional<Answer> claim(const TaskView& view) = 0;

    // Whether to open its challenge now; called when it has a claim, and at every block until it
    // returns true.
    [[nodiscard]] virtual bool commits(const TaskView& view);
    // Whether to reveal its open challenge now; called at every block until it returns true.
    [[nodiscard]] virtual bool reveals(const DisputeView& view);
    // Bisection: the verdict that is due; nothing to let time pass, and be asked again at the next
    // block.
    [[nodiscard]] virtual std::optional<op::DisputeMove> move(const DisputeView& view);
    // Whether to check a result again after its own challenge was closed without proving the result
    // wrong.
    [[nodiscard]] virtual bool again(const TaskView& view);
};

// The tasks that a requester may submit now.
struct DemandView {
    const NodeView& node;
    std::uint32_t due = 0;   // tasks of the workload due by now and not submitted
    std::uint32_t left = 0;  // tasks of its share of the workload not submitted, due or not
};

class RequesterStrategy : public ClientStrategy {
public:
    // How many tasks to submit now; called once per block interval. May exceed view.left.
    [[nodiscard]] virtual std::uint32_t submissions(const DemandView& view);
    // May change a task that is about to be submitted; job ids must stay unique.
    virtual void compose(op::SubmitTask& task, const NodeView& view);
    // Whether submissions() is still called once its share is submitted. The run does not wait for
    // tasks submitted after that.
    [[nodiscard]] virtual bool goes_on(const NodeView& view);
    // False: it has no share of the workload, and the run does not wait for one.
    [[nodiscard]] virtual bool takes_part() const { return true; }
};

// A question that reached a validator.
struct PollView {
    const PollQuestion& question;
    std::span<const BlockInfo> undecided;  // verified and not decided here, by height

    // The block that the asker prefers at its next height; nullopt unless it is undecided here.
    [[nodiscard]] std::optional<BlockInfo> branch_asked_about() const;
};

// A client that follows a validator.
struct Follower {
    ActorId id = 0;
    Role role = Role::kProvider;
    std::uint32_t index_in_role = 0;
};

// A validator of a DAG, as its strategy sees it.
struct DagView {
    const DagVm& vm;
    SimTime now;
    TimestampNs clock;  // now as a timestamp
};

// A consensus message that a validator is about to send.
struct Outgoing {
    Message message;  // of the engine's kinds; the body of its attached_item() travels with it
    std::optional<RawPacket> instead = {};    // these bytes, whatever they say
    SimTime delay = 0;                        // how much later it is sent
    bool drop = false;                        // it is not sent at all
    const DagView* dag = nullptr;             // of a validator of a DAG
    const VotingRules* voting = nullptr;      // of an engine whose validators sign their votes
    std::shared_ptr<const Vertex> body = {};  // on a DAG: instead of that of attached_item()

    [[nodiscard]] bool is_signed_vote() const {
        return voting != nullptr && voting->vote_in(message).has_value();
    }
};

// The next vertex of a validator of a DAG. As it is given: honest.
struct VertexPlan {
    bool skip = false;      // issues none this time
    bool contests = false;  // DagVm::BuildOptions::contests
    // Which operations it may carry; empty: those of the accounts that are its own for now.
    std::function<bool(const SignedOperation&)> carries = {};
    // Of its own identity, carried whether they succeed or not.
    std::vector<OperationBody> forced = {};
};

class ValidatorStrategy {
public:
    virtual ~ValidatorStrategy() = default;
    // Whether to build on this state, now that it is this validator's turn; `beacon` is the one
    // that its block would draw with. Returning false leaves the block to the next proposer.
    [[nodiscard]] virtual bool builds(const State& parent, const Hash32& beacon);
    // Called before each block that this validator builds.
    virtual void begin_block(Height height) { static_cast<void>(height); }
    // Whether a block that this validator builds may carry the operation.
    [[nodiscard]] virtual bool includes(const SignedOperation& operation) = 0;
    // Whether to sign a second block for the slot of the one just built, and show it to half of the
    // others.
    [[nodiscard]] virtual bool builds_twice();
    // It has signed a second block for a slot, and shown it to those with an odd number.
    virtual void built_twice(const BlockRef& second);
    // A block to send to all others beside the one just built, and what they must answer to it.
    [[nodiscard]] virtual std::optional<ForgedBlock> forges(const OwnBlock& own);
    // The same on a DAG, for each vertex and cut that it has built.
    [[nodiscard]] virtual std::optional<ForgedVertex> forges_vertex(const OwnVertex& own);
    // Whether to send a second vote, for something else, to half of the others: called for each
    // vote that it signs.
    [[nodiscard]] virtual bool votes_twice();
    // Whether to treat a valid block as valid. Not called for blocks that the others have decided.
    [[nodiscard]] virtual bool tolerates(const Block& block);
    // May change what its engine sends to another validator.
    virtual void sends(ActorId to, Outgoing& outgoing);
    // Whether its identity is run twice: a second replica with a disk of its own talks to every
    // second validator, and neither knows what the other signs (twin_validator.h).
    [[nodiscard]] virtual bool runs_twice();
    // May change the answer to a poll.
    virtual void vote(const PollView& poll, Vote& answer);
    // On a DAG: called before each vertex that it builds; cuts are left to builds().
    virtual void plans(const DagView& view, VertexPlan& plan);
    // On a DAG: it has built a vertex or a cut and, if builds_twice(), signed another vertex for
    // the same slot, of which nobody knows unless sends() shows it.
    virtual void issued(const DagView& view, const std::shared_ptr<const Vertex>& vertex,
                        const std::shared_ptr<const Vertex>& second);
    // On a DAG: it has verified a vertex of another validator. Returns whether to build a vertex at
    // once, without waiting for its own next turn; plans() is asked as for any other.
    [[nodiscard]] virtual bool replies_to(const DagView& view, const Vertex& vertex);
    // On a DAG: what another validator's engine sends.
    virtual void hears(ActorId from, const Message& message);
    // Whether to send accepted blocks to this client.
    [[nodiscard]] virtual bool serves(const Follower& follower);
    // A verified block of this proposer is final no more: another one, or a block before it, was
    // decided against it.
    virtual void rejected(const Block& block, const Address& proposer);
    // Whether to submit evidence when a validator signed two blocks, or votes, for one slot.
    [[nodiscard]] virtual bool reports_equivocation();
};

// Whether the operation is part of a fraud proof: what a censor of challenges leaves out.
inline bool is_fraud_proof(const OperationBody& body) {
    return std::holds_alternative<op::Challenge>(body) ||
           std::holds_alternative<op::ChallengeReveal>(body) ||
           std::holds_alternative<op::DisputeMove>(body);
}

// Makes the strategies that a scenario names. Fails for an unknown name, a strategy that does not
// play the role, and bad parameters.
class StrategyFactory : public StrategyTraits {
public:
    [[nodiscard]] virtual Result<std::unique_ptr<ProviderStrategy>> provider(
        const ActorGroup& group, const StrategyContext& context) const = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<ChallengerStrategy>> challenger(
        const ActorGroup& group, const StrategyContext& context) const = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<RequesterStrategy>> requester(
        const ActorGroup& group, const StrategyContext& context) const = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<ValidatorStrategy>> validator(
        const ActorGroup& group, const StrategyContext& context) const = 0;
    // Whether on_pending() is called for actors with this strategy.
    [[nodiscard]] virtual bool watches_pending(const ActorGroup& group) const {
        static_cast<void>(group);
        return false;
    }
};

}  // namespace aivm::sim
