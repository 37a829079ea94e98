// How many messages each directed link has carried, at a cost that grows with the links that carry
// messages and not with the square of the nodes.
//
// Every sender has a table of its own, in one of three forms, each of which becomes the next: a
// small table with open addressing and linear probing; a plain array over all nodes, once the table
// would be larger than that; the same array with wider counts, once a count does not fit. A
// thousand nodes that all talk to each other need two megabytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/prefetch_call.h"

namespace aivm::sim {

class LinkCounters {
public:
    static constexpr std::uint32_t kNodesMax = 32'768;

    explicit LinkCounters(std::uint32_t nodes) : nodes_(nodes), senders_(nodes) {
        AIVM_CHECK(nodes <= kNodesMax);
    }

    // The number of the link's next message, from 0. Requires from and to below the number of
    // nodes.
    std::uint32_t next(std::uint32_t from, std::uint32_t to) {
        Sender& sender = senders_[from];
        if (sender.counts != nullptr && sender.counts[to] != kNarrowMax) [[likely]]
            return sender.counts[to]++;
        return next_slowly(sender, to);
    }
    // Asks for the memory of a link that is about to be used.
    void prefetch(std::uint32_t from, std::uint32_t to) const {
        const Sender& sender = senders_[from];
        if (sender.counts != nullptr) __builtin_prefetch(&sender.counts[to]);
        keep_prefetches();
    }
    // The links that have carried a message.
    [[nodiscard]] std::size_t size() const {
        std::size_t out = 0;
        for (const Sender& sender : senders_) {
            for (std::uint32_t to = 0; to < nodes_; ++to) {
                if (sender.counts != nullptr) out += sender.counts[to] != 0 ? 1U : 0U;
                if (sender.wide != nullptr) out += sender.wide[to] != 0 ? 1U : 0U;
            }
            out += sender.used;
        }
        return out;
    }

private:
    using Narrow = std::uint16_t;
    static constexpr Narrow kNarrowMax = std::numeric_limits<Narrow>::max();
    static constexpr std::size_t kSlotsMin = 16;

    struct Slot {
        std::uint16_t receiver = 0;  // plus one; 0: free
        Narrow sent = 0;
    };
    static_assert(kNodesMax <= std::numeric_limits<std::uint16_t>::max());
    struct Sender {
        std::unique_ptr<Narrow[]> counts;       // by receiver
        std::unique_ptr<std::uint32_t[]> wide;  // the same
        std::vector<Slot> slots;                // a power of two, at most three quarters used
        std::uint32_t used = 0;                 // slots
    };

    [[gnu::noinline]] std::uint32_t next_slowly(Sender& sender, std::uint32_t to) {
        if (sender.wide == nullptr) {
            Narrow& sent = narrow_count(sender, to);
            if (sent != kNarrowMax) return sent++;
            widen(sender);
        }
        AIVM_CHECK(sender.wide[to] != UINT32_MAX);
        return sender.wide[to]++;
    }
    Narrow& narrow_count(Sender& sender, std::uint32_t to) const {
        if (sender.counts == nullptr && 4 * std::size_t{sender.used} >= 3 * sender.slots.size())
            grow(sender);
        if (sender.counts != nullptr) return sender.counts[to];
        Slot& slot = sender.slots[place_of(sender.slots, to + 1)];
        if (slot.receiver == 0) {
            slot.receiver = static_cast<std::uint16_t>(to + 1);
            ++sender.used;
        }
        return slot.sent;
    }

    static std::size_t place_of(const std::vector<Slot>& slots, std::uint32_t receiver) {
        constexpr std::uint32_t kGolden = 0x9E37'79B9;  // 2^32 / golden ratio
        const std::size_t mask = slots.size() - 1;
        std::size_t place = (std::uint64_t{receiver} * kGolden >> 16) & mask;
        while (slots[place].receiver != 0 && slots[place].receiver != receiver)
            place = (place + 1) & mask;
        return place;
    }
    void grow(Sender& sender) const {
        std::vector<Slot> old;
        old.swap(sender.slots);
        const std::size_t wanted = old.empty() ? kSlotsMin : 2 * old.size();
        if (wanted * sizeof(Slot) >= nodes_ * sizeof(Narrow)) {
            sender.used = 0;
            sender.counts = std::make_unique<Narrow[]>(nodes_);
            for (const Slot& slot : old) {
                if (slot.receiver != 0) sender.counts[slot.receiver - 1U] = slot.sent;
            }
            return;
        }
        sender.slots.resize(wanted);
        for (const Slot& slot : old) {
            if (slot.receiver != 0) sender.slots[place_of(sender.slots, slot.receiver)] = slot;
        }
    }
    void widen(Sender& sender) const {
        sender.wide = std::make_unique<std::uint32_t[]>(nodes_);
        for (std::uint32_t to = 0; sender.counts != nullptr && to < nodes_; ++to)
            sender.wide[to] = sender.counts[to];
        for (const Slot& slot : sender.slots) {
            if (slot.receiver != 0) sender.wide[slot.receiver - 1U] = slot.sent;
        }
        sender.counts = nullptr;
        sender.slots = std::vector<Slot>();
        sender.used = 0;
    }

    std::uint32_t nodes_;
    std::vector<Sender> senders_;
};

}  // namespace aivm::sim
