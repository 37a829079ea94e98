// The keys of a node's own records in the VM's store, under table bytes that the VM does not use
// (see core/state/keys.h).
//
//   0xc1 provider id   what the provider declared about its hardware, as JSON
//   0xc2 address       last nonce of its requests
//   0xc3 operation id  a queued operation, signed
//   0xc4               the node's seed
//   0xc5 height        the block's timestamp
#pragma once

#include <string_view>

#include "core/base/bytes.h"
#include "core/base/codec.h"

namespace aivm::service_keys {

constexpr std::uint8_t kDescription = 0xc1;
constexpr std::uint8_t kNonce = 0xc2;
constexpr std::uint8_t kQueued = 0xc3;
constexpr std::uint8_t kSeed = 0xc4;
constexpr std::uint8_t kTimestamp = 0xc5;

inline Bytes description(std::string_view provider_id) {
    return Writer().u8(kDescription).raw(as_bytes(provider_id)).take();
}
inline Bytes nonce(const Address& address) { return Writer().u8(kNonce).fixed(address).take(); }
inline Bytes queued(const Hash32& operation_id) {
    return Writer().u8(kQueued).fixed(operation_id).take();
}
inline Bytes seed() { return {kSeed}; }
inline Bytes timestamp(Height height) { return Writer().u8(kTimestamp).u64(height).take(); }

}  // namespace aivm::service_keys
