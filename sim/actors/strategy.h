// What may differ between two actors of one role. A strategy sees what its actor sees and decides; the actor does the
// rest: following the chain, signing, computing, sending again what got lost. Implementations: scenarios/adversaries.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/chain/operation.h"
#include "core/state/state.h"
#include "sim/engine/random_stream.h"

namespace aivm::sim {

// A task as a strategy sees it. Re-running the model is the strategy's to ask for, and costs its actor virtual time.
struct TaskView {
    const State& state;
    const Task& task;
    const Model& model;
    Kernels& kernels;
};

class ProviderStrategy {
public:
    virtual ~ProviderStrategy() = default;
    // How many inference steps the provider computes before it answers; 0 is an answer out of nothing.
    [[nodiscard]] virtual std::uint32_t steps_to_compute(const TaskView& view) = 0;
    // The answer to post, or nothing to stay silent. Called when the computing time has passed.
    [[nodiscard]] virtual std::optional<Answer> answer(const TaskView& view) = 0;
    // Operations beyond answering, such as leaving; asked once a block.
    [[nodiscard]] virtual std::vector<OperationBody> on_block(const State& state, const Provider& self) {
        static_cast<void>(state), static_cast<void>(self);
        return {};
    }
};

class ChallengerStrategy {
public:
    virtual ~ChallengerStrategy() = default;
    // How many steps it computes to check this answer; nothing: it does not look at it at all.
    [[nodiscard]] virtual std::optional<std::uint32_t> steps_to_check(const TaskView& view) = 0;
    // The claim to challenge the posted answer with, or nothing to let it pass.
    [[nodiscard]] virtual std::optional<Answer> claim(const TaskView& view) = 0;
};

class ValidatorStrategy {
public:
    virtual ~ValidatorStrategy() = default;
    // Called before each block that this validator builds.
    virtual void begin_block(Height height) { static_cast<void>(height); }
    // Whether a block that this validator builds may carry the operation.
    [[nodiscard]] virtual bool includes(const SignedOperation& operation) = 0;
};

// A fraud proof: what a censor of challenges leaves out.
inline bool is_fraud_proof(const OperationBody& body) {
    return std::holds_alternative<op::Challenge>(body) || std::holds_alternative<op::ChallengeReveal>(body) ||
           std::holds_alternative<op::DisputeMove>(body);
}

struct ActorGroup;

// Makes the strategies that a scenario names. Refuses an unknown name, one of another role, and bad parameters. `random`
// is the actor's own stream for its decisions.
class StrategyFactory {
public:
    virtual ~StrategyFactory() = default;
    [[nodiscard]] virtual Result<std::unique_ptr<ProviderStrategy>> provider(const ActorGroup& group,
                                                                             RandomStream random) const = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<ChallengerStrategy>> challenger(const ActorGroup& group,
                                                                                 RandomStream random) const = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<ValidatorStrategy>> validator(const ActorGroup& group,
                                                                               RandomStream random) const = 0;
    // Whether principals with this strategy count as honest in every output.
    [[nodiscard]] virtual bool is_honest(const ActorGroup& group) const = 0;
};

}  // namespace aivm::sim
