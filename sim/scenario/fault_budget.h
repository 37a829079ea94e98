// The fault budget: how much stake may be faulty at the same time. Faulty is a validator that
// breaks the protocol, or has broken it before, one that has lost what it knew (after a crash: its
// preferences and its confidence), and one whose disk is damaged; they are counted together.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/engines.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {

// A validator counts from the beginning of a fault that makes it forget until this long after its
// end, when it has asked the others again. Where validators sign their votes, and on a DAG, a
// damaged disk counts to the end of the run: the node must sign nothing before the others have gone
// on without it.
inline constexpr std::uint64_t kForgetfulNs = 20'000'000'000;

// A time in which validators count as faulty.
struct Outage {
    std::uint64_t from_ns = 0;
    std::uint64_t until_ns = 0;
    std::vector<std::uint32_t> validators;
};

// What the engine of the scenario tolerates (EngineRow::tolerance), for as many validators of equal
// stake as the given stakes amount to: unequal ones count as fewer.
FaultTolerance fault_tolerance(const Scenario& scenario, const std::vector<Amount>& stakes);
// The most stake with which any engine keeps its promises.
Amount less_than_a_third(const std::vector<Amount>& stakes);
// The most stake that the swarm makes faulty at the same time: what the engine tolerates. Scheduled
// faults beyond it are noted, and those of a third of the stake refused.
Amount fault_budget(const Scenario& scenario, const std::vector<Amount>& stakes);

// Whether the members of the group are validators that may break the protocol. Every strategy but
// "honest" counts: a scenario does not know what strategies do.
bool is_byzantine(const ActorGroup& group);
// By validator: whether its group is.
std::vector<bool> byzantine_validators(const Scenario& scenario);

// Which validators the names of a scenario stand for.
class ValidatorNames {
public:
    explicit ValidatorNames(const Scenario& scenario);

    // Of a group, of the role "validator", or the one with that index; nobody for any other name.
    [[nodiscard]] std::vector<std::uint32_t> of(const std::string& name) const;
    // Those that the plan names by index or by such names, ascending.
    [[nodiscard]] std::vector<std::uint32_t> hit_by(const FaultPlan& plan) const;

private:
    struct Range {
        std::uint32_t first = 0;
        std::uint32_t count = 0;
    };
    std::map<std::string, Range> groups_;  // of all roles; those of clients are empty
    std::uint32_t validators_ = 0;
};

// The outage of a plan that hits these validators; nullopt if its kind makes nobody forget or
// deviate. What a validator sent while it deviated may count for ever: that lasts to the end.
std::optional<Outage> outage_of(const FaultPlan& plan, const ChainSettings& chain,
                                std::vector<std::uint32_t> validators);

// Whether no other validator builds blocks.
bool is_sole_proposer(const ChainSettings& chain, std::uint32_t validator);

// Whether the plan may destroy the only copy of a block: what a sole proposer accepted last may be
// on no other disk, and no stake of others makes up for it. That is beyond every fault budget.
bool may_lose_the_only_copy(const FaultPlan& plan, const ChainSettings& chain,
                            std::uint32_t validator);

struct BudgetExcess {
    // The one with which the budget is exceeded first; nothing if those that break the protocol
    // exceed it alone, at any time.
    std::optional<std::size_t> outage;
    std::uint64_t at_ns = 0;
    Amount faulty;  // stake, at that time
};
// The first time at which more than `budget` is faulty.
std::optional<BudgetExcess> find_excess(const std::vector<Outage>& outages,
                                        const std::vector<bool>& byzantine,
                                        const std::vector<Amount>& stakes, Amount budget);

}  // namespace aivm::sim
