#include "sim/consensus/proposer_schedule.h"

#include <algorithm>

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "sim/consensus/stake_sampler.h"

namespace aivm::sim {
namespace {

// Uniform numbers from SHA-256(slot, counter), four 64-bit words per digest.
class SlotStream {
public:
    explicit SlotStream(const ProposerSlot& slot) : slot_(slot) {}

    std::uint64_t below(std::uint64_t bound) {
        // 2^64 mod bound: words below it would favour small numbers
        const std::uint64_t remainder = (0 - bound) % bound;
        std::uint64_t word = next();
        while (word < remainder) word = next();
        return word % bound;
    }

private:
    std::uint64_t next() {
        if (used_ == 4) refill();
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < 8; ++i) word = word << 8 | block_.bytes[8 * used_ + i];
        ++used_;
        return word;
    }
    void refill() {
        Writer writer;
        writer.string("aivmsim proposer")
            .u64(slot_.seed)
            .fixed(slot_.parent)
            .u64(slot_.height)
            .u64(counter_++);
        block_ = sha256(writer.view());
        used_ = 0;
    }

    ProposerSlot slot_;
    Hash32 block_;
    std::uint64_t counter_ = 0;
    std::size_t used_ = 4;
};

}  // namespace

ProposerSchedule::ProposerSchedule(std::span<const std::uint64_t> stakes, const ProposerSlot& slot,
                                   std::uint32_t count) {
    StakeSampler sampler(stakes);
    SlotStream stream(slot);
    sampler.sample(
        count, std::nullopt, [&](std::uint64_t bound) { return stream.below(bound); }, order_);
}

std::optional<std::uint32_t> ProposerSchedule::window_of(VoterIndex node) const {
    const auto found = std::find(order_.begin(), order_.end(), node);
    if (found == order_.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - order_.begin());
}

std::uint64_t ProposerSchedule::delay_ns(VoterIndex node, std::uint64_t fallback_delay_ns) const {
    return window_of(node).value_or(static_cast<std::uint32_t>(order_.size())) * fallback_delay_ns;
}

}  // namespace aivm::sim
