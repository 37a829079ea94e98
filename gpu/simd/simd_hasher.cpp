#include "gpu/simd/simd_hasher.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "core/base/check.h"
#include "core/base/keccak.h"
#include "gpu/simd/keccak_lanes.h"

static_assert(std::endian::native == std::endian::little, "lanes are XORed as they lie in memory");

namespace aivm::gpu {
namespace {

constexpr std::size_t kWidthMax = 8;
constexpr std::size_t kRateLanes = Keccak256::kRateBytes / 8;
constexpr std::size_t kDigestLanes = 4;

// Up to eight Keccak states, lane by lane: word i of state s stands at words[i * width + s].
struct Sponges {
    alignas(64) std::uint64_t words[25 * kWidthMax];
    std::size_t width;

    explicit Sponges(std::size_t states) : width(states) {}  // not cleared
    void clear() { std::memset(words, 0, 25 * width * sizeof(std::uint64_t)); }
    std::uint64_t& word(std::size_t lane, std::size_t state) { return words[lane * width + state]; }

    void put_digest(std::size_t first_lane, std::size_t state, const Hash32& digest) {
        for (std::size_t i = 0; i < kDigestLanes; ++i) {
            std::memcpy(&word(first_lane + i, state), digest.data() + 8 * i, 8);
        }
    }
    void take_digest(std::size_t state, Hash32& digest) {
        for (std::size_t i = 0; i < kDigestLanes; ++i)
            std::memcpy(digest.data() + 8 * i, &word(i, state), 8);
    }
};

// XORs one block of each message, padded if it is the last one, into the states.
void absorb_block(Sponges& sponges, const std::uint8_t* messages, std::size_t stride_bytes,
                  std::size_t used, std::size_t block_bytes) {
    const bool is_last = block_bytes < Keccak256::kRateBytes;
    for (std::size_t s = 0; s < used; ++s) {
        const std::uint8_t* from = messages + s * stride_bytes;
        std::uint8_t padded[Keccak256::kRateBytes];
        if (is_last) {
            std::memset(padded, 0, sizeof padded);
            if (block_bytes != 0) std::memcpy(padded, from, block_bytes);
            padded[block_bytes] ^= 0x01;
            padded[sizeof padded - 1] ^= 0x80;
            from = padded;
        }
        for (std::size_t i = 0; i < kRateLanes; ++i) {
            std::uint64_t lane = 0;
            std::memcpy(&lane, from + 8 * i, 8);
            sponges.word(i, s) ^= lane;
        }
    }
}

// Absorbs messages of several blocks: all is done but the permutation after the last one.
void absorb_blocks(Sponges& sponges, const std::uint8_t* messages, std::size_t length_bytes,
                   std::size_t used, void (*permute)(std::uint64_t* lanes)) {
    sponges.clear();
    std::size_t offset = 0;
    for (; length_bytes - offset >= Keccak256::kRateBytes; offset += Keccak256::kRateBytes) {
        absorb_block(sponges, messages + offset, length_bytes, used, Keccak256::kRateBytes);
        permute(sponges.words);
    }
    absorb_block(sponges, messages + offset, length_bytes, used, length_bytes - offset);
}

// As absorb_block into cleared states, for messages that are one block: nothing has to be cleared
// or XORed but the rest.
void set_only_block(Sponges& sponges, const std::uint8_t* messages, std::size_t length_bytes,
                    std::size_t used) {
    const std::size_t width = sponges.width;
    std::memset(sponges.words + kRateLanes * width, 0,
                (25 - kRateLanes) * width * sizeof(std::uint64_t));
    std::uint8_t padded[Keccak256::kRateBytes] = {};
    padded[length_bytes] ^= 0x01;
    padded[sizeof padded - 1] ^= 0x80;
    for (std::size_t s = 0; s < width; ++s) {
        if (s < used && length_bytes != 0)
            std::memcpy(padded, messages + s * length_bytes, length_bytes);
        for (std::size_t i = 0; i < kRateLanes; ++i)
            std::memcpy(&sponges.word(i, s), padded + 8 * i, 8);
    }
}

// The message acc || leaf of 64 bytes is one block.
void set_fold_block(Sponges& sponges, std::size_t state, const Hash32& accumulator,
                    const Hash32& leaf) {
    sponges.put_digest(0, state, accumulator);
    sponges.put_digest(kDigestLanes, state, leaf);
    sponges.word(2 * kDigestLanes, state) = 0x01;
    sponges.word(kRateLanes - 1, state) = std::uint64_t{0x80} << 56;
}

// A chain and how far it has come.
struct Running {
    FoldChain chain;
    std::size_t done = 0;

