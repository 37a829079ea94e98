// The cache of the attestation table: its slots, how many are active and expired, and when the next
// one expires.
//   1. active() and expired() count the occupied slots of the cache.
//   2. No slot of the cache that is not marked expires before next_expiry_ns_; 0 means never.
#pragma once

#include <cstdint>

#include "gpu/simd/table_cache.h"

namespace aivm::gpu {

class AttestationCache {
public:
    // Sets the expired bit in `table` where it is due, and takes over the slots that changed.
    void update(abi::Attestation* table, std::uint32_t slot_count, std::uint64_t now_ns);

    [[nodiscard]] std::uint32_t active() const { return active_; }
    [[nodiscard]] std::uint32_t expired() const { return expired_; }
    [[nodiscard]] TableCache<abi::Attestation>& slots() { return slots_; }

private:
    void put(std::uint32_t index, const abi::Attestation& slot);
    void mark_all(abi::Attestation* table, std::uint64_t now_ns);
    void note_expiry(const abi::Attestation& slot);

    TableCache<abi::Attestation> slots_;
    std::uint64_t next_expiry_ns_ = 0;
    std::uint32_t active_ = 0;
    std::uint32_t expired_ = 0;
};

}  // namespace aivm::gpu
