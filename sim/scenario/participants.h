// The participants of a run: the entries of a scenario expanded to one per actor, with their
// identities, their money and the principals that own them; and the genesis that they start from.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/row_index.h"
#include "core/execution/genesis.h"
#include "sim/scenario/identity.h"
#include "sim/scenario/setting.h"

namespace aivm::sim {

// The owner for whom profit is counted.
struct Principal {
    std::string label;
    std::string strategy;
    std::string parameters;  // key=value, one per line
    bool honest = true;
};

// One actor: an identity with its money, and the entry of the scenario that it comes from.
struct Participant {
    ActorId id = 0;
    std::uint32_t principal = 0;
    Role role = Role::kProvider;
    std::string name;  // "provider[7]"
    Address address;
    Amount opening_balance;
    Amount opening_stake;  // of a validator, beyond the balance
    ActorGroup group;
    std::uint32_t index_in_role = 0;
    std::uint32_t region = 0;
    bool deviates = false;  // some fault of the run makes it break the protocol
};

class Participants {
public:
    std::vector<Principal> principals;
    std::vector<Participant> all;  // by actor id; validators first
    std::vector<std::shared_ptr<std::vector<Identity>>> accomplices;  // by principal
    std::vector<std::uint32_t> attackers;  // principals of attacker_net, ascending

    // Appends a participant. An address that is in use already keeps its first owner.
    void add(Participant participant) {
        const auto id = static_cast<ActorId>(all.size());
        const bool known = find(participant.address).has_value();
        if (!known) by_address_.add(participant.address.prefix64(), id);
        all.push_back(std::move(participant));
    }
    [[nodiscard]] std::optional<ActorId> find(const Address& address) const {
        return by_address_.find(address.prefix64(), [&](ActorId id) {
            return id < all.size() && all[id].address == address;
        });
    }
    [[nodiscard]] const Principal& principal_of(ActorId actor) const {
        return principals.at(all.at(actor).principal);
    }
    // Whether the actor follows the protocol through the whole run.
    [[nodiscard]] bool is_honest(ActorId actor) const {
        return principal_of(actor).honest && !all.at(actor).deviates;
    }
    [[nodiscard]] const std::string& name(ActorId actor) const { return all.at(actor).name; }

private:
    RowIndex by_address_;
};

// The groups of a scenario with its defaults filled in: validators that no group names, and
// requesters when none is listed, with enough money for their share of the workload.
std::vector<ActorGroup> groups_of(const Scenario& scenario);

// The principals to which each group's members belong: a new one per member, one for all members,
// or one that several groups name.
struct Ownership {
    std::uint32_t first = 0;  // the first member's principal
    bool shared = false;      // all members have the first one's; otherwise member i has first + i
};
// One per group, in order.
std::vector<Ownership> ownership_of(const std::vector<ActorGroup>& groups);

// The name of the owner of a group: its principal, or the group's own name.
const std::string& owner_label(const ActorGroup& group);

// An owner as the verdict sees it: a named principal, or a group whose members may have one owner
// each.
struct Owner {
    std::string label;
    std::string strategy;               // of its groups, joined by +
    std::vector<std::size_t> groups;    // indexes into the list
    std::uint32_t first_principal = 0;  // its principals are consecutive
    std::uint32_t members = 1;          // how many principals it has
    bool honest = true;
};
// In order of the groups.
std::vector<Owner> owners_of(const std::vector<ActorGroup>& groups,
                             const StrategyTraits& strategies);

// The owner that the scenario names as its attacker, or else the first that breaks the protocol;
// null if there is none.
const Owner* find_attacker(const Scenario& scenario, const std::vector<Owner>& owners);

Participants make_participants(const Setting& setting, const StrategyTraits& strategies);

// The identity of a participant, as its accomplices see it.
Identity identity_of(const Participant& participant);

// The participants that a fault hits, by ascending id: the named validators, all participants of
// the named regions and all that its groups name. Requires that the setting has the regions.
//
// A name in a plan's groups, and in a link's ends, stands for the group of that name; if there is
// none, for a role, a region, or the validator with that index.
std::vector<ActorId> targets_of(const FaultPlan& plan, const Participants& participants,
                                const Setting& setting);
// The groups of a partition, in their order; empty if the plan has none.
std::vector<std::vector<ActorId>> sides_of(const FaultPlan& plan, const Participants& participants,
                                           const Setting& setting);
// The participants at the two ends of a rule's links, by ascending id.
std::pair<std::vector<ActorId>, std::vector<ActorId>> ends_of(const LinkRule& rule,
                                                              const Participants& participants,
                                                              const Setting& setting);
// The number that a name consists of; nullopt if it does not.
std::optional<std::uint32_t> validator_index(std::string_view name);

// Models with weights and feature rows drawn from the seed, allocations and validators of the
// participants.
Genesis make_genesis_of(const Setting& setting, const Participants& participants,
                        std::uint64_t seed);

// "model-0", "model-1", ...
std::string model_name(std::uint32_t index);

// The id under which a provider registers.
std::string provider_name(const Participant& participant);

}  // namespace aivm::sim
