// What a program must never depend on: a host's clock, memory that nobody has written, addresses.
// Planted bugs of determinism do (mutant.h). Builds without -DAIVM_MUTANTS=ON contain none of it:
// there nothing calls these functions, and they do nothing.
#pragma once

#include <cstdint>

#ifdef AIVM_MUTANTS

#include <chrono>
#include <memory>
#include <set>
#include <unordered_set>
#include <vector>

namespace aivm::mutants {

inline std::uint64_t host_clock_ns() {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
}

// A byte of the heap that nobody has written: its value is whatever the memory held before.
[[gnu::noinline]] inline std::uint8_t unwritten_byte() {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
    constexpr std::size_t kBytes = 64;
    const std::unique_ptr<std::uint8_t[]> memory(new std::uint8_t[kBytes]);
    const volatile std::uint8_t* const bytes = memory.get();  // volatile: really read
    std::uint8_t out = 0;
    for (std::size_t i = 0; i < kBytes; ++i) out = static_cast<std::uint8_t>(out * 31 + bytes[i]);
    return out;
#pragma GCC diagnostic pop
}

// Reorders the values as a set of pointers to them would.
template <class Set, class Values>
void order_as_pointers_in(Values& values) {
    using Value = typename Values::value_type;
    std::vector<std::unique_ptr<const Value>> owned;
    Set order;
    for (const Value& value : values)
        order.insert(owned.emplace_back(std::make_unique<const Value>(value)).get());
    auto next = values.begin();
    for (const void* each : order) *next++ = *static_cast<const Value*>(each);
}

// By address, as a std::set or std::map of pointers.
template <class Values>
void order_by_address(Values& values) {
    order_as_pointers_in<std::set<const void*>>(values);
}
// By the hash of the address.
template <class Values>
void order_by_hash(Values& values) {
    order_as_pointers_in<std::unordered_set<const void*>>(values);
}

}  // namespace aivm::mutants

#else

namespace aivm::mutants {

constexpr std::uint64_t host_clock_ns() { return 0; }
constexpr std::uint8_t unwritten_byte() { return 0; }
template <class Values>
constexpr void order_by_address(Values&) {}
template <class Values>
constexpr void order_by_hash(Values&) {}

}  // namespace aivm::mutants

#endif
