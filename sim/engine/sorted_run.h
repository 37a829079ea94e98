// The events of one short stretch of time, sorted, taken from the front.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/engine/chunk_pool.h"

namespace aivm::sim {

template <class Event>
class SortedRun {
public:
    using Pool = ChunkPool<Event>;

    [[nodiscard]] bool empty() const { return head_ == tail_; }
    [[nodiscard]] std::size_t size() const { return tail_ - head_; }
    // front and take require !empty().
    [[nodiscard]] const Event& front() const { return events_[head_]; }
    const Event& take() { return events_[head_++]; }
    // The event with this many before it; null if there are not so many.
    [[nodiscard]] const Event* ahead(std::size_t many) const {
        return head_ + many < tail_ ? &events_[head_ + many] : nullptr;
    }
    [[nodiscard]] const Event* begin() const { return events_.data() + head_; }
    [[nodiscard]] const Event* end() const { return events_.data() + tail_; }
    void clear() { head_ = tail_ = 0; }

    // Empties `bag` into the run. All its times lie in [start, start + 2^shift). Requires empty().
    void load(Pool& pool, typename Pool::Bag& bag, std::uint64_t start, unsigned shift) {
        const std::size_t count = bag.count;
        if (events_.size() < count) events_.resize(std::max(count, events_.size() * 2));
        head_ = 0;
        tail_ = count;
        if (shift == 0 || count > kSlots) {
            copy(pool, bag);
        } else {
            scatter(pool, bag, start, shift);
        }
        finish_sort();
    }

    // Adds one event where it belongs: passes over those before it and moves those behind it.
    void insert(const Event& event) {
        if (tail_ == events_.size()) make_room();
        const Event* place = begin();
        while (place != end() && place->before(event)) ++place;
        const auto at = events_.begin() + (place - events_.data());
        std::move_backward(at, events_.begin() + static_cast<std::ptrdiff_t>(tail_),
                           events_.begin() + static_cast<std::ptrdiff_t>(tail_ + 1));
        *at = event;
        ++tail_;
    }

private:
    static constexpr std::size_t kRoomMin = 64;
    static constexpr unsigned kSlotBitsMax = 8;
    // of the scatter; also the longest run it is used for
    static constexpr std::size_t kSlots = 1U << kSlotBitsMax;

    // Makes room behind the events by moving them to the front of the array, half of which must be
    // free.
    void make_room() {
        if (2 * size() >= events_.size()) events_.resize(std::max(kRoomMin, 2 * events_.size()));
        if (head_ == 0) return;
        std::copy(begin(), end(), events_.begin());
        tail_ -= head_;
        head_ = 0;
    }

    void copy(Pool& pool, typename Pool::Bag& bag) {
        std::size_t position = 0;
        pool.drain(bag, [&](const Event* events, std::uint32_t count) {
            std::copy_n(events, count, events_.begin() + static_cast<std::ptrdiff_t>(position));
            position += count;
        });
    }

    // One step of a radix sort by time, into about twice as many slots as there are events: most
    // are then in place.
    void scatter(Pool& pool, typename Pool::Bag& bag, std::uint64_t start, unsigned shift) {
        const unsigned bits =
            std::min({shift, kSlotBitsMax, static_cast<unsigned>(std::bit_width(bag.count)) + 1});
        const unsigned slot_shift = shift - bits;
        std::array<std::uint16_t, kSlots + 1> ends;
        std::fill_n(ends.begin(), (std::size_t{1} << bits) + 1, std::uint16_t{0});
        const auto slot_of = [&](const Event& event) {
            return static_cast<std::size_t>((static_cast<std::uint64_t>(event.time) - start) >>
                                            slot_shift);
        };
        pool.for_each(bag, [&](const Event* events, std::uint32_t count) {
            for (std::uint32_t i = 0; i < count; ++i) ++ends[slot_of(events[i]) + 1];
        });
        for (std::size_t slot = 1; slot < std::size_t{1} << bits; ++slot) {
            ends[slot] = static_cast<std::uint16_t>(ends[slot] + ends[slot - 1]);
        }
        pool.drain(bag, [&](const Event* events, std::uint32_t count) {
            for (std::uint32_t i = 0; i < count; ++i)
                events_[ends[slot_of(events[i])]++] = events[i];
        });
    }

    // An insertion sort for nearly sorted input; stops if it is not.
    void finish_sort() {
        std::size_t budget = 8 * tail_ + 64;
        for (std::size_t i = 1; i < tail_; ++i) {
            if (!events_[i].before(events_[i - 1])) continue;
            const Event event = events_[i];
            std::size_t hole = i;
            do {
                events_[hole] = events_[hole - 1];
                --hole;
            } while (hole > 0 && event.before(events_[hole - 1]));
            events_[hole] = event;
            if (i - hole > budget) {
                std::sort(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(tail_),
                          [](const Event& a, const Event& b) { return a.before(b); });
                return;
            }
            budget -= i - hole;
        }
    }

    std::vector<Event> events_;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
};

}  // namespace aivm::sim
