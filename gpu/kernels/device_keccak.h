// Keccak-256 on a device: one message per thread, its length known at compile time, so that every
// index into the state is a constant and the state stays in registers. Messages are 64-bit
// little-endian words; bytes behind the message's end in the last word must be zero.
#pragma once

#include "gpu/kernels/runtime.h"

namespace aivm::gpu {

using Word = unsigned long long;

// A digest, or any other 32 bytes.
struct Words4 {
    Word word[4];
};

// Keccak-f[1600]. A template so that a test can count the operations (fold_cost_test.cpp).
template <class W>
__device__ inline W rotate_left(const W& value, unsigned places) {
    return places == 0 ? value : (value << places) | (value >> (64 - places));
}

template <class W>
__device__ inline void keccak_round(W (&a)[25], Word round_constant) {
    W column[5];
    GPU_UNROLL
    for (unsigned x = 0; x < 5; ++x)
        column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    GPU_UNROLL
    for (unsigned x = 0; x < 5; ++x) {
        const W parity = column[(x + 4) % 5] ^ rotate_left(column[(x + 1) % 5], 1);
        GPU_UNROLL
        for (unsigned y = 0; y < 25; y += 5) a[x + y] = a[x + y] ^ parity;
    }
    W moving = a[1];
    unsigned x = 1;
    unsigned y = 0;
    GPU_UNROLL
    for (unsigned t = 0; t < 24; ++t) {
        const unsigned next_y = (2 * x + 3 * y) % 5;
        x = y;
        y = next_y;
        const W kept = a[x + 5 * y];
        a[x + 5 * y] = rotate_left(moving, ((t + 1) * (t + 2) / 2) % 64);
        moving = kept;
    }
    GPU_UNROLL
    for (unsigned row = 0; row < 25; row += 5) {
        W b[5];
        GPU_UNROLL
        for (unsigned i = 0; i < 5; ++i) b[i] = a[row + i];
        GPU_UNROLL
        for (unsigned i = 0; i < 5; ++i) a[row + i] = b[i] ^ (~b[(i + 1) % 5] & b[(i + 2) % 5]);
    }
    a[0] = a[0] ^ round_constant;
}

static __constant__ const Word kRoundConstants[24] = {
    0x0000000000000001ULL, 0x0000000000008082ULL, 0x800000000000808AULL, 0x8000000080008000ULL,
    0x000000000000808BULL, 0x0000000080000001ULL, 0x8000000080008081ULL, 0x8000000000008009ULL,
    0x000000000000008AULL, 0x0000000000000088ULL, 0x0000000080008009ULL, 0x000000008000000AULL,
    0x000000008000808BULL, 0x800000000000008BULL, 0x8000000000008089ULL, 0x8000000000008003ULL,
    0x8000000000008002ULL, 0x8000000000000080ULL, 0x000000000000800AULL, 0x800000008000000AULL,
    0x8000000080008081ULL, 0x8000000000008080ULL, 0x0000000080000001ULL, 0x8000000080008008ULL};

template <class W>
__device__ inline void keccak_f1600(W (&a)[25]) {
    GPU_NO_UNROLL
    for (unsigned round = 0; round < 24; ++round) keccak_round(a, kRoundConstants[round]);
}

// The digest of the first kBytes of `message`.
template <unsigned kBytes, unsigned kWords>
__device__ inline Words4 keccak256(const Word (&message)[kWords]) {
    constexpr unsigned kRateWords = 17;
    constexpr unsigned kBlocks = kBytes / (kRateWords * 8) + 1;
    static_assert(kWords == (kBytes + 7) / 8, "the message fills its words");
    Word a[25] = {};
    GPU_UNROLL
    for (unsigned block = 0; block < kBlocks; ++block) {
        GPU_UNROLL
        for (unsigned i = 0; i < kRateWords; ++i) {
            const unsigned index = block * kRateWords + i;
            if (index < kWords) a[i] ^= message[index];
            if (index == kBytes / 8) a[i] ^= Word{0x01} << (kBytes % 8 * 8);
        }
        if (block == kBlocks - 1) a[kRateWords - 1] ^= Word{0x80} << 56;
        keccak_f1600(a);
    }
    return {{a[0], a[1], a[2], a[3]}};
}

}  // namespace aivm::gpu
