// Who is who in a run: agents (identities), their addresses, and the principals that own them.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
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

// Which agent an address belongs to: an open table that is probed from the address's first bytes on.
class AddressBook {
public:
    // An address that is known already keeps its agent.
    void emplace(const Address& address, ActorId agent) {
        if (2 * (count_ + 1) > slots_.size()) grow();
        Slot& slot = slots_[place_of(address)];
        if (slot.used) return;
        slot = {address, agent, true};
        ++count_;
    }
    [[nodiscard]] std::optional<ActorId> find(const Address& address) const {
        if (slots_.empty()) return std::nullopt;
        const Slot& slot = slots_[place_of(address)];
        return slot.used ? std::optional(slot.agent) : std::nullopt;
    }

private:
    struct Slot {
        Address address;
        ActorId agent = 0;
        bool used = false;
    };

    // Where the address is, or where it would go.
    [[nodiscard]] std::size_t place_of(const Address& address) const {
        std::size_t place = address.prefix64() & (slots_.size() - 1);
        while (slots_[place].used && slots_[place].address != address) place = (place + 1) & (slots_.size() - 1);
        return place;
    }
    void grow() {
        const std::vector<Slot> before =
            std::exchange(slots_, std::vector<Slot>(std::max<std::size_t>(16, 2 * slots_.size())));
        for (const Slot& slot : before) {
            if (slot.used) slots_[place_of(slot.address)] = slot;
        }
    }

    std::vector<Slot> slots_;  // a power of two, at most half of them used
    std::size_t count_ = 0;
};

struct Directory {
    std::vector<Principal> principals;
    std::vector<Agent> agents;  // index = actor id
    AddressBook by_address;

    [[nodiscard]] const Principal& principal_of(ActorId agent) const {
        return principals.at(agents.at(agent).principal);
    }
    [[nodiscard]] const std::string& name(ActorId agent) const { return agents.at(agent).name; }
    [[nodiscard]] std::optional<ActorId> find(const Address& address) const { return by_address.find(address); }
};

}  // namespace aivm::sim
