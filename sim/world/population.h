// The actors of a world: builds them from the participants, with their strategies, and owns them.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "sim/actors/accelerator.h"
#include "sim/actors/dag_validator.h"
#include "sim/actors/node_observer.h"
#include "sim/actors/requester.h"
#include "sim/actors/side_channel.h"
#include "sim/actors/validator.h"
#include "sim/actors/virtual_chain.h"
#include "sim/scenario/trace.h"
#include "sim/world/accounting.h"
#include "sim/world/censorship_effects.h"
#include "sim/world/execution.h"
#include "sim/world/run_context.h"
#include "sim/world/substrate.h"

namespace aivm::sim {

class Population {
public:
    // All must outlive this.
    Population(RunContext& context, Execution& execution, Accounting& accounting,
               CensorshipEffects& censorship, Substrate& substrate);

    // Creates all actors: the substrate's validators, then the clients. Call once. The validators
    // that byzantine faults hit get the strategies of those too; the faults must outlive this.
    [[nodiscard]] Status build(const std::vector<PlannedFault>& faults);
    void start();

    // The validator whose VM stands for the node, and the actor that receives what is sent to it:
    // the same, unless the identity is run twice.
    template <class Validator>
    struct Added {
        Validator* validator = nullptr;
        Actor* actor = nullptr;
    };
    // For substrates, while they add their validators.
    [[nodiscard]] Result<Added<ValidatorActor>> add_validator(ActorId id, SimDisk& disk,
                                                              NodeObserver& observer);
    [[nodiscard]] Result<Added<DagValidatorActor>> add_dag_validator(ActorId id, SimDisk& disk,
                                                                     NodeObserver& observer);
    using OnVirtualBlock = decltype(VirtualChainSetup::on_block);
    [[nodiscard]] Result<Actor*> add_virtual_chain(NodeObserver& observer, OnVirtualBlock on_block);

    // Where a requester submits more than its share of the workload, the number of final tasks says
    // nothing about the others: then whether all of theirs are submitted and final. The tasks that
    // it still has open do not count.
    [[nodiscard]] bool shares_are_final(const State& state) const;
    // The shares of the workload of all requesters that take part.
    [[nodiscard]] std::uint64_t tasks_due() const { return tasks_due_; }
    // The shares of those of them that follow the protocol.
    [[nodiscard]] std::uint64_t honest_tasks_due() const { return honest_tasks_due_; }
    // The requesters submit nothing from now on.
    void close();

private:
    [[nodiscard]] Result<std::unique_ptr<ValidatorStrategy>> validator_strategy(
        const Participant& participant);
    [[nodiscard]] Result<std::unique_ptr<ValidatorStrategy>> add_deviations(
        const Participant& participant, std::unique_ptr<ValidatorStrategy> own);
    template <class Validator, class Setup>
    [[nodiscard]] Result<Added<Validator>> add_replicas(const Participant& participant,
                                                        Setup setup);
    [[nodiscard]] Status add_client(const Participant& participant);
    [[nodiscard]] Result<std::unique_ptr<Actor>> make_client(const Participant& participant,
                                                             const ClientSetup& client);
    [[nodiscard]] Result<std::unique_ptr<Actor>> make_provider(const Participant& participant,
                                                               const ClientSetup& client);
    [[nodiscard]] Result<std::unique_ptr<Actor>> make_challenger(const Participant& participant,
                                                                 const ClientSetup& client);
    [[nodiscard]] Result<std::unique_ptr<Actor>> make_requester(const Participant& participant,
                                                                const ClientSetup& client);
    [[nodiscard]] std::vector<RequesterSetup::Due> trace_of(std::uint32_t requester,
                                                            std::uint32_t requesters) const;
    [[nodiscard]] Environment& add_environment(ActorId id);
    [[nodiscard]] std::vector<ActorId> sources_of(ActorId client) const;
    [[nodiscard]] std::vector<ActorId> followers_of(ActorId validator) const;
    [[nodiscard]] Signer signer_of(const Participant& participant) const {
        return Signer(execution_.authority(), participant.address);
    }
    [[nodiscard]] ActorDevice device_of(const Participant& participant) const;
    [[nodiscard]] StrategyContext strategy_context(const Participant& participant);
    [[nodiscard]] bool watches_pending(ActorId client) const;
    [[nodiscard]] std::function<void(TaskIndex, std::uint32_t)> cost_counter(Amount step_cost,
                                                                             ActorId actor,
                                                                             OutlayKind kind);
    [[nodiscard]] std::function<void(const SentDuty&)> sent_callback(const Participant& provider);
    [[nodiscard]] std::function<void(TaskIndex, SimTime)> on_work_callback(ActorId provider) const;

    RunContext& context_;
    Execution& execution_;
    Trace trace_;  // of the workload; empty: none
    Accounting& accounting_;
    CensorshipEffects& censorship_;
    Substrate& substrate_;
    SideChannel side_;
    const std::vector<PlannedFault>* faults_ = nullptr;
    std::vector<std::unique_ptr<Environment>> environments_;
    std::vector<std::unique_ptr<Actor>> actors_;  // in the order of their ids
    std::vector<RequesterActor*> requesters_;
    std::uint64_t tasks_due_ = 0;
    std::uint64_t honest_tasks_due_ = 0;
};

}  // namespace aivm::sim
