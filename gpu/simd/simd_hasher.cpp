#include "gpu/simd/simd_hasher.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/check.h"

namespace aivm::gpu {
namespace {

// Messages of one length, back to back.
class EqualMessages final : public MessageSource {
public:
    EqualMessages(const std::uint8_t* messages, std::size_t length_bytes, std::size_t count,
                  Hash32* digests)
        : next_(messages),
          length_bytes_(length_bytes),
          rest_bytes_(length_bytes % kBlockBytes),
          left_(count),
          digests_(digests) {
        for (auto& block : last_blocks_) pad_block(block.data(), rest_bytes_);
    }

    [[nodiscard]] std::size_t next_deadline() const override { return left_ == 0 ? kNever : 0; }
    [[nodiscard]] std::size_t count_before(std::size_t) const override { return left_; }
    [[nodiscard]] std::size_t next_blocks() const override { return block_count(length_bytes_); }
    Message take(std::size_t sponge) override {
        const std::uint8_t* message = next_;
        std::uint8_t* last = last_blocks_[sponge].data();
        if (rest_bytes_ != 0) std::memcpy(last, message + length_bytes_ - rest_bytes_, rest_bytes_);
        next_ += length_bytes_;
        --left_;
        return {message, last, next_blocks(), digests_++};
    }

private:
    const std::uint8_t* next_;
    std::size_t length_bytes_;
    std::size_t rest_bytes_;  // of the last block
    std::size_t left_;
    Hash32* digests_;
    std::array<std::array<std::uint8_t, kBlockBytes>, kSpongesMax> last_blocks_{};
};

KeccakWidth checked(KeccakWidth width) {
    const auto widths = supported_widths();
    AIVM_CHECK(std::find(widths.begin(), widths.end(), width) != widths.end());
    return width;
}

}  // namespace

SimdHasher::SimdHasher(KeccakWidth width)
    : width_(checked(width)), pipeline_(absorbers_of(width)) {}

void SimdHasher::hash_many(const std::uint8_t* messages, std::size_t length_bytes,
                           std::size_t count, Hash32* digests) const {
    EqualMessages source(messages, length_bytes, count, digests);
    pipeline_.hash_before(1, source);
}

}  // namespace aivm::gpu
