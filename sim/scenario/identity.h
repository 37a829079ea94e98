// Identities: the key holders of a run. Signatures are ideal (sim/actors/signing.h), so an identity
// needs no key, only a unique address.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "sim/scenario/role.h"

namespace aivm::sim {

using ActorId = std::uint32_t;  // validators come first, by their index

// One identity as its own principal knows it.
struct Identity {
    ActorId id = 0;
    Role role = Role::kProvider;
    std::string group;  // the group's name in the scenario
    Address address;
    std::string provider_id;  // of providers
};

// The address of the n-th identity of a run.
Address identity_address(std::uint32_t identity);
// The addresses of the first `count` identities, hashed side by side.
std::vector<Address> identity_addresses(std::uint32_t count);

// The n-th beacon secret of a validator: keccak over the run's seed, the validator and n.
Hash32 beacon_secret(std::uint64_t run_seed, ActorId validator, std::uint64_t n);

}  // namespace aivm::sim
