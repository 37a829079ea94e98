// How an engine names its timers: a use, and a serial number that no other timer of the node has.
#pragma once

#include "core/base/check.h"
#include "sim/consensus/consensus.h"

namespace aivm::sim {

// The use of a timer. An engine numbers its own uses, below 0xF0 and apart from these, which belong
// to the parts that engines share; its switch in on_timer() would not compile otherwise.
using TimerUse = std::uint8_t;
constexpr TimerUse kFetchTimer = 2;      // PendingBlocks
constexpr TimerUse kBootstrapTimer = 3;  // Bootstrapper
constexpr TimerUse kDueTimer = 7;        // PendingBlocks

constexpr std::uint64_t kSerialBits = 56;
constexpr std::uint64_t kSerialMask = (std::uint64_t{1} << kSerialBits) - 1;

constexpr TimerId timer_id(TimerUse use, std::uint64_t serial) {
    return {std::uint64_t{use} << kSerialBits | (serial & kSerialMask)};
}
constexpr TimerUse use_of(TimerId timer) {
    return static_cast<TimerUse>(timer.value >> kSerialBits);
}
constexpr std::uint64_t serial_of(TimerId timer) { return timer.value & kSerialMask; }

// How long to wait for `time`.
constexpr std::uint64_t delay_until(SimTime time, SimTime now) {
    return time > now ? static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(now) : 0;
}

// The first serial number of an incarnation: each has 2^32 of its own.
inline std::uint64_t first_serial(std::uint32_t incarnation) {
    AIVM_CHECK(incarnation < std::uint32_t{1} << 23);
    return std::uint64_t{incarnation} << 32;
}

}  // namespace aivm::sim
