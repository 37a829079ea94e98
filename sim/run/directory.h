// Who is who in a run: agents (identities), their addresses, and the principals that own them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "sim/actors/packet.h"

namespace aivm::sim {

struct Principal {
    std::string label;
    std::string strategy;
    std::string parameters;  // key=value, one a line
    bool honest = true;
};

struct Agent {
    ActorId id = 0;
    std::uint32_t principal = 0;
    std::string role;
    std::string name;  // "provider[7]"
    Address address;
    Amount opening_balance;
    Amount opening_stake;  // of a validator, beyond the balance
};

struct Directory {
    std::vector<Principal> principals;
    std::vector<Agent> agents;  // index = actor id
    std::map<Address, ActorId> by_address;

    [[nodiscard]] const Principal& principal_of(ActorId agent) const {
        return principals.at(agents.at(agent).principal);
    }
    [[nodiscard]] const std::string& name(ActorId agent) const { return agents.at(agent).name; }
    [[nodiscard]] std::optional<ActorId> find(const Address& address) const {
        const auto found = by_address.find(address);
        return found == by_address.end() ? std::nullopt : std::optional(found->second);
    }
};

}  // namespace aivm::sim
