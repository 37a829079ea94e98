// Who is who in a run: agents (identities), their addresses, and the principals that own them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/row_index.h"
#include "sim/scenario/identity.h"

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

class Directory {
public:
    std::vector<Principal> principals;
    std::vector<Agent> agents;  // index = actor id

    // The next agent. An address that is known already keeps its agent.
    void add(Agent agent) {
        const auto id = static_cast<ActorId>(agents.size());
        const bool known = find(agent.address).has_value();
        if (!known) by_address_.add(agent.address.prefix64(), id);
        agents.push_back(std::move(agent));
    }
    [[nodiscard]] std::optional<ActorId> find(const Address& address) const {
        return by_address_.find(address.prefix64(), [&](ActorId id) {
            return id < agents.size() && agents[id].address == address;
        });
    }
    [[nodiscard]] const Principal& principal_of(ActorId agent) const {
        return principals.at(agents.at(agent).principal);
    }
    [[nodiscard]] const std::string& name(ActorId agent) const { return agents.at(agent).name; }

private:
    RowIndex by_address_;
};

}  // namespace aivm::sim
