// Device-side reading and writing of ABI structures. Device buffers are aligned to 8 bytes at
// least, and so is every structure and every byte-string field that is read in words.
#pragma once

#include "core/kernels/abi.h"
#include "gpu/kernels/device_keccak.h"
#include "gpu/kernels/passes.h"

namespace aivm::gpu {

using u32 = abi::u32;

__device__ inline u32 thread_index() { return blockIdx.x * blockDim.x + threadIdx.x; }

// The `index`-th 64-bit word of a structure or a field.
__device__ inline Word word_at(const void* from, unsigned index) {
    return static_cast<const Word*>(from)[index];
}

__device__ inline Words4 words4_at(const void* from) {
    return {{word_at(from, 0), word_at(from, 1), word_at(from, 2), word_at(from, 3)}};
}

__device__ inline void write_words4(void* to, const Words4& value) {
    GPU_UNROLL
    for (unsigned i = 0; i < 4; ++i) static_cast<Word*>(to)[i] = value.word[i];
}

__device__ inline bool same(const Words4& a, const Words4& b) {
    return ((a.word[0] ^ b.word[0]) | (a.word[1] ^ b.word[1]) | (a.word[2] ^ b.word[2]) |
            (a.word[3] ^ b.word[3])) == 0;
}

template <unsigned kBytes>
__device__ inline bool is_zero(const unsigned char (&field)[kBytes]) {
    static_assert(kBytes % 8 == 0);
    Word any = 0;
    GPU_UNROLL
    for (unsigned i = 0; i < kBytes / 8; ++i) any |= word_at(field, i);
    return any == 0;
}

template <unsigned kBytes>
__device__ inline void copy_field(unsigned char (&to)[kBytes],
                                  const unsigned char (&from)[kBytes]) {
    static_assert(kBytes % 4 == 0);
    GPU_UNROLL
    for (unsigned i = 0; i < kBytes / 4; ++i) {
        reinterpret_cast<u32*>(to)[i] = reinterpret_cast<const u32*>(from)[i];
    }
}

__device__ inline bool is_past(Word expiry_ns, Word now_ns) {
    return expiry_ns != 0 && expiry_ns <= now_ns;
}

__device__ inline Word now_of(const PassParameters& parameters) {
    return static_cast<Word>(parameters.now_high) << 32 | parameters.now_low;
}

// Adds the number of threads of the block for which `counts` holds to *total. Every thread of the
// block calls it, in the same order.
__device__ inline void add_block_count(bool counts, u32* total) {
    GPU_SHARED(u32, sum, 1);
    if (threadIdx.x == 0) sum[0] = 0;
    __syncthreads();
    if (counts) atomicAdd(&sum[0], 1U);
    __syncthreads();
    if (threadIdx.x == 0 && sum[0] != 0) atomicAdd(total, sum[0]);
}

}  // namespace aivm::gpu
