// The effects of a censorship model besides the operations that blocks leave out: it costs someone
// money, and it cuts off the challengers.
#pragma once

#include <optional>
#include <vector>

#include "sim/actors/censorship.h"
#include "sim/invariants/truth.h"
#include "sim/world/accounting.h"
#include "sim/world/run_context.h"
#include "sim/world/substrate.h"

namespace aivm::sim {

class CensorshipEffects {
public:
    // All must outlive this.
    CensorshipEffects(RunContext& context, Accounting& accounting, Truth& truth);

    // The model's attacker paid this for a block of `proposer`.
    void pay(ActorId proposer, Amount amount);
    // Under the model `partition`, a wrong result of a dishonest principal begins an outage of all
    // challengers, unless one is in force.
    void on_chain(const Executed& block, Substrate& substrate);
    void end_outage(Substrate& substrate);
    // Whether outages can happen in this run.
    [[nodiscard]] bool has_outages() const { return outages_.has_value(); }

private:
    RunContext& context_;
    Accounting& accounting_;
    Truth& truth_;
    std::optional<CensorshipSchedule> outages_;
    std::vector<ActorId> cut_off_;  // by the outage in force
};

}  // namespace aivm::sim
