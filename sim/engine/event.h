// An event as a queue stores it, and the one order in which a queue returns events: (time,
// priority, sequence), nothing else.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/base/describe.h"
#include "sim/engine/time.h"

namespace aivm::sim {

// Among events of one instant the lower priority value goes first; within a priority, the one
// scheduled first.
enum class Priority : std::uint8_t {
    kFault,     // the world changes before anything in it acts
    kDelivery,  // messages
    kTimer,     // timers fire after the messages of the same instant
    // checks and measurements, when everything else has happened; part of the trace digest
    kObserver = 4,
};

// priority (3 bits) | sequence (40 bits) | zeros (21 bits): the number that a record of the trace
// digest holds (trace_digest.h), so its layout is part of every digest.
inline constexpr unsigned kSequenceShift = 21;
inline constexpr unsigned kSequenceBits = 40;
inline constexpr unsigned kPriorityBits = 3;
inline constexpr std::uint64_t kSequenceMax = (1ULL << kSequenceBits) - 1;
static_assert(kSequenceShift + kSequenceBits + kPriorityBits == 64);
static_assert(static_cast<unsigned>(Priority::kObserver) < (1U << kPriorityBits));

constexpr std::uint64_t make_order(Priority priority, std::uint64_t sequence) {
    return static_cast<std::uint64_t>(priority) << (kSequenceBits + kSequenceShift) |
           sequence << kSequenceShift;
}

// Requires a small, trivially copyable payload.
template <class Payload>
struct QueuedEvent {
    static_assert(std::is_trivially_copyable_v<Payload> && sizeof(Payload) <= 48);

    SimTime time = 0;
    std::uint64_t order = 0;
    Payload payload{};

    [[nodiscard]] std::uint64_t sequence() const { return order >> kSequenceShift & kSequenceMax; }
    [[nodiscard]] Priority priority() const {
        return static_cast<Priority>(order >> (kSequenceShift + kSequenceBits));
    }

    // A strict order: no two events of a queue compare equal. Bit operators, because a branch here
    // would be mispredicted half of the time.
    [[nodiscard]] bool before(const QueuedEvent& other) const {
        return static_cast<bool>(static_cast<unsigned>(time < other.time) |
                                 (static_cast<unsigned>(time == other.time) &
                                  static_cast<unsigned>(order < other.order)));
    }
};

}  // namespace aivm::sim
