// How an engine names its timers: what the timer is for, and a serial number no other timer of the
// node ever has.
#pragma once

#include "core/base/check.h"
#include "sim/consensus/consensus.h"

namespace aivm::sim {

enum class TimerKind : std::uint8_t { kPoll = 1, kFetch, kCatchUp, kCooldown, kProbe, kFinality };

constexpr std::uint64_t kSerialBits = 56;
constexpr std::uint64_t kSerialMask = (std::uint64_t{1} << kSerialBits) - 1;

constexpr TimerId timer_id(TimerKind kind, std::uint64_t serial) {
    return {std::uint64_t{static_cast<std::uint8_t>(kind)} << kSerialBits | (serial & kSerialMask)};
}
constexpr TimerKind kind_of(TimerId timer) {
    return static_cast<TimerKind>(timer.value >> kSerialBits);
}
constexpr std::uint64_t serial_of(TimerId timer) { return timer.value & kSerialMask; }

// The first serial number of an incarnation: each has 2^32 of its own.
inline std::uint64_t first_serial(std::uint32_t incarnation) {
    AIVM_CHECK(incarnation < std::uint32_t{1} << 23);
    return std::uint64_t{incarnation} << 32;
}

}  // namespace aivm::sim
