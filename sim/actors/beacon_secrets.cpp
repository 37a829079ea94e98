#include "sim/actors/beacon_secrets.h"

#include "core/base/check.h"
#include "core/base/digest.h"

namespace aivm::sim {

void BeaconSecrets::reveal(const Hash32& commitment, BuildRequest& request) {
    constexpr std::uint64_t kSearched = 1 << 20;
    for (std::uint64_t n = numbers_.size(); !numbers_.contains(commitment); ++n) {
        AIVM_CHECK(n < kSearched);
        numbers_.emplace(keccak256(secret(n).view()), n);
    }
    const std::uint64_t number = numbers_.at(commitment);
    request.beacon_secret = secret(number);
    request.beacon_commitment = keccak256(secret(number + 1).view());
}

}  // namespace aivm::sim
