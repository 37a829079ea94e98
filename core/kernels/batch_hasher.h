// Many Keccak-256 digests at once: the interface through which SIMD speeds up the kernels' hashing.
// Every implementation computes the same digests; the scalar one is the reference.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/bytes.h"

namespace aivm {

// A sequential fold: accumulator = keccak(accumulator || leaf), for `count` leaves from `start`.
struct FoldChain {
    Hash32 start;
    const Hash32* leaves = nullptr;
    std::size_t count = 0;
    Hash32* after = nullptr;  // after[i] receives the accumulator after leaf i
};

// Stateless: any number of threads may share one.
class BatchHasher {
public:
    BatchHasher() = default;
    BatchHasher(const BatchHasher&) = delete;
    BatchHasher& operator=(const BatchHasher&) = delete;
    virtual ~BatchHasher() = default;

    // digests[i] = keccak of bytes [i * length_bytes, (i + 1) * length_bytes) of `messages`, for i
    // < count.
    virtual void hash_many(const std::uint8_t* messages, std::size_t length_bytes,
                           std::size_t count, Hash32* digests) const = 0;

    // Independent chains, side by side where the hardware can. No buffer of one may overlap
    // another's `after`.
    virtual void fold_many(std::span<const FoldChain> chains) const = 0;
};

// One message after the other.
class ScalarHasher final : public BatchHasher {
public:
    void hash_many(const std::uint8_t* messages, std::size_t length_bytes, std::size_t count,
                   Hash32* digests) const override;
    void fold_many(std::span<const FoldChain> chains) const override;
};

const BatchHasher& scalar_hasher();

}  // namespace aivm
