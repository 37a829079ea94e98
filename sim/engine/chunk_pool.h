// Unsorted bags of events, as chains of fixed chunks out of one pool: a bag costs eight bytes while
// it is empty, and the chunk freed last, still in the cache, is the one handed out next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace aivm::sim {

template <class Event>
class ChunkPool {
public:
    static constexpr std::uint32_t kChunkEvents = 16;

    struct Bag {
        std::uint32_t head = kNone;  // the chunk filled last
        std::uint32_t count = 0;
    };

    void add(Bag& bag, const Event& event) {
        const std::uint32_t fill = bag.count % kChunkEvents;
        if (fill == 0) bag.head = allocate(bag.head);
        events_[std::size_t{bag.head} * kChunkEvents + fill] = event;
        ++bag.count;
    }

    // Calls visit(const Event*, count) for each chunk, newest first. The pointer stays valid until
    // the next add().
    template <class Visit>
    void for_each(const Bag& bag, Visit&& visit) const {
        if (bag.count == 0) return;
        std::uint32_t size = (bag.count - 1) % kChunkEvents + 1;
        for (std::uint32_t chunk = bag.head; chunk != kNone; chunk = next_[chunk]) {
            visit(&events_[std::size_t{chunk} * kChunkEvents], size);
            size = kChunkEvents;
        }
    }

    // As for_each, and leaves the bag empty and its chunks free.
    template <class Visit>
    void drain(Bag& bag, Visit&& visit) {
        for_each(bag, visit);
        std::uint32_t chunk = bag.head;
        while (bag.count != 0 && chunk != kNone) {
            const std::uint32_t next = next_[chunk];
            release(chunk);
            chunk = next;
        }
        bag = {};
    }

    // As drain, one event at a time, where visit may itself add to other bags: every chunk is
    // copied out first.
    template <class Visit>
    void move_out(Bag& bag, Visit&& visit) {
        const std::uint32_t count = bag.count;
        std::uint32_t chunk = bag.head;
        bag = {};
        std::uint32_t size = count == 0 ? 0 : (count - 1) % kChunkEvents + 1;
        while (chunk != kNone) {
            Event copy[kChunkEvents];
            for (std::uint32_t i = 0; i < size; ++i)
                copy[i] = events_[std::size_t{chunk} * kChunkEvents + i];
            const std::uint32_t next = next_[chunk];
            if (next != kNone) prefetch_chunk(next);
            release(chunk);
            for (std::uint32_t i = 0; i < size; ++i) visit(copy[i]);
            chunk = next;
            size = kChunkEvents;
        }
    }

    // Asks for the newest chunk of a bag that is about to be drained.
    void prefetch(const Bag& bag) const {
        if (bag.count != 0) prefetch_chunk(bag.head);
    }

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    std::uint32_t allocate(std::uint32_t next) {
        if (free_ == kNone) grow();
        const std::uint32_t chunk = free_;
        free_ = next_[chunk];
        next_[chunk] = next;
        return chunk;
    }

    void prefetch_chunk(std::uint32_t chunk) const {
        const auto* line =
            reinterpret_cast<const char*>(&events_[std::size_t{chunk} * kChunkEvents]);
        for (std::size_t offset = 0; offset < kChunkEvents * sizeof(Event); offset += 64) {
            __builtin_prefetch(line + offset);
        }
    }

    void release(std::uint32_t chunk) {
        next_[chunk] = free_;
        free_ = chunk;
    }

    // Doubles the pool.
    void grow() {
        const std::size_t before = next_.size();
        const std::size_t after = before == 0 ? 64 : before * 2;
        next_.resize(after);
        events_.resize(after * kChunkEvents);
        for (std::size_t chunk = after; chunk-- > before;)
            release(static_cast<std::uint32_t>(chunk));
    }

    std::vector<Event> events_;
    std::vector<std::uint32_t> next_;  // of the chain, or of the list of free chunks
    std::uint32_t free_ = kNone;
};

}  // namespace aivm::sim