    [[nodiscard]] std::size_t left() const { return chain.count - done; }
    [[nodiscard]] const Hash32& accumulator() const {
        return done == 0 ? chain.start : chain.after[done - 1];
    }
};

}  // namespace

SimdHasher::SimdHasher(KeccakWidth width) : width_(width) {
    const auto widths = supported_widths();
    AIVM_CHECK(std::find(widths.begin(), widths.end(), width) != widths.end());
    // Measured: one AVX2 permutation costs 1.4 to 1.9 scalar ones, one AVX-512 permutation 1.4.
    if (width == KeccakWidth::kAvx2) permute_ = keccak_f1600_avx2, worthwhile_ = 2;
    if (width == KeccakWidth::kAvx512) permute_ = keccak_f1600_avx512, worthwhile_ = 2;
}

void SimdHasher::hash_many(const std::uint8_t* messages, std::size_t length_bytes,
                           std::size_t count, Hash32* digests) const {
    const auto width = static_cast<std::size_t>(width_);
    while (permute_ && count >= worthwhile_) {
        const std::size_t used = std::min(width, count);
        Sponges sponges(width);
        if (length_bytes < Keccak256::kRateBytes) {
            set_only_block(sponges, messages, length_bytes, used);
        } else {
            absorb_blocks(sponges, messages, length_bytes, used, permute_);
        }
        permute_(sponges.words);
        for (std::size_t s = 0; s < used; ++s) sponges.take_digest(s, digests[s]);
        messages += used * length_bytes;
        digests += used;
        count -= used;
    }
    scalar_hasher().hash_many(messages, length_bytes, count, digests);
}

void SimdHasher::fold_many(std::span<const FoldChain> chains) const {
    std::vector<Running> running;
    for (const FoldChain& chain : chains) {
        if (chain.count != 0) running.push_back({chain});
    }
    const auto by_left = [](const Running& a, const Running& b) { return a.left() > b.left(); };
    for (;;) {
        // The longest first; as many as fit go side by side until the shortest of them ends.
        std::sort(running.begin(), running.end(), by_left);
        while (!running.empty() && running.back().left() == 0) running.pop_back();
        if (!permute_ || running.size() < worthwhile_) break;
        const std::size_t used = std::min(static_cast<std::size_t>(width_), running.size());
        Sponges sponges(static_cast<std::size_t>(width_));
        for (std::size_t steps = running[used - 1].left(); steps > 0; --steps) {
            sponges.clear();
            for (std::size_t s = 0; s < used; ++s) {
                set_fold_block(sponges, s, running[s].accumulator(),
                               running[s].chain.leaves[running[s].done]);
            }
            permute_(sponges.words);
            for (std::size_t s = 0; s < used; ++s)
                sponges.take_digest(s, running[s].chain.after[running[s].done++]);
        }
    }
    for (const Running& rest : running) {
        const FoldChain tail{rest.accumulator(), rest.chain.leaves + rest.done, rest.left(),
                             rest.chain.after + rest.done};
        scalar_hasher().fold_many({&tail, 1});
    }
}

}  // namespace aivm::gpu
