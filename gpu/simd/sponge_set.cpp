#include "gpu/simd/sponge_set.h"

#include <algorithm>
#include <bit>

#include "core/base/check.h"
#include "core/base/keccak.h"

static_assert(std::endian::native == std::endian::little, "words are XORed as they lie in memory");

namespace aivm::gpu {
namespace {

constexpr std::array<std::uint8_t, Keccak256::kRateBytes> kZeroBlock{};

// Bytes [64, 136) of the block of a link.
constexpr std::array<std::uint8_t, 72> kLinkPadding = [] {
    std::array<std::uint8_t, 72> padding{};
    padding.front() = 0x01;
    padding.back() = 0x80;
    return padding;
}();

}  // namespace

SpongeSet::SpongeSet(const Absorber& absorber) : absorber_(absorber) {
    static_assert(kBlockBytes == Keccak256::kRateBytes);
    AIVM_CHECK(absorber.width >= 1 && absorber.width <= kSpongesMax);
}

std::size_t SpongeSet::blocks_left_max() const {
    std::size_t most = 0;
    for (std::size_t s = 0; s < width(); ++s) most = std::max(most, blocks_left(s));
    return most;
}

void SpongeSet::set_block(std::size_t sponge, const std::uint8_t* block) {
    step_.low[sponge] = block;
    step_.middle[sponge] = block + 32;
    step_.high[sponge] = block + 64;
}

void SpongeSet::prepare_message(std::size_t sponge) {
    Progress& message = messages_[sponge];
    if (message.blocks_left == 0) {
        set_block(sponge, kZeroBlock.data());
        step_.digest[sponge] = unused_digest_.data();
        step_.keep[sponge] = 0;
        return;
    }
    step_.keep[sponge] = message.has_started ? ~std::uint64_t{0} : 0;
    step_.some_continue = step_.some_continue || message.has_started;
    message.has_started = true;
    --message.blocks_left;
    step_.some_go_on = step_.some_go_on || message.blocks_left != 0;
    if (message.blocks_left == 0) {
        set_block(sponge, message.last_block);
    } else {
        set_block(sponge, message.full_blocks);
        message.full_blocks += kBlockBytes;
    }
}

void SpongeSet::prepare_link(std::size_t sponge, const Hash32& accumulator, const Hash32& leaf,
                             Hash32& after) {
    step_.low[sponge] = accumulator.data();
    step_.middle[sponge] = leaf.data();
    step_.high[sponge] = kLinkPadding.data();
    step_.digest[sponge] = after.data();
    step_.keep[sponge] = 0;
}

void SpongeSet::absorb() {
    absorber_.absorb(states_.data(), step_);
    step_.some_continue = false;
    step_.some_go_on = false;
}

}  // namespace aivm::gpu
