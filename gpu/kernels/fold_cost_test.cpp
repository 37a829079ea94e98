// Why the fold stays on the host: the steps of one Keccak permutation, counted by running the
// device source on numbers that count. device_kernels.cpp draws the conclusion.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "core/base/digest.h"
#include "core/testing/random_workload.h"
#include "gpu/kernels/device_keccak.h"

namespace aivm::gpu {
namespace {

// A word that knows how many operations made it, one after the other (`depth`), and counts all.
struct CountingWord {
    Word value = 0;
    unsigned depth = 0;

    CountingWord() = default;
    CountingWord(Word v) : value(v) {}  // NOLINT: constants mix with words

    static inline unsigned operations = 0;
    static CountingWord made(Word result, unsigned depth_of_inputs) {
        ++operations;
        CountingWord out(result);
        out.depth = depth_of_inputs + 1;
        return out;
    }
    friend CountingWord operator^(const CountingWord& a, const CountingWord& b) {
        return made(a.value ^ b.value, std::max(a.depth, b.depth));
    }
    friend CountingWord operator&(const CountingWord& a, const CountingWord& b) {
        return made(a.value & b.value, std::max(a.depth, b.depth));
    }
    friend CountingWord operator|(const CountingWord& a, const CountingWord& b) {
        return made(a.value | b.value, std::max(a.depth, b.depth));
    }
    CountingWord operator~() const { return made(~value, depth); }
    CountingWord operator<<(unsigned places) const { return made(value << places, depth); }
    CountingWord operator>>(unsigned places) const { return made(value >> places, depth); }
};

TEST(FoldCost, OneDependentPermutationIsSlowerOnAnyDeviceThanOnOneCpuCore) {
    // The permutation of a 64-byte message, as in the fold.
    workload::Random random(1);
    const auto message = random.noise<std::array<std::uint8_t, 64>>();
    CountingWord state[25];
    for (unsigned i = 0; i < 8; ++i) std::memcpy(&state[i].value, message.data() + 8 * i, 8);
    state[8].value = 0x01;
    state[16].value = Word{0x80} << 56;
    CountingWord::operations = 0;
    keccak_f1600(state);
    const Hash32 expected = aivm::keccak256(ByteView{message});
    for (unsigned i = 0; i < 4; ++i)
        ASSERT_EQ(0, std::memcmp(expected.data() + 8 * i, &state[i].value, 8));

    unsigned depth = 0;
    for (unsigned i = 0; i < 4; ++i) depth = std::max(depth, state[i].depth);
    std::printf("one permutation: %u operations on 64-bit words, at least %u one after the other\n",
                CountingWord::operations, depth);
    // Best case for a device: every word on a lane of its own, exchanges between lanes for nothing,
    // 4 cycles per dependent operation (the latency of integer instructions since Volta; two such
    // instructions make one 64-bit operation) at 2 GHz.
    constexpr double kDeviceNsPerStep = 4 / 2.0;
    constexpr double kHostNs = 300;  // one core, scalar; bench/kernels_bench.cpp measures it
    EXPECT_GT(depth * kDeviceNsPerStep, 2 * kHostNs);
    EXPECT_GT(CountingWord::operations, 4'000U) << "so one lane alone is slower by far";
}

}  // namespace
}  // namespace aivm::gpu
