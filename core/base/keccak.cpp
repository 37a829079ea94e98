#include "core/base/keccak.h"

#include <bit>
#include <cstring>

#include "core/base/digest.h"

static_assert(std::endian::native == std::endian::little, "the sponge XORs bytes in place as little-endian lanes");

namespace aivm {
namespace {

constexpr std::array<std::uint64_t, 24> kRoundConstants{
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

// Rotation offsets and target lanes of rho and pi, in the order in which pi visits the lanes from lane 1.
constexpr std::array<int, 24> kRotation{1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                        27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};
constexpr std::array<std::size_t, 24> kLane{10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                            15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};

}  // namespace

void keccak_f1600(KeccakState& a) {
    for (const std::uint64_t round_constant : kRoundConstants) {
        std::uint64_t column[5];
#pragma GCC unroll 5
        for (std::size_t x = 0; x < 5; ++x) column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
#pragma GCC unroll 5
        for (std::size_t x = 0; x < 5; ++x) {
            const std::uint64_t d = column[(x + 4) % 5] ^ std::rotl(column[(x + 1) % 5], 1);
#pragma GCC unroll 5
            for (std::size_t y = 0; y < 25; y += 5) a[x + y] ^= d;
        }
        std::uint64_t moving = a[1];
#pragma GCC unroll 24
        for (std::size_t i = 0; i < 24; ++i) {
            const std::uint64_t replaced = a[kLane[i]];
            a[kLane[i]] = std::rotl(moving, kRotation[i]);
            moving = replaced;
        }
#pragma GCC unroll 5
        for (std::size_t y = 0; y < 25; y += 5) {
            const std::uint64_t row[5] = {a[y], a[y + 1], a[y + 2], a[y + 3], a[y + 4]};
#pragma GCC unroll 5
            for (std::size_t x = 0; x < 5; ++x) a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
        }
        a[0] ^= round_constant;
    }
}

void Keccak256::update(ByteView piece) {
    auto* lanes = reinterpret_cast<std::uint8_t*>(state_.data());
    while (!piece.empty()) {
        const std::size_t take = std::min(piece.size(), kRateBytes - filled_);
        for (std::size_t i = 0; i < take; ++i) lanes[filled_ + i] ^= piece[i];
        filled_ += take;
        piece = piece.subspan(take);
        if (filled_ == kRateBytes) {
            keccak_f1600(state_);
            filled_ = 0;
        }
    }
}

Hash32 Keccak256::finish() {
    auto* lanes = reinterpret_cast<std::uint8_t*>(state_.data());
    lanes[filled_] ^= 0x01;
    lanes[kRateBytes - 1] ^= 0x80;
    keccak_f1600(state_);
    Hash32 out;
    std::memcpy(out.data(), state_.data(), out.size());
    return out;
}

Hash32 keccak256(ByteView message) {
    Keccak256 sponge;
    sponge.update(message);
    return sponge.finish();
}

Hash32 keccak256(std::initializer_list<ByteView> parts) {
    Keccak256 sponge;
    for (const ByteView part : parts) sponge.update(part);
    return sponge.finish();
}

}  // namespace aivm
