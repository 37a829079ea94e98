// What a queue holds, and the one order in which it gives it back: (time, priority, sequence),
// nothing else.
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
    kActor,     // an actor's own follow-up work
    kObserver,  // checks and measurements, when everything else has happened
};

// priority (3 bits) | sequence (40 bits) | slot (21 bits). The sequence is unique, so the slot
// never decides an order.
inline constexpr unsigned kSlotBits = 21;
inline constexpr unsigned kSequenceBits = 40;
inline constexpr unsigned kPriorityBits = 3;
inline constexpr std::uint64_t kSlotMask = (1ULL << kSlotBits) - 1;
inline constexpr std::uint64_t kSequenceMax = (1ULL << kSequenceBits) - 1;
inline constexpr std::uint64_t kCancellableMax = kSlotMask;  // slot 0 means "cannot be cancelled"
static_assert(kSlotBits + kSequenceBits + kPriorityBits == 64);
static_assert(enum_count<Priority> <= (1U << kPriorityBits));

constexpr std::uint64_t make_order(Priority priority, std::uint64_t sequence, std::uint64_t slot) {
    return static_cast<std::uint64_t>(priority) << (kSequenceBits + kSlotBits) |
           sequence << kSlotBits | slot;
}

// An event as a queue stores it. Payload is small and trivially copyable.
template <class Payload>
struct QueuedEvent {
    static_assert(std::is_trivially_copyable_v<Payload> && sizeof(Payload) <= 48);

    SimTime time = 0;
    std::uint64_t order = 0;
    Payload payload{};

    [[nodiscard]] std::uint64_t slot() const { return order & kSlotMask; }
    [[nodiscard]] std::uint64_t sequence() const { return order >> kSlotBits & kSequenceMax; }
    [[nodiscard]] Priority priority() const {
        return static_cast<Priority>(order >> (kSlotBits + kSequenceBits));
    }

    // Strict: no two events of a queue compare equal. Bit operators, because a branch here is a
    // coin flip.
    [[nodiscard]] bool before(const QueuedEvent& other) const {
        return static_cast<bool>(static_cast<unsigned>(time < other.time) |
                                 (static_cast<unsigned>(time == other.time) &
                                  static_cast<unsigned>(order < other.order)));
    }
};

// Names one cancellable event. A handle outlives its event harmlessly: its generation then no
// longer matches.
struct EventHandle {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;

    friend bool operator==(const EventHandle&, const EventHandle&) = default;
};

}  // namespace aivm::sim
