// Keccak-f[1600] and the legacy Keccak-256 sponge over it, as the kernels and the protocol hash.
// Source: the Keccak reference, https://keccak.team/keccak_specs_summary.html, with the pre-FIPS
// padding byte 0x01.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"

namespace aivm {

using KeccakState = std::array<std::uint64_t, 25>;

void keccak_f1600(KeccakState& state);

// Incremental Keccak-256. Feed any number of pieces, then take the digest once.
class Keccak256 {
public:
    static constexpr std::size_t kRateBytes = 136;

    void update(ByteView piece);
    [[nodiscard]] Hash32 finish();

private:
    KeccakState state_{};
    std::size_t filled_ = 0;  // bytes of the current block already absorbed
};

}  // namespace aivm
