// Who takes part in a run: identities with their money, regions and strategies, and the genesis
// that gives them life.
#pragma once

#include <memory>
#include <vector>

#include "core/execution/genesis.h"
#include "sim/scenario/directory.h"
#include "sim/scenario/setting.h"

namespace aivm::sim {

// One identity as the scenario lists it.
struct CastMember {
    ActorGroup group;
    std::uint32_t index_in_group = 0;
    std::uint32_t index_in_role = 0;
    std::uint32_t region = 0;
};

struct Cast {
    Directory directory;
    std::vector<CastMember> members;  // by actor id; validators first
    std::vector<std::shared_ptr<std::vector<Identity>>> accomplices;  // of each principal
};

// The groups of a scenario with its defaults filled in: validators that no group names, and
// requesters when none is listed, with enough money for their share of the workload.
std::vector<ActorGroup> groups_of(const Scenario& scenario);

// Which principal each group's members belong to: a new one each, one for all, or one that several
// groups name.
struct Ownership {
    std::uint32_t first = 0;  // the first member's principal
    bool shared = false;      // all members have the first one's; otherwise they have the following
                              // ones, in order
};
// One for each group, in order.
std::vector<Ownership> ownership_of(const std::vector<ActorGroup>& groups);

Cast make_cast(const Setting& setting, const StrategyTraits& strategies);

// Models with weights and feature rows drawn from the seed, allocations and validators of the cast.
Genesis make_genesis_of(const Setting& setting, const Cast& cast, std::uint64_t seed);

// "model-0", "model-1", ...
std::string model_name(std::uint32_t index);

// The name under which a provider registers.
std::string provider_name(const Agent& agent);

}  // namespace aivm::sim
