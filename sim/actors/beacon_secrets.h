// The secrets to which a validator commits itself, of which each block or cut that it builds
// reveals the next.
#pragma once

#include <map>

#include "core/execution/build.h"
#include "sim/scenario/identity.h"

namespace aivm::sim {

class BeaconSecrets {
public:
    BeaconSecrets(std::uint64_t run_seed, ActorId validator)
        : run_seed_(run_seed), validator_(validator) {}

    // Puts the secret behind the commitment, and the commitment to the one after it, into the
    // request. Requires a commitment to one of the first 2^20 secrets of this validator.
    void reveal(const Hash32& commitment, BuildRequest& request);

private:
    [[nodiscard]] Hash32 secret(std::uint64_t number) const {
        return beacon_secret(run_seed_, validator_, number);
    }

    std::uint64_t run_seed_;
    ActorId validator_;
    std::map<Hash32, std::uint64_t> numbers_;  // by commitment, of those computed so far
};

}  // namespace aivm::sim
