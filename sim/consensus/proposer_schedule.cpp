#include "sim/consensus/proposer_schedule.h"

#include <algorithm>
#include <array>

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

// The schedules that were made last. All nodes ask for the same ones, and making one takes time
// proportional to the number of nodes. A schedule is a function of what it is made from, which is
// the key here, so no result depends on what is remembered.
class RecentSchedules {
public:
    // The order of the schedule; null if it is not remembered.
    [[nodiscard]] const std::vector<VoterIndex>* find(std::span<const std::uint64_t> stakes,
                                                      const ProposerSlot& slot,
                                                      std::uint32_t count) const {
        const auto found = std::ranges::find_if(entries_, [&](const Entry& one) {
            return one.slot.parent == slot.parent && one.slot.height == slot.height &&
                   one.slot.seed == slot.seed && one.count == count &&
                   std::ranges::equal(one.stakes, stakes);
        });
        return found == entries_.end() ? nullptr : &found->order;
    }
    void remember(std::span<const std::uint64_t> stakes, const ProposerSlot& slot,
                  std::uint32_t count, const std::vector<VoterIndex>& order) {
        entries_[next_++ % entries_.size()] = {{stakes.begin(), stakes.end()}, slot, count, order};
    }

private:
    struct Entry {
        std::vector<std::uint64_t> stakes;
        ProposerSlot slot;
        std::uint32_t count = 0;
        std::vector<VoterIndex> order;
    };
    std::array<Entry, 8> entries_;
    std::size_t next_ = 0;
};

}  // namespace

ProposerSchedule::ProposerSchedule(std::span<const std::uint64_t> stakes, const ProposerSlot& slot,
                                   std::uint32_t count) {
    thread_local RecentSchedules recent;  // worlds on several threads share nothing
    if (const auto* known = recent.find(stakes, slot, count)) {
        order_ = *known;
        return;
    }
    StakeSampler sampler(stakes);
    SlotStream stream(slot);
    sampler.sample(
        count, std::nullopt, [&](std::uint64_t bound) { return stream.below(bound); }, order_);
    recent.remember(stakes, slot, count, order_);
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
