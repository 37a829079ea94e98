// What is remembered of each directed link that has carried a message, at a cost that grows with
// these links and not with the square of the nodes. Entries are never removed.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/check.h"
#include "sim/engine/time.h"

namespace aivm::sim {

// How many messages each link has carried. Every sender has a small table of its own with open
// addressing and linear probing; where it would be larger than a plain array over all nodes, it is
// that array. A thousand nodes that all talk to each other need four megabytes.
class LinkCounters {
public:
    explicit LinkCounters(std::uint32_t nodes) : nodes_(nodes), senders_(nodes) {}

    // The number of the link's next message, from 0. Requires from and to below the number of
    // nodes.
    std::uint32_t next(std::uint32_t from, std::uint32_t to) {
        Sender& sender = senders_[from];
        std::uint32_t& sent = sender.is_array() ? sender.counts[to] : find(sender, to);
        AIVM_CHECK(sent != UINT32_MAX);
        return sent++;
    }
    // Asks for the memory of a link that is about to be used.
    void prefetch(std::uint32_t from, std::uint32_t to) const {
        const Sender& sender = senders_[from];
        if (sender.is_array()) __builtin_prefetch(&sender.counts[to]);
    }
    // The links that have carried a message.
    [[nodiscard]] std::size_t size() const {
        std::size_t out = 0;
        for (const Sender& sender : senders_) {
            for (const std::uint32_t count : sender.counts) out += count != 0 ? 1U : 0U;
            out += sender.used;
        }
        return out;
    }

private:
    struct Slot {
        std::uint32_t receiver = 0;  // plus one; 0: free
        std::uint32_t sent = 0;
    };
    struct Sender {
        std::vector<std::uint32_t> counts;  // by receiver, once the table has become an array
        std::vector<Slot> slots;            // a power of two, at most three quarters used
        std::uint32_t used = 0;             // slots

        [[nodiscard]] bool is_array() const { return !counts.empty(); }
    };
    static constexpr std::size_t kSlotsMin = 16;

    static std::size_t place_of(const std::vector<Slot>& slots, std::uint32_t receiver) {
        constexpr std::uint32_t kGolden = 0x9E37'79B9;  // 2^32 / golden ratio
        const std::size_t mask = slots.size() - 1;
        std::size_t place = (std::uint64_t{receiver} * kGolden >> 16) & mask;
        while (slots[place].receiver != 0 && slots[place].receiver != receiver)
            place = (place + 1) & mask;
        return place;
    }
    [[gnu::noinline]] std::uint32_t& find(Sender& sender, std::uint32_t to) {
        if (4 * std::size_t{sender.used} >= 3 * sender.slots.size()) {
            grow(sender);
            if (sender.is_array()) return sender.counts[to];
        }
        Slot& slot = sender.slots[place_of(sender.slots, to + 1)];
        if (slot.receiver == 0) {
            slot.receiver = to + 1;
            ++sender.used;
        }
        return slot.sent;
    }
    void grow(Sender& sender) const {
        std::vector<Slot> old;
        old.swap(sender.slots);
        const std::size_t wanted = old.empty() ? kSlotsMin : 2 * old.size();
        if (wanted * sizeof(Slot) >= nodes_ * sizeof(std::uint32_t)) {
            sender.used = 0;
            sender.counts.resize(nodes_);
            for (const Slot& slot : old) {
                if (slot.receiver != 0) sender.counts[slot.receiver - 1] = slot.sent;
            }
            return;
        }
        sender.slots.resize(wanted);
        for (const Slot& slot : old) {
            if (slot.receiver != 0) sender.slots[place_of(sender.slots, slot.receiver)] = slot;
        }
    }

    std::uint32_t nodes_;
    std::vector<Sender> senders_;
};

// When the line of each link is free, where every link has a bandwidth of its own: a hash table
// with open addressing and linear probing.
class LinkLines {
public:
    // The time from which the link's line is free, at first 0. Valid until the next call. Requires
    // from != to.
    SimTime& free_at(std::uint32_t from, std::uint32_t to) {
        // Never 0, which marks a free slot: then both would be node 0.
        const std::uint64_t key = std::uint64_t{from} << 32 | to;
        if (4 * used_ >= 3 * slots_.size()) grow();
        Slot& slot = slots_[place_of(key)];
        if (slot.key == 0) {
            slot.key = key;
            ++used_;
        }
        return slot.free_at;
    }
    [[nodiscard]] std::size_t size() const { return used_; }

private:
    struct Slot {
        std::uint64_t key = 0;
        SimTime free_at = 0;
    };

    [[nodiscard]] std::size_t place_of(std::uint64_t key) const {
        constexpr std::uint64_t kGolden = 0x9E37'79B9'7F4A'7C15;  // 2^64 / golden ratio
        const std::size_t mask = slots_.size() - 1;
        std::size_t place = (key * kGolden >> 32) & mask;
        while (slots_[place].key != 0 && slots_[place].key != key) place = (place + 1) & mask;
        return place;
    }
    void grow() {
        std::vector<Slot> old(slots_.empty() ? 64 : 2 * slots_.size());
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.key != 0) slots_[place_of(slot.key)] = slot;
        }
    }

    std::vector<Slot> slots_;  // a power of two, at most three quarters used
    std::size_t used_ = 0;
};

}  // namespace aivm::sim
